import { z } from 'zod';
import type { ApiObject } from '../../authentik/api-object.ts';
import type { Session } from '../../authentik/session.ts';
import type { ManagedObject } from '../../runtime/object.ts';
import type { ObjectStore } from '../../runtime/store.ts';
import type { Referrers } from '../referrers.ts';

/** What advice is read from: the objects here, and the lists that a session holds for them anyway. */
export interface AdviceSources {
  readonly session: Session;
  readonly store: Pick<ObjectStore, 'get' | 'list'>;
  readonly referrers: Pick<Referrers, 'leadingTo'>;
}

const Named = z.looseObject({ name: z.string(), meta_model_name: z.string().optional() });

/** What the answer to a binding's creation says in the place of the stage's own type (seen live: `stage_obj` of a POST). */
const BASE_MODELS = new Set(['authentik_flows.stage', 'authentik_policies.policy']);

/** What a binding's row tells of the stage or policy that it binds. */
export interface Bound {
  readonly pk: string;
  readonly name: string;
  /** Authentik's `app_label.model`, where the row tells. */
  readonly model: string | undefined;
}

/** Undefined when nothing is bound in that field. */
export function boundIn(row: ApiObject, field: 'stage' | 'policy'): Bound | undefined {
  const pk = row[field];
  if (typeof pk !== 'string') return undefined;
  const parsed = Named.safeParse(row[`${field}_obj`]);
  const { name, meta_model_name: model } = parsed.success ? parsed.data : { name: pk };
  return { pk, name, model: model === undefined || BASE_MODELS.has(model) ? undefined : model };
}

/** A flow of ours, and where its counterpart is: its status may not tell yet. */
export interface FlowOfOurs {
  readonly object: ManagedObject;
  readonly uuid: string;
  /** The AuthentikConnection in use, as namespace/name. */
  readonly connection: string;
}

/** The primary key that a status has on record. */
export function uuidOf(object: ManagedObject | undefined): string | undefined {
  return (object?.status as { uuid?: string } | undefined)?.uuid;
}

/** The connection that a status has on record, as namespace/name. */
export function connectionOf(object: ManagedObject): string | undefined {
  return (object.status as { connection?: string } | undefined)?.connection;
}
