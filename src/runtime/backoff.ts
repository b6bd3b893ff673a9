export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** How long the `failures`-th failure in a row (1, 2, …) waits at most: `base · 2^(failures − 1)`, capped, in milliseconds. */
export function exponential(failures: number, { baseMs, maxMs }: BackoffOptions): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 50));
}

/** Anything between nothing and the whole delay: for many clients that were cut off at the same moment. */
export function fullJitter(delayMs: number, random: () => number): number {
  return random() * delayMs;
}

/** Between half of the delay and the whole: for retries that must not come at once. */
export function equalJitter(delayMs: number, random: () => number): number {
  return delayMs / 2 + (random() * delayMs) / 2;
}
