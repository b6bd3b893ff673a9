import { isDeepStrictEqual } from 'node:util';
import { systemClock, type Clock } from './clock.ts';
import type { Condition } from './conditions.ts';
import { formatKey, type ManagedObject } from './object.ts';
import type { Pass } from './pass.ts';
import { isPassing } from './reasons.ts';
import type { Outcome } from './result.ts';

/** What comes and goes when everything is applied at once is over by then, in milliseconds. */
const FIRST_MS = 1_000;
/** How long the first thing that was waited for may stand for those that follow, in milliseconds. */
const NEXT_MS = 30_000;

/**
 * Keeps verdicts to itself that will be others in a moment. An object that is applied together with all that it refers to waits for each of
 * these in turn; its status would be written as often, and nobody could read it. What is on record of the counterpart is never kept back, nor
 * is anything that deserves a warning.
 */
export class Patience {
  readonly #clock: Clock;
  /** Since when a verdict has been kept back, by object. */
  readonly #since = new Map<string, number>();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** For how long the outcome of a pass needn't be written yet, in milliseconds; 0 when it must. `stored` is the object as the pass found it. */
  holdsBack<Session>(pass: Pass<Session>, outcome: Outcome, stored: ManagedObject): number {
    const key = formatKey(pass.key);
    const lasts = lastsFor(pass, outcome, stored);
    const since = this.#since.get(key) ?? this.#clock.now();
    const left = lasts - (this.#clock.now() - since);
    if (left <= 0) this.#since.delete(key);
    else this.#since.set(key, since);
    return Math.max(0, left);
  }

  forget(key: Parameters<typeof formatKey>[0]): void {
    this.#since.delete(formatKey(key));
  }
}

function lastsFor<Session>(pass: Pass<Session>, outcome: Outcome, stored: ManagedObject): number {
  if (outcome.kind !== 'failed' || !isPassing(outcome.error.reason)) return 0;
  if (stored.metadata.deletionTimestamp !== undefined || !isDeepStrictEqual(recordIn(pass.status), recordIn(pass.object.status ?? {})))
    return 0;
  const ready = (stored.status as { conditions?: readonly Condition[] } | undefined)?.conditions?.find(({ type }) => type === 'Ready');
  if (ready === undefined) return FIRST_MS;
  // A verdict on an earlier spec is recognized as such by its generation.
  if (ready.observedGeneration !== stored.metadata.generation) return FIRST_MS;
  return ready.status !== 'True' && isPassing(ready.reason) ? NEXT_MS : 0;
}

/** A status without what is judged. */
function recordIn(status: object): unknown {
  const record: Record<string, unknown> = { ...status };
  for (const field of ['conditions', 'observedGeneration', 'connection']) Reflect.deleteProperty(record, field);
  return JSON.parse(JSON.stringify(record)) as unknown;
}
