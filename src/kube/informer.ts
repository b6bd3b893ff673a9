import * as k8s from '@kubernetes/client-node';
import { exponential, fullJitter } from '../runtime/backoff.ts';
import { sleep, systemClock, type Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { describeApiError, isWatchTimeout, statusCodeOf } from './api-error.ts';
import { listAll } from './list-pages.ts';
import { AcceptingKubeConfig } from './accepting-kubeconfig.ts';
import { ObjectCache, type CacheChange, type CachedObject } from './object-cache.ts';
import { accepted, type Representation } from './raw-get.ts';
import { SupervisedWatch, type WatchEnd } from './supervised-watch.ts';
import { WatchPulse } from './watch-pulse.ts';

/**
 * Why an informer asked the server again:
 * `closed` the server ended the watch; `timeout` nothing came for 90 s; `expired` the resourceVersion was too old (410);
 * `error` the watch failed; `list` the list failed; `stale` the server kept ending the watch at once, so the list was read anew;
 * `relist` it was time to compare everything.
 */
export type RestartReason = 'closed' | 'timeout' | 'expired' | 'error' | 'list' | 'stale' | 'relist';

export interface InformerOptions<T extends CachedObject> {
  readonly kubeConfig: k8s.KubeConfig;
  /** The collection, e.g. `/api/v1/namespaces/ns/secrets`. */
  readonly path: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** Metadata only, or whole objects. */
  readonly as?: Representation;
  /** A kind that the server doesn't know counts as read, and empty, after a few tries; it is asked for on and on. */
  readonly mayBeUnknown?: true;
  /** Makes an object of what the server sent and drops what isn't needed. What it throws for is logged and left out. */
  readonly parse: (raw: unknown) => T;
  /** Hears of every change, in order. */
  readonly onChange: (change: CacheChange<T>) => void;
  readonly onRestart?: (reason: RestartReason) => void;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** How often everything is read anew, in milliseconds, give or take a tenth. */
  readonly relistMs?: number;
}

const RELIST_MS = 10 * 60_000;
const BACKOFF = { baseMs: 1_000, maxMs: 30_000 };
/** A watch that lives shorter and brings nothing is of no use; after so many in a row the resourceVersion is thrown away. */
const SHORT_LIFE_MS = 2_000;
const SHORT_LIVES = 3;
/** So many answers in a row that there is no such kind, and it is believed. */
const UNKNOWN_AFTER = 3;

/** One ListWatch with its watch: it keeps its resourceVersion over errors and is replaced to read everything anew. */
interface Round {
  readonly watch: SupervisedWatch;
  readonly listWatch: k8s.ListWatch<k8s.KubernetesObject>;
  readonly ended: AbortController;
}

/**
 * A copy of one collection of the API server that keeps itself up to date. client-node's ListWatch drives the protocol; this
 * class holds the objects, starts it again whatever happens, and is silent once stopped.
 *
 * Reads everything in pages, watches from there, and resumes where a watch broke off, with full-jitter backoff from 1 to 30 s.
 * A deletion that nobody saw is noticed with the next list.
 */
export class Informer<T extends CachedObject> {
  readonly #options: InformerOptions<T>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #objects: ObjectCache<T>;
  /** How list and watch get on. */
  readonly pulse: WatchPulse;
  readonly #synced = Promise.withResolvers<undefined>();
  #hasSynced = false;
  #lastError: unknown;
  #round: Round | undefined;
  #failures = 0;
  #shortLives = 0;
  #cancelRestart: (() => void) | undefined;
  #cancelRelist: (() => void) | undefined;
  #stopping = false;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.pulse = new WatchPulse(() => this.#clock.now());
    this.#objects = new ObjectCache((change) => this.#tell(change));
    // Nobody has to wait for it.
    this.#synced.promise.catch(() => undefined);
  }

  /** Resolves once everything has been read for the first time; rejects when stopped before. */
  get synced(): Promise<undefined> {
    return this.#synced.promise;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** What the last list or watch failed with; undefined once one works again. */
  get lastError(): unknown {
    return this.#lastError;
  }

  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(namespace, name);
  }

  list(): IterableIterator<T> {
    return this.#objects.values();
  }

  /** Starts to read and watch. A second call does nothing. */
  start(): void {
    if (this.#stopping || this.#round !== undefined) return;
    this.#startRound();
  }

  /** Ends the watch; no change is reported any more. The objects stay readable. */
  stop(): void {
    this.#stopping = true;
    this.#cancelRestart?.();
    this.#cancelRelist?.();
    this.#endRound();
    this.#synced.reject(new Error(`stopped before ${this.#options.path} was read`));
  }

  #startRound(): void {
    this.#cancelRestart?.();
    this.#cancelRelist?.();
    this.#endRound();
    const { kubeConfig, path, fieldSelector, labelSelector, as } = this.#options;
    const ended = new AbortController();
    const watch = new SupervisedWatch(
      as === undefined ? kubeConfig : new AcceptingKubeConfig(kubeConfig, accepted(as, 'watch')),
      {
        changed: (phase, object) => this.#changed(phase, object),
        alive: (bookmark) => {
          this.pulse.heard(bookmark);
          this.#healthy();
        },
        ended: (end) => this.#watchEnded(end),
      },
      this.#clock,
      this.#random,
    );
    const listWatch = new k8s.ListWatch(path, watch, () => this.#list(ended.signal), false, labelSelector, fieldSelector, {
      delayFn: (ms) => sleep(this.#clock, fullJitter(ms, this.#random), ended.signal),
    });
    listWatch.on('error', (error: unknown) => {
      if (!ended.signal.aborted) this.#failed(error);
    });
    this.#round = { watch, listWatch, ended };
    this.#run(this.#round);
    const relistMs = (this.#options.relistMs ?? RELIST_MS) * (0.9 + this.#random() * 0.2);
    this.#cancelRelist = this.#clock.setTimeout(() => this.#anew('relist'), relistMs);
  }

  #endRound(): void {
    this.#round?.ended.abort();
    this.#round?.watch.close();
    this.#round = undefined;
  }

  #run({ listWatch, ended }: Round): void {
    listWatch.start().catch((error: unknown) => {
      if (!ended.signal.aborted) this.#failed(error);
    });
  }

  #markSynced(): void {
    this.#hasSynced = true;
    this.#synced.resolve(undefined);
  }

  #anew(reason: RestartReason): void {
    if (this.#stopping) return;
    this.#options.onRestart?.(reason);
    this.#startRound();
  }

  /** The ListWatch has given up; it is started again where it was. */
  #failed(error: unknown): void {
    if (this.#stopping) return;
    this.#lastError = error;
    this.#failures += 1;
    // What was read once stays: a server that has just started may not know its own kinds for a moment.
    const unknown = this.#options.mayBeUnknown === true && statusCodeOf(error) === 404;
    if (unknown && this.#failures >= UNKNOWN_AFTER) this.#markSynced();
    if (unknown) this.pulse.recovered();
    else this.pulse.failed(error);
    const delay = fullJitter(exponential(this.#failures, BACKOFF), this.#random);
    const { path, logger } = this.#options;
    logger.warn(
      { path, failures: this.#failures, retryInMs: Math.round(delay), error: describeApiError(error) },
      'lost touch with the API server',
    );
    this.#cancelRestart?.();
    this.#cancelRestart = this.#clock.setTimeout(() => {
      if (this.#round !== undefined) this.#run(this.#round);
    }, delay);
  }

  #watchEnded(end: WatchEnd): boolean {
    const reason = reasonOf(end);
    this.pulse.wentWell();
    this.#options.onRestart?.(reason);
    if (reason === 'error') return true;
    const short = end.livedMs < SHORT_LIFE_MS && end.events === 0 && reason !== 'expired';
    if (!short) {
      this.#shortLives = 0;
      if (reason !== 'expired') {
        this.pulse.recovered();
        this.#healthy();
      }
      return true;
    }
    this.#shortLives += 1;
    if (this.#shortLives < SHORT_LIVES) return true;
    // Some proxies close a watch from a forgotten resourceVersion in good order and never say 410 (fabric8io/kubernetes-client#7896).
    this.#shortLives = 0;
    this.#failures += 1;
    this.#cancelRestart?.();
    this.#cancelRestart = this.#clock.setTimeout(() => this.#anew('stale'), fullJitter(exponential(this.#failures, BACKOFF), this.#random));
    return false;
  }

  #healthy(): void {
    this.#failures = 0;
    this.#lastError = undefined;
  }

  async #list(ended: AbortSignal): Promise<k8s.KubernetesListObject<k8s.KubernetesObject>> {
    const { kubeConfig, path, fieldSelector, labelSelector, as } = this.#options;
    const request = { path, query: { fieldSelector, labelSelector }, as, parse: (raw: unknown) => this.#parse(raw) };
    try {
      const { objects, resourceVersion } = await listAll(kubeConfig, request, ended);
      ended.throwIfAborted();
      this.#objects.replace(objects);
      this.#lastError = undefined;
      this.pulse.wentWell();
      this.#markSynced();
      // The ListWatch needs no more than the version to watch from.
      return { items: [], metadata: Object.assign(new k8s.V1ListMeta(), { resourceVersion }) };
    } catch (error) {
      if (!ended.aborted) this.#options.onRestart?.('list');
      throw error;
    }
  }

  #changed(phase: 'ADDED' | 'MODIFIED' | 'DELETED', raw: unknown): void {
    const object = this.#parse(raw);
    if (object === undefined) return;
    if (phase === 'DELETED') this.#objects.remove(object);
    else this.#objects.put(object);
  }

  #parse(raw: unknown): T | undefined {
    try {
      return this.#options.parse(raw);
    } catch (error) {
      this.#options.logger.error(
        { path: this.#options.path, err: error },
        'the API server sent an object that cannot be read; it is left out',
      );
      return undefined;
    }
  }

  #tell(change: CacheChange<T>): void {
    try {
      this.#options.onChange(change);
    } catch (error) {
      // It would end the watch.
      this.#options.logger.error({ path: this.#options.path, err: error }, 'a listener failed');
    }
  }
}

function reasonOf({ error, expired }: WatchEnd): RestartReason {
  if (expired || statusCodeOf(error) === 410) return 'expired';
  if (error === undefined) return 'closed';
  return isWatchTimeout(error) ? 'timeout' : 'error';
}
