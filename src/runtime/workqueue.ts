import { equalJitter, exponential } from './backoff.ts';
import { systemClock, type Clock } from './clock.ts';
import { Lanes, type LaneOf, type Urgency } from './lanes.ts';
import type { Logger } from './logger.ts';

export interface WorkqueueOptions {
  /** The first retry of a key waits about this long, in milliseconds; each further one twice as long. */
  readonly baseDelayMs: number;
  /** No retry waits longer than this, in milliseconds. */
  readonly maxDelayMs: number;
  /** So many urgent keys may overtake one that is routine; then it has its turn. */
  readonly maxOvertaking?: number;
  readonly clock?: Clock;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** Awaited before each run: what else wants the event loop has its turn. At least a microtask. */
  readonly turn?: () => Promise<void>;
  /** Hears of handlers that reject. */
  readonly logger?: Pick<Logger, 'error'>;
}

/** Does the work for one key. The signal aborts when the queue has been told to stop and patience has run out. */
export type WorkHandler<T> = (key: T, signal: AbortSignal) => Promise<void>;

interface Delayed {
  readonly due: number;
  readonly cancel: () => void;
}

interface Run {
  readonly since: number;
  readonly done: Promise<void>;
}

/** How long {@link Workqueue.stop} waits for handlers that were aborted, in milliseconds. */
const ABORT_GRACE_MS = 1_000;

/**
 * A queue of keys with the semantics of client-go's workqueue: a key waits at most once however often it is added, never runs
 * twice at the same time, and runs once more when it was added while it ran. Keys run in the order they were added, urgent ones before
 * the others, as long as nobody waits for ever.
 *
 * A handler decides what comes next by {@link forget}, {@link addAfter} or {@link addRateLimited}; one that rejects counts as a
 * failure and is retried with backoff, so nothing is lost.
 */
export class Workqueue<T extends string = string> {
  readonly #options: WorkqueueOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  /** What waits to run. */
  readonly #ready: Lanes<T>;
  readonly #running = new Map<T, Run>();
  /** What was added while it ran. */
  readonly #again = new Map<T, Urgency>();
  readonly #delayed = new Map<T, Delayed>();
  readonly #failures = new Map<T, number>();
  readonly #abort = new AbortController();
  #workers = 0;
  #handler: WorkHandler<T> | undefined;
  /** When a key was last taken, or done. */
  #turnedAt = 0;
  #stopped = false;

  constructor(options: WorkqueueOptions) {
    this.#options = options;
    this.#ready = new Lanes(options.maxOvertaking);
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

  /** How long the oldest of the runs that go on has been going on, in milliseconds; 0 when nothing runs. */
  get longestRunMs(): number {
    const now = this.#clock.now();
    return [...this.#running.values()].reduce((longest, { since }) => Math.max(longest, now - since), 0);
  }

  /** For how long no key has been taken or done although some could run, in milliseconds; 0 when none could, and before {@link start}. */
  get standstillMs(): number {
    return this.#handler === undefined || this.depth === 0 ? 0 : this.#clock.now() - this.#turnedAt;
  }

  /** How many keys wait for their time. */
  get waiting(): number {
    return this.#delayed.size;
  }

  /** A key that waits already becomes urgent when it is added as urgent, and stays so. */
  add(key: T, urgency: Urgency = 'urgent'): void {
    if (this.#stopped) return;
    if (this.#running.has(key)) {
      if (this.#again.get(key) !== 'urgent') this.#again.set(key, urgency);
      return;
    }
    this.#ready.add(key, urgency);
    this.#dispatch();
  }

  /** Adds the key after `ms` milliseconds. A key that already waits for its time keeps the earlier of the two. */
  addAfter(key: T, ms: number, urgency: Urgency = 'routine'): void {
    if (this.#stopped) return;
    if (ms <= 0) {
      this.add(key, urgency);
      return;
    }
    const due = this.#clock.now() + ms;
    const waiting = this.#delayed.get(key);
    if (waiting !== undefined && waiting.due <= due) return;
    waiting?.cancel();
    const cancel = this.#clock.setTimeout(() => {
      this.#delayed.delete(key);
      this.add(key, urgency);
    }, ms);
    this.#delayed.set(key, { due, cancel });
  }

  /** Drops what waits for its time: whoever asked for it has been answered since. What could run already stays. */
  unschedule(key: T): void {
    this.#delayed.get(key)?.cancel();
    this.#delayed.delete(key);
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

  /** Starts to work, at most `workers` keys at a time, and of each lane as many as it bears. Only once. */
  start(workers: number, handler: WorkHandler<T>, laneOf?: LaneOf<T>): void {
    if (this.#handler !== undefined) throw new Error('the workqueue was started before');
    if (laneOf !== undefined) this.#ready.divide(laneOf);
    this.#workers = workers;
    this.#handler = handler;
    this.#turnedAt = this.#clock.now();
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
    const drained = Promise.all([...this.#running.values()].map((run) => run.done)).then(() => true as const);
    try {
      return await Promise.race([drained, patience]);
    } finally {
      cancel?.();
    }
  }

  #dispatch(): void {
    const handler = this.#handler;
    if (handler === undefined) return;
    while (this.#running.size < this.#workers) {
      const key = this.#ready.next();
      if (key === undefined) return;
      this.#turnedAt = this.#clock.now();
      this.#running.set(key, { since: this.#turnedAt, done: this.#run(key, handler) });
    }
  }

  async #run(key: T, handler: WorkHandler<T>): Promise<void> {
    // Whoever adds a key is not made to run its handler.
    await (this.#options.turn?.() ?? Promise.resolve());
    try {
      if (!this.#stopped) await handler(key, this.#abort.signal);
    } catch (error) {
      this.#options.logger?.error({ err: error, key }, 'the handler of a key failed; it is tried again');
      this.addRateLimited(key);
    } finally {
      this.#turnedAt = this.#clock.now();
      this.#running.delete(key);
      this.#ready.done(key);
      const urgency = this.#again.get(key);
      this.#again.delete(key);
      if (urgency !== undefined) this.#ready.add(key, urgency);
      this.#dispatch();
    }
  }
}
