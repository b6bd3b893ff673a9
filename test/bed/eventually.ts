import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** Milliseconds after which the last failure is reported; 20 000 unless given. */
  readonly timeout?: number;
  /** Milliseconds between two attempts; 100 unless given. */
  readonly interval?: number;
  /** What was waited for, for the failure: "the flow is Ready". */
  readonly message?: string;
  /** Gives up when it aborts. */
  readonly signal?: AbortSignal;
}

/**
 * Repeats `check` until it stops throwing, and answers what it returned. An attempt that hangs is cut off at the deadline too.
 *
 * @throws an Error that names what was waited for and quotes the last failure, which is its `cause`.
 */
export async function eventually<T>(check: () => Promise<T> | T, options: EventuallyOptions = {}): Promise<T> {
  const { timeout = 20_000, interval = 100, message = 'the condition' } = options;
  const deadline = Date.now() + timeout;
  for (;;) {
    let failure: unknown;
    try {
      return await before(deadline, check);
    } catch (error) {
      failure = error;
    }
    if (Date.now() + interval >= deadline) {
      const last = failure instanceof Error ? failure.message : String(failure);
      throw new Error(`${message}: not within ${timeout / 1000} s; last failure: ${last}`, { cause: failure });
    }
    await delay(interval, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

async function before<T>(deadline: number, check: () => Promise<T> | T): Promise<T> {
  const abort = new AbortController();
  const late = delay(Math.max(deadline - Date.now(), 1), undefined, { signal: abort.signal }).then(() => {
    throw new Error('the check itself did not finish');
  });
  // Whichever loses the race must not end as an unhandled rejection.
  late.catch(() => undefined);
  try {
    return await Promise.race([Promise.resolve().then(check), late]);
  } finally {
    abort.abort();
  }
}
