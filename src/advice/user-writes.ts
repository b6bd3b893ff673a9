import type { FlowModel, StagePlace } from './flow-model.ts';
import { placesOf } from './stage-types.ts';

const CREATES = new Set<unknown>(['create_when_required', 'always_create']);

/** The stages that certainly may create a user. */
export function creatingWrites(flow: FlowModel): readonly StagePlace[] {
  return placesOf(flow, 'UserWrite').filter(({ stage }) => CREATES.has(stage.fields['user_creation_mode']));
}
