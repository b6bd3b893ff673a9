/** Time and timers, so that tests can turn the hands. */
export interface Clock {
  /** Milliseconds that only ever grow, whatever happens to the wall clock; they start at wall-clock time, so they can be shown as a date. */
  now(): number;
  /** Calls `run` once after `ms` milliseconds; the returned function cancels that. */
  setTimeout(run: () => void, ms: number): () => void;
}

/** Node counts a timer in 32 bits, and fires a longer one (24.8 days) after a millisecond. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  setTimeout: (run, ms) => {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      timer = setTimeout(() => (left > MAX_TIMER_MS ? arm(left - MAX_TIMER_MS) : run()), Math.min(left, MAX_TIMER_MS));
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms` milliseconds, or as soon as `signal` aborts: it never rejects, so the caller looks at the signal. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
