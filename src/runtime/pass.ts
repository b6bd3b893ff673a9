import { ConditionSet, type Condition, type Judgement } from './conditions.ts';
import type { Controller, Policies } from './controller.ts';
import type { External, Observation } from './external.ts';
import type { Logger } from './logger.ts';
import type { ManagedObject, ObjectKey } from './object.ts';
import type { Found, OwnershipRecord, PendingParts } from './ownership.ts';

/** What the engine itself keeps in a status. The rest belongs to the kinds. */
export interface EngineStatus {
  observedGeneration?: number;
  conditions?: readonly Condition[];
  /** These four are the ownership record; only its transitions change them. */
  uuid?: OwnershipRecord['uuid'];
  connectionURL?: OwnershipRecord['connectionURL'];
  pendingCreate?: OwnershipRecord['pendingCreate'];
  adopted?: OwnershipRecord['adopted'];
  /** Parts under way that must not be sent twice. */
  pendingParts?: PendingParts | undefined;
  /** RFC 3339: when an object that is being deleted is let go although its counterpart can't be reached. */
  releaseAt?: string | undefined;
  lastChange?: string | undefined;
  /** Fields of which Authentik keeps another value than it accepted: a hash of both, and how often that was sent. */
  notKept?: Readonly<Record<string, { readonly print: string; readonly times: number }>> | undefined;
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
  /** How long a request may be under way, in milliseconds. */
  patienceMs: number;
  references: unknown;
  secrets: unknown;
  external: External | undefined;
  observation: Observation | undefined;
  /** How soon to look again although all is as it should be, in milliseconds. */
  lookAgainMs: number | undefined;
}

/** Where nothing else is known: the default time-out of requests. */
const DEFAULT_PATIENCE_MS = 30_000;

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
    patienceMs: DEFAULT_PATIENCE_MS,
    references: undefined,
    secrets: undefined,
    external: undefined,
    observation: undefined,
    lookAgainMs: undefined,
  };
}

/** Takes over what is known of the counterpart. */
export function accept<Session>(pass: Pass<Session>, observation: Observation): void {
  pass.observation = observation;
  if (observation.exists) Object.assign(pass.status, observation.status);
  for (const judgement of observation.conditions ?? []) pass.conditions.mark(judgement);
}

/** The ownership record as it stands. */
export function recordOf<Session>({ status }: Pass<Session>): OwnershipRecord {
  const { uuid, connectionURL, pendingCreate, adopted } = status;
  return { uuid, connectionURL, pendingCreate, adopted };
}

/** Puts the outcome of a transition into the status to be. */
export function setRecord<Session>({ status }: Pass<Session>, { uuid, connectionURL, pendingCreate, adopted }: OwnershipRecord): void {
  Object.assign(status, { uuid, connectionURL, pendingCreate, adopted });
}

/** What was found, as the ownership record asks about it; undefined when there is nothing. */
export function foundIn<Session>(pass: Pass<Session>, observation: Observation): Found | undefined {
  if (!observation.exists || observation.uuid === undefined) return undefined;
  return { uuid: observation.uuid, url: pass.url, print: observation.print ?? (() => undefined) };
}

/** A value that an earlier step must have set; its absence is a mistake in the order of the steps. */
export function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is not known at this step`);
  return value;
}

/** The counterpart, once references and Secrets are known. */
export function externalOf<Session>(pass: Pass<Session>): External {
  return required(pass.external, 'the counterpart');
}

export function judge(type: string, status: Judgement['status'], reason: Judgement['reason'], message: string): Judgement {
  return { type, status, reason, message };
}
