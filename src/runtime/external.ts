import type { Judgement } from './conditions.ts';
import type { EventReason } from './reasons.ts';
import type { OperatorError } from './errors.ts';
import type { Prints, Values } from './ownership.ts';

/** A difference between what is declared and what Authentik holds: a plan is a list of them that nobody carries out. */
export interface Change {
  /** By its name in the spec, such as `userFields` or `stages[10].stageRef`; of what is removed, what it is. */
  readonly field: string;
  /** A part that comes or goes as a whole; a field's value changes when this isn't said. */
  readonly kind?: 'added' | 'removed';
  /** What Authentik holds and what it shall hold. Not for anything that comes out of a Secret. */
  readonly from?: unknown;
  readonly to?: unknown;
  /** Not somebody's doing in Authentik: the Secret that the value comes from has changed. */
  readonly cause?: 'Secret';
  /** What must be there first: a weak link that is set in a write of its own. */
  readonly waitsFor?: string;
}

/** What an object's counterpart looks like now. */
export interface Observation {
  readonly exists: boolean;
  /** The declared fields that differ; empty when there is nothing to do. */
  readonly differences: readonly Change[];
  /** The primary key, when it exists. */
  readonly uuid?: string | undefined;
  /** Goes into the object's status as it is. */
  readonly status: Readonly<Record<string, unknown>>;
  /** What the declared fields hold now, for putting them back one day. Holds no secrets. */
  readonly before: Values;
  /** What is declared, for telling later whether it is still there; without what comes out of Secrets. */
  readonly declared?: Prints;
  /** What the counterpart holds in any field. */
  readonly print?: (field: string) => string | undefined;
  /** The keys of what is bound and was there before us, by the key of what it is bound to, as far as that is declared. */
  readonly bound?: Readonly<Record<string, readonly string[]>>;
  readonly conditions?: readonly Judgement[];
}

/**
 * The counterpart of one object outside the cluster, with its references and secrets already resolved.
 *
 * The laws: `observe` never writes. `create` and `update` answer with what there is afterwards, and are safe to repeat.
 * `create` doesn't fail because the thing is already ours, `delete` doesn't fail because it is already gone. Failures are
 * thrown as `OperatorError`.
 */
export interface External {
  /** What is there by the recorded key, else by name. What is on record is gone only when the server says so about that very key. */
  observe(): Promise<Observation>;
  /** What `create` is going to send, for telling later whether something that was found is what it made. */
  intent?(): Prints;
  /** The parts that the next `create` or `update` makes and of which the server would keep two, as the spec names them; after `observe`. */
  unrepeatable?(): readonly string[];
  create(): Promise<Observation>;
  update(observed: Observation): Promise<Observation>;
  /** After a `create` or `update` that failed: what of it was done, for the status, so that the next try goes on from there. */
  progress?(): Readonly<Record<string, unknown>>;
  /** What deleting would take along that is not ours; named for the user. */
  blockers(observed: Observation): Promise<readonly string[]>;
  /** Who stays and loses a link by the delete, as the last look for blockers has shown; named for the user. */
  consequences?(): readonly string[];
  delete(observed: Observation): Promise<void>;
  /** The same as `observe`, of something that was found, as it is this moment: before others' changes could be undone. */
  refresh(observed: Observation): Promise<Observation>;
  /** Puts fields back to what they held: those in `before`, and whatever was bound. */
  restore(observed: Observation, before: Values): Promise<void>;
  /** What remains once everything declared is in place, such as looking at the result from outside. Throws when it isn't as it should be. */
  settle?(observed: Observation): Promise<SettleResult>;
}

/** What settling found out, and what is not as it should be. */
export interface SettleResult {
  /** Something that had to be changed once more, as an event tells it. */
  readonly deed?: { readonly reason: EventReason; readonly message: string };
  readonly failure?: OperatorError;
  /** All is as it should be, and may be better later without anybody telling; in milliseconds. */
  readonly lookAgainMs?: number;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly conditions?: readonly Judgement[];
}
