import { ConditionSet, type Condition, type Judgement } from './conditions.ts';
import type { Controller, Policies } from './controller.ts';
import type { External, Observation } from './external.ts';
import type { Logger } from './logger.ts';
import type { ManagedObject, ObjectKey } from './object.ts';

/** What the engine itself keeps in a status. The rest belongs to the kinds. */
export interface EngineStatus {
  observedGeneration?: number;
  conditions?: readonly Condition[];
  uuid?: string | undefined;
  connectionURL?: string | undefined;
  pendingCreate?: { readonly name: string; readonly at: string; readonly connectionURL?: string | undefined } | undefined;
  adopted?: { readonly at: string; readonly before?: Readonly<Record<string, unknown>> | undefined } | undefined;
  lastChange?: string | undefined;
}

/** Everything that one pass over one object knows. Steps read and fill it; only the engine writes it to the store. */
export interface Pass<Session> {
  readonly key: ObjectKey;
  readonly controller: Controller<Session>;
  readonly log: Logger;
  /** The generation of the spec that this pass looks at. */
  readonly generation: number;
  /** Replaced whenever the store answers a write with a newer version. */
  object: ManagedObject;
  /** The status to be: starts as the one that is there. */
  readonly status: EngineStatus & Record<string, unknown>;
  readonly conditions: ConditionSet;
  session: Session | undefined;
  url: string | undefined;
  policies: Policies | undefined;
  references: unknown;
  secrets: unknown;
  external: External | undefined;
  observation: Observation | undefined;
}

const COMMON_CONDITIONS = ['ReferencesResolved', 'SecretsResolved', 'Synced'];

/** Starts from the status that is there; conditions that were never judged are Unknown from the first visit on (kstatus). */
export function beginPass<Session>(
  key: ObjectKey,
  object: ManagedObject,
  controller: Controller<Session>,
  log: Logger,
  now: () => string,
): Pass<Session> {
  const status = { ...(object.status as EngineStatus | undefined) };
  const conditions = new ConditionSet(status.conditions ?? [], object.metadata.generation, now);
  for (const type of ['Ready', ...(controller.manages === 'nothing' ? [] : COMMON_CONDITIONS), ...controller.conditions]) {
    if (conditions.get(type) === undefined) conditions.mark(judge(type, 'Unknown', 'Progressing', 'not judged yet'));
  }
  return {
    key,
    controller,
    log,
    object,
    generation: object.metadata.generation,
    status,
    conditions,
    session: undefined,
    url: undefined,
    policies: undefined,
    references: undefined,
    secrets: undefined,
    external: undefined,
    observation: undefined,
  };
}

/** Takes over what is known of the counterpart. */
export function accept<Session>(pass: Pass<Session>, observation: Observation): void {
  pass.observation = observation;
  if (observation.exists) {
    if (pass.controller.manages !== 'nothing') {
      pass.status.uuid = observation.uuid;
      pass.status.connectionURL = pass.url;
    }
    Object.assign(pass.status, observation.status);
  }
  for (const judgement of observation.conditions ?? []) pass.conditions.mark(judgement);
}

/** Whether something that is found by name must be what we were about to create: only on the server that the mark speaks of. */
export function isMarked<Session>(pass: Pass<Session>): boolean {
  return pass.status.pendingCreate !== undefined && pass.status.pendingCreate.connectionURL === pass.url;
}

/** A value that an earlier step must have set; its absence is a mistake in the order of the steps. */
export function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is not known at this step`);
  return value;
}

export function judge(type: string, status: Judgement['status'], reason: Judgement['reason'], message: string): Judgement {
  return { type, status, reason, message };
}
