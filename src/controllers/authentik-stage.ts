import { z } from 'zod';
import type { Advice } from '../advice/advise.ts';
import type { AuthentikFlowSpec } from '../api/v1alpha1/authentik-flow.ts';
import type { AuthentikStageSpec } from '../api/v1alpha1/authentik-stage.ts';
import type { ApiObject } from '../authentik/api-object.ts';
import type { Session } from '../authentik/session.ts';
import { STAGES } from '../catalogue/stages.ts';
import { adviceOnStage } from '../resources/advice/advice-on-stage.ts';
import { settleAdvice } from '../resources/advice/judgement.ts';
import type { Resolved } from '../resources/entity/desired.ts';
import { ADVICE } from '../runtime/conditions.ts';
import type { ManagedObject } from '../runtime/object.ts';
import { entityController } from './entity-kind.ts';
import { recordedUUID, type ManagedController, type ManagedKindParts } from './managed-kind.ts';
import { memberOf } from './typed-member.ts';

const Flows = z.array(z.looseObject({ slug: z.string() }));

/** Stages: their status tells which flows use them. */
export function stageController(parts: ManagedKindParts): ManagedController<Resolved> {
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
      conditions: [ADVICE],
      settle: async (object, session) => settleAdvice(async () => adviceOn(object, session, parts)),
    },
    parts,
  );
}

/** What the stage causes in flows of ours, which are told of here; what is wrong with somebody else's flow is not for us to say. */
async function adviceOn(object: ManagedObject, session: Session, parts: ManagedKindParts): Promise<readonly Advice[]> {
  const connection = parts.connections.nameOf(object);
  const flows = flowsOfOurs(object, parts).flatMap((flow) => {
    const uuid = recordedUUID(flow);
    return uuid === undefined || connection === undefined || parts.connections.nameOf(flow) !== connection
      ? []
      : [{ object: flow, uuid, connection }];
  });
  return adviceOnStage(
    { session, store: parts.store, referrers: parts.referrers },
    flows,
    (object.spec as AuthentikStageSpec).name ?? object.metadata.name,
  );
}

/** What Authentik listed, and our own flows that have bound the stage since. */
function flowsOf(row: ApiObject, object: ManagedObject, parts: ManagedKindParts): readonly string[] {
  const listed = Flows.safeParse(row['flow_set']);
  const ours = flowsOfOurs(object, parts);
  return [
    ...new Set([
      ...(listed.success ? listed.data.map((flow) => flow.slug) : []),
      ...ours.map((flow) => (flow.spec as AuthentikFlowSpec).slug),
    ]),
  ].sort();
}

/** The flows of ours that have bound the stage. */
function flowsOfOurs(object: ManagedObject, { referrers }: ManagedKindParts): readonly ManagedObject[] {
  return referrers.flowsOf(object).filter((flow) => (flow.status as { uuid?: string } | undefined)?.uuid !== undefined);
}
