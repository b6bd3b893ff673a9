import type * as k8s from '@kubernetes/client-node';
import { systemClock, type Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { formatKey } from '../runtime/object.ts';
import type { SourceData, SourceKey } from '../runtime/store.ts';
import { describeApiError, statusCodeOf } from './api-error.ts';
import { Informer, type RestartReason } from './informer.ts';
import type { CachedObject } from './object-cache.ts';
import { getJson } from './raw-get.ts';
import type { ReadVersions } from './read-versions.ts';
import { collectionOf, fetchSource, parseMetadata, parserOf, toData, type SourceObject } from './source-object.ts';

export interface NeighbourhoodOptions {
  readonly kubeConfig: k8s.KubeConfig;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly relistMs?: number;
  readonly onRestart?: (kind: SourceKey['kind'], reason: RestartReason) => void;
  readonly limits?: NeighbourhoodLimits;
}

export interface NeighbourhoodLimits {
  /** So many sources of a namespace are watched each by its name; with more, the namespace is watched, if we may. */
  readonly named: number;
  /** So many are watched by name where we may not: each takes a connection of its own. The others are looked at when they are needed. */
  readonly most: number;
}

const LIMITS: NeighbourhoodLimits = { named: 10, most: 200 };
/** How soon the right to watch the namespace is asked for again when that failed, in milliseconds. */
const ASK_AGAIN_MS = 60_000;

interface Member {
  readonly key: SourceKey;
  /** Watches it by name. */
  named?: Informer<SourceObject>;
  /** What was read of it last, while the namespace is watched. */
  read?: SourceObject | undefined;
}

/**
 * The Secrets or the ConfigMaps of one namespace that specs name. A few are watched each by its name, which needs no more than rights to
 * these names. With many, one watch of the namespace takes the place of all, by metadata only: no contents of what nobody named ever
 * reach our memory.
 *
 * `changed` hears of every change of a member. The first look at one counts as a change only when it shows something else than was read.
 */
export class SourceNeighbourhood {
  readonly #options: NeighbourhoodOptions;
  readonly #limits: NeighbourhoodLimits;
  readonly #place: Pick<SourceKey, 'kind' | 'namespace'>;
  readonly #readVersions: ReadVersions;
  readonly #changed: (key: SourceKey) => void;
  readonly #members = new Map<string, Member>();
  /** Those that are watched by name. */
  readonly #named = new Set<Member>();
  #wide: Informer<CachedObject> | undefined;
  #mayWatchAll: boolean | undefined;
  #asking = false;
  #cancelAsking: (() => void) | undefined;
  #stopped = false;
  #warned = false;

  constructor(
    place: Pick<SourceKey, 'kind' | 'namespace'>,
    options: NeighbourhoodOptions,
    readVersions: ReadVersions,
    changed: (key: SourceKey) => void,
  ) {
    this.#place = place;
    this.#options = options;
    this.#limits = options.limits ?? LIMITS;
    this.#readVersions = readVersions;
    this.#changed = changed;
  }

  get size(): number {
    return this.#members.size;
  }

  add(key: SourceKey): void {
    const member: Member = { key };
    this.#members.set(key.name, member);
    if (this.#wide !== undefined) {
      if (this.#wide.hasSynced) this.#compare(member);
    } else if (this.#members.size > this.#limits.named && this.#mayWatchAll !== false) this.#widen();
    else this.#watchByName(member);
  }

  remove(name: string): void {
    const member = this.#members.get(name);
    if (member === undefined) return;
    this.#members.delete(name);
    this.#endNamed(member);
    // Its place is somebody else's.
    const next = this.#mayWatchAll === false ? [...this.#members.values()].find((other) => other.named === undefined) : undefined;
    if (next !== undefined) this.#watchByName(next);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelAsking?.();
    this.#wide?.stop();
    for (const { named } of this.#named) named?.stop();
  }

  /** What a member holds, from memory where it is known; `'unknown'` when it must be asked for. */
  async read(name: string): Promise<SourceData | undefined | 'unknown'> {
    const member = this.#members.get(name);
    const { namespace } = this.#place;
    if (member?.named?.hasSynced === true) return toData(member.named.get(namespace, name));
    if (member === undefined || this.#wide?.hasSynced !== true) return 'unknown';
    const seen = this.#wide.get(namespace, name);
    if (seen === undefined) return undefined;
    if (member.read?.metadata.resourceVersion !== seen.metadata.resourceVersion)
      member.read = await fetchSource(this.#options.kubeConfig, member.key);
    return toData(member.read);
  }

  #watchByName(member: Member): void {
    const { key } = member;
    if (this.#named.size >= this.#limits.most) {
      this.#warnOnce();
      return;
    }
    const informer = this.#informer<SourceObject>(
      { fieldSelector: `metadata.name=${key.name}`, parse: parserOf(key.kind) },
      (name, object) => {
        if (informer.hasSynced || this.#readVersions.differ(formatKey(key), object?.metadata.resourceVersion)) this.#tell(name);
      },
    );
    informer.synced.then(
      () => {
        // An empty list is no change to the informer; to whoever read something it is.
        const vanished = informer.get(key.namespace, key.name) === undefined && this.#readVersions.differ(formatKey(key), undefined);
        this.#readVersions.forget(formatKey(key));
        if (vanished) this.#changed(key);
      },
      () => undefined,
    );
    member.named = informer;
    this.#named.add(member);
    informer.start();
  }

  #endNamed(member: Member): void {
    member.named?.stop();
    delete member.named;
    this.#named.delete(member);
  }

  /** One watch instead of many, once the server says that we may. */
  #widen(): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#mayList()
      .then((allowed) => {
        this.#asking = false;
        if (this.#stopped) return;
        this.#mayWatchAll = allowed;
        if (allowed) this.#watchAll();
        else for (const member of this.#members.values()) if (member.named === undefined) this.#watchByName(member);
      })
      .catch((error: unknown) => {
        this.#asking = false;
        this.#options.logger.warn({ ...this.#place, error: describeApiError(error) }, 'could not ask for the right to watch the namespace');
        if (!this.#stopped) this.#cancelAsking = (this.#options.clock ?? systemClock).setTimeout(() => this.#widen(), ASK_AGAIN_MS);
      });
  }

  async #mayList(): Promise<boolean> {
    try {
      await getJson(this.#options.kubeConfig, collectionOf(this.#place), { limit: 1 }, { as: 'metadata' });
      return true;
    } catch (error) {
      if (statusCodeOf(error) === 403) return false;
      throw error;
    }
  }

  #watchAll(): void {
    const wide = this.#informer<CachedObject>({ as: 'metadata', parse: parseMetadata }, (name) => {
      if (wide.hasSynced) this.#tell(name);
    });
    this.#wide = wide;
    wide.synced.then(
      () => {
        for (const member of this.#members.values()) this.#compare(member);
      },
      () => undefined,
    );
    wide.start();
  }

  /** What a member is now, against what was known of it before the namespace was watched. */
  #compare(member: Member): void {
    const { key, named } = member;
    const id = formatKey(key);
    const before = named?.hasSynced === true ? named.get(key.namespace, key.name) : undefined;
    member.read = before;
    this.#endNamed(member);
    const now = this.#wide?.get(key.namespace, key.name)?.metadata.resourceVersion;
    const differs = named?.hasSynced === true ? before?.metadata.resourceVersion !== now : this.#readVersions.differ(id, now);
    this.#readVersions.forget(id);
    if (differs) this.#changed(key);
  }

  #informer<T extends CachedObject>(
    what: { readonly parse: (raw: unknown) => T; readonly fieldSelector?: string; readonly as?: 'metadata' },
    onChange: (name: string, object: T | undefined) => void,
  ): Informer<T> {
    const { kubeConfig, logger, clock = systemClock, random = Math.random, relistMs, onRestart } = this.#options;
    const { kind, namespace } = this.#place;
    return new Informer<T>({
      kubeConfig,
      path: collectionOf(this.#place),
      ...what,
      onChange: ({ previous, object }) => onChange((object ?? previous)?.metadata.name ?? '', object),
      onRestart: (reason) => onRestart?.(kind, reason),
      logger: logger.child({ source: `${kind}s of ${namespace}` }),
      clock,
      random,
      ...(relistMs === undefined ? {} : { relistMs }),
    });
  }

  #tell(name: string): void {
    const member = this.#members.get(name);
    if (member !== undefined) this.#changed(member.key);
  }

  #warnOnce(): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#options.logger.warn(
      { ...this.#place, watched: this.#named.size },
      'too many are named to watch each of them, and the namespace may not be watched; changes of the others are noticed at the next look',
    );
  }
}
