import { formatKey, type ObjectKey } from './object.ts';
import { warnsWhenItStays, type Reason } from './reasons.ts';
import type { Outcome } from './result.ts';

/** What comes and goes when everything is applied at once is over by then, in milliseconds. */
const LASTS_MS = 60_000;

/** When to warn of what an object waits for: `now`, in so many milliseconds, or not at all. */
export type Warning = 'now' | number | undefined;

/** Notices what should have passed and stays, such as a reference to a name that somebody has mistyped. */
export class LastingTrouble {
  readonly #since = new Map<string, { readonly reason: Reason; readonly atMs: number; told: boolean }>();

  /** Says so once for as long as it stays; after a restart of the operator once more. */
  noted(key: ObjectKey, outcome: Outcome, nowMs: number): Warning {
    const id = formatKey(key);
    if (outcome.kind !== 'failed' || !warnsWhenItStays(outcome.error.reason)) {
      this.#since.delete(id);
      return undefined;
    }
    const known = this.#since.get(id);
    const { reason } = outcome.error;
    const entry = known?.reason === reason ? known : { reason, atMs: nowMs, told: false };
    this.#since.set(id, entry);
    if (entry.told) return undefined;
    const left = entry.atMs + LASTS_MS - nowMs;
    if (left > 0) return left;
    entry.told = true;
    return 'now';
  }

  forget(key: ObjectKey): void {
    this.#since.delete(formatKey(key));
  }
}
