import type * as k8s from '@kubernetes/client-node';
import { z } from 'zod';
import { systemClock, type Clock } from '../runtime/clock.ts';
import { OperatorError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { formatKey, type ObjectKey } from '../runtime/object.ts';
import type { SourceData, SourceKey, SourceStore } from '../runtime/store.ts';
import { describeApiError, statusCodeOf, storeUnavailable } from './api-error.ts';
import { Informer, type RestartReason } from './informer.ts';
import type { CachedObject } from './object-cache.ts';
import { getJson } from './raw-get.ts';

export interface KubeSourceStoreOptions {
  readonly kubeConfig: k8s.KubeConfig;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly relistMs?: number;
  readonly onRestart?: (kind: SourceKey['kind'], reason: RestartReason) => void;
}

interface Source extends CachedObject {
  readonly data: Readonly<Record<string, string>>;
}

interface Tracked {
  readonly key: SourceKey;
  readonly informer: Informer<Source>;
  /** By formatted key. */
  readonly owners: Map<string, ObjectKey>;
}

/** How many versions that were read before anybody tracked them are remembered. */
const MAX_REMEMBERED = 1_000;
const PLURALS = { Secret: 'secrets', ConfigMap: 'configmaps' } as const;

const strings = z.record(z.string(), z.string()).nullish();
const schema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string(), uid: z.string(), resourceVersion: z.string() }),
  data: strings,
  binaryData: strings,
});

/**
 * Secrets and ConfigMaps, each watched by its name: rights to get, list and watch with `resourceNames` are enough, and no other
 * Secret of the namespace ever reaches our memory. Owners share a watch; it ends with the last of them.
 *
 * An owner hears of every change after its `track`. The first list counts as a change only when it shows something else than the
 * last `read` returned, so reading and tracking in one go causes no second run.
 */
export class KubeSourceStore implements SourceStore {
  readonly #options: KubeSourceStoreOptions;
  readonly #tracked = new Map<string, Tracked>();
  /** What `read` returned last while nobody watched: a resourceVersion, or undefined for nothing. */
  readonly #lastRead = new Map<string, string | undefined>();
  readonly #listeners: ((owner: ObjectKey, source: SourceKey) => void)[] = [];

  constructor(options: KubeSourceStoreOptions) {
    this.#options = options;
  }

  async read(key: SourceKey): Promise<SourceData | undefined> {
    const informer = this.#tracked.get(formatKey(key))?.informer;
    if (informer?.hasSynced === true) return toData(informer.get(key.namespace, key.name));
    const source = await this.#fetch(key);
    this.#remember(formatKey(key), source?.metadata.resourceVersion);
    return toData(source);
  }

  track(owner: ObjectKey, sources: readonly SourceKey[]): void {
    const ownerId = formatKey(owner);
    const wanted = new Map(sources.map((source) => [formatKey(source), source]));
    for (const [id, tracked] of this.#tracked) {
      if (wanted.has(id) || !tracked.owners.delete(ownerId) || tracked.owners.size > 0) continue;
      tracked.informer.stop();
      this.#tracked.delete(id);
    }
    for (const [id, source] of wanted) {
      const tracked = this.#tracked.get(id) ?? this.#watch(id, source);
      tracked.owners.set(ownerId, owner);
    }
  }

  subscribe(listener: (owner: ObjectKey, source: SourceKey) => void): void {
    this.#listeners.push(listener);
  }

  /** Ends every watch. */
  stop(): void {
    for (const { informer } of this.#tracked.values()) informer.stop();
    this.#tracked.clear();
  }

  #watch(id: string, key: SourceKey): Tracked {
    const { kubeConfig, logger, clock = systemClock, random = Math.random, relistMs, onRestart } = this.#options;
    const owners = new Map<string, ObjectKey>();
    const informer: Informer<Source> = new Informer<Source>({
      kubeConfig,
      path: collectionOf(key),
      fieldSelector: `metadata.name=${key.name}`,
      parse: parserOf(key.kind),
      onChange: ({ object }) => {
        if (informer.hasSynced || !this.#isKnown(id, object)) this.#changed(key, owners);
      },
      onRestart: (reason) => onRestart?.(key.kind, reason),
      logger: logger.child({ source: id }),
      clock,
      random,
      ...(relistMs === undefined ? {} : { relistMs }),
    });
    informer.synced.then(
      () => {
        // An empty list is no change to the informer; to whoever read something it is.
        const vanished = informer.get(key.namespace, key.name) === undefined && this.#lastRead.get(id) !== undefined;
        this.#lastRead.delete(id);
        if (vanished) this.#changed(key, owners);
      },
      () => undefined,
    );
    const tracked = { key, informer, owners };
    this.#tracked.set(id, tracked);
    informer.start();
    return tracked;
  }

  #isKnown(id: string, source: Source | undefined): boolean {
    return this.#lastRead.has(id) && this.#lastRead.get(id) === source?.metadata.resourceVersion;
  }

  #changed(key: SourceKey, owners: ReadonlyMap<string, ObjectKey>): void {
    for (const owner of owners.values()) {
      for (const listener of this.#listeners) listener(owner, key);
    }
  }

  #remember(id: string, resourceVersion: string | undefined): void {
    this.#lastRead.delete(id);
    this.#lastRead.set(id, resourceVersion);
    if (this.#lastRead.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#lastRead.keys()) {
      this.#lastRead.delete(oldest);
      return;
    }
  }

  async #fetch(key: SourceKey): Promise<Source | undefined> {
    const name = `${key.kind} ${key.namespace}/${key.name}`;
    try {
      return parserOf(key.kind)(await getJson(this.#options.kubeConfig, `${collectionOf(key)}/${key.name}`));
    } catch (error) {
      const code = statusCodeOf(error);
      if (code === 404) return undefined;
      if (code === 403) throw new OperatorError('StoreUnavailable', `the operator may not read ${name}: ${describeApiError(error)}`);
      throw storeUnavailable(`read ${name}`, error);
    }
  }
}

function collectionOf({ kind, namespace }: SourceKey): string {
  return `/api/v1/namespaces/${namespace}/${PLURALS[kind]}`;
}

/** Bytes are decoded once, here; nobody else sees base64. */
function parserOf(kind: SourceKey['kind']): (raw: unknown) => Source {
  return (raw) => {
    const { metadata, data, binaryData } = schema.parse(raw);
    const texts = kind === 'ConfigMap' ? (data ?? {}) : decodeAll(data);
    return { metadata, data: { ...decodeAll(binaryData), ...texts } };
  };
}

function decodeAll(encoded: Readonly<Record<string, string>> | null | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(encoded ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64').toString('utf8')]));
}

function toData(source: Source | undefined): SourceData | undefined {
  return source === undefined ? undefined : { resourceVersion: source.metadata.resourceVersion, data: source.data };
}
