import { POLICIES } from '../../catalogue/policies.ts';
import { STAGES } from '../../catalogue/stages.ts';

/** What a spec calls the type with this `app_label.model`; those that we don't know go by their model. */
export function typeOf(model: string): string {
  return [...STAGES, ...POLICIES].find((entry) => entry.model === model)?.type ?? model.split('.').at(-1) ?? model;
}
