import { equalJitter, exponential } from './backoff.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Logger } from './logger.ts';

export interface WorkqueueOptions {
  /** The first retry of a key waits about this long, in milliseconds; each further one twice as long. */
  readonly baseDelayMs: number;
  /** No retry waits longer than this, in milliseconds. */
  readonly maxDelayMs: number;
  readonly clock?: Clock;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** Hears of handlers that reject. */
  readonly logger?: Pick<Logger, 'error'>;
}

/** Does the work for one key. The signal aborts when the queue has been told to stop and patience has run out. */
export type WorkHandler<T> = (key: T, signal: AbortSignal) => Promise<void>;

interface Delayed {
  readonly due: number;
  readonly cancel: () => void;
}

/** How long {@link Workqueue.stop} waits for handlers that were aborted, in milliseconds. */
const ABORT_GRACE_MS = 1_000;

/**
 * A queue of keys with the semantics of client-go's workqueue: a key waits at most once however often it is added, never runs
 * twice at the same time, and runs once more when it was added while it ran. Keys run in the order they were added.
 *
 * A handler decides what comes next by {@link forget}, {@link addAfter} or {@link addRateLimited}; one that rejects counts as a
 * failure and is retried with backoff, so nothing is lost.
 */
export class Workqueue<T extends string = string> {
  readonly #options: WorkqueueOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  /** What waits to run, in order. */
  readonly #ready = new Set<T>();
  readonly #running = new Map<T, Promise<void>>();
  /** What was added while it ran. */
  readonly #again = new Set<T>();
  readonly #delayed = new Map<T, Delayed>();
  readonly #failures = new Map<T, number>();
  readonly #abort = new AbortController();
  #workers = 0;
  #handler: WorkHandler<T> | undefined;
  #stopped = false;

  constructor(options: WorkqueueOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  /** How many keys could run now but have no worker. */
  get depth(): number {
    return this.#ready.size;
  }

  /** How many keys run now. */
  get running(): number {
    return this.#running.size;
  }

  /** How many keys wait for their time. */
  get waiting(): number {
    return this.#delayed.size;
  }

  add(key: T): void {
    if (this.#stopped) return;
    if (this.#running.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#ready.add(key);
    this.#dispatch();
  }

  /** Adds the key after `ms` milliseconds. A key that already waits for its time keeps the earlier of the two. */
  addAfter(key: T, ms: number): void {
    if (this.#stopped) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const due = this.#clock.now() + ms;
    const waiting = this.#delayed.get(key);
    if (waiting !== undefined && waiting.due <= due) return;
    waiting?.cancel();
    const cancel = this.#clock.setTimeout(() => {
      this.#delayed.delete(key);
      this.add(key);
    }, ms);
    this.#delayed.set(key, { due, cancel });
  }

  /** Counts a failure of the key and adds it after its backoff, between half and the whole of `base · 2^(failures − 1)`. */
  addRateLimited(key: T): void {
    if (this.#stopped) return;
    const failures = this.failures(key) + 1;
    this.#failures.set(key, failures);
    const delay = exponential(failures, { baseMs: this.#options.baseDelayMs, maxMs: this.#options.maxDelayMs });
    this.addAfter(key, equalJitter(delay, this.#random));
  }

  /** Sets the key's count of failures to zero. Whatever is queued stays queued. */
  forget(key: T): void {
    this.#failures.delete(key);
  }

  /** How often in a row the key has failed. */
  failures(key: T): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Starts to work, at most `workers` keys at a time. Only once. */
  start(workers: number, handler: WorkHandler<T>): void {
    if (this.#handler !== undefined) throw new Error('the workqueue was started before');
    this.#workers = workers;
    this.#handler = handler;
    this.#dispatch();
  }

  /**
   * Takes no more work and drops what waits; resolves once nothing runs. What still runs after `graceMs` milliseconds is told to
   * abort; what doesn't listen within another second is left behind.
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#ready.clear();
    this.#again.clear();
    if (await this.#drained(graceMs)) return;
    this.#abort.abort(new Error('the workqueue stops'));
    await this.#drained(ABORT_GRACE_MS);
  }

  async #drained(ms: number): Promise<boolean> {
    if (this.#running.size === 0) return true;
    let cancel: (() => void) | undefined;
    const patience = new Promise<false>((resolve) => {
      cancel = this.#clock.setTimeout(() => resolve(false), ms);
    });
    const drained = Promise.all(this.#running.values()).then(() => true as const);
    try {
      return await Promise.race([drained, patience]);
    } finally {
      cancel?.();
    }
  }

  #dispatch(): void {
    const handler = this.#handler;
    if (handler === undefined) return;
    for (const key of this.#ready) {
      if (this.#running.size >= this.#workers) return;
      this.#ready.delete(key);
      this.#running.set(key, this.#run(key, handler));
    }
  }

  async #run(key: T, handler: WorkHandler<T>): Promise<void> {
    // Whoever adds a key is not made to run its handler.
    await Promise.resolve();
    try {
      if (!this.#stopped) await handler(key, this.#abort.signal);
    } catch (error) {
      this.#options.logger?.error({ err: error, key }, 'the handler of a key failed; it is tried again');
      this.addRateLimited(key);
    } finally {
      this.#running.delete(key);
      if (this.#again.delete(key)) this.#ready.add(key);
      this.#dispatch();
    }
  }
}
