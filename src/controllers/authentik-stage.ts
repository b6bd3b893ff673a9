import { z } from 'zod';
import type { AuthentikFlowSpec } from '../api/v1alpha1/authentik-flow.ts';
import type { AuthentikStageSpec } from '../api/v1alpha1/authentik-stage.ts';
import type { ApiObject } from '../authentik/list-cache.ts';
import { STAGES } from '../catalogue/stages.ts';
import type { Body } from '../resources/entity/desired.ts';
import type { ManagedObject } from '../runtime/object.ts';
import { entityController } from './entity-kind.ts';
import type { ManagedController, ManagedKindParts } from './managed-kind.ts';
import { memberOf } from './typed-member.ts';

const Flows = z.array(z.looseObject({ slug: z.string() }));

/** Stages: their status tells which flows use them. */
export function stageController(parts: ManagedKindParts): ManagedController<Body> {
  return entityController(
    {
      kind: 'AuthentikStage',
      noun: 'stage',
      describe: (object) => memberOf(STAGES, object.spec as AuthentikStageSpec),
      statusOf: (row, object) => {
        const flows = flowsOf(row, object, parts);
        return { name: row['name'], flows: flows.length === 0 ? undefined : flows, flowCount: flows.length };
      },
      watchesUsers: true,
    },
    parts,
  );
}

/** What Authentik listed, and our own flows that have bound the stage since. */
function flowsOf(row: ApiObject, object: ManagedObject, parts: ManagedKindParts): readonly string[] {
  const listed = Flows.safeParse(row['flow_set']);
  const ours = parts.store
    .list('AuthentikFlow')
    .filter((flow) => flow.metadata.namespace === object.metadata.namespace && binds(flow, object));
  return [
    ...new Set([
      ...(listed.success ? listed.data.map((flow) => flow.slug) : []),
      ...ours.map((flow) => (flow.spec as AuthentikFlowSpec).slug),
    ]),
  ].sort();
}

function binds(flow: ManagedObject, stage: ManagedObject): boolean {
  const created = (flow.status as { uuid?: string } | undefined)?.uuid !== undefined;
  return created && (flow.spec as AuthentikFlowSpec).stages?.some((entry) => entry.stageRef.name === stage.metadata.name) === true;
}
