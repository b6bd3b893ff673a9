import * as k8s from '@kubernetes/client-node';
import { systemClock, type Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { formatKey, keyOf, type ManagedObject, type ObjectKey } from '../runtime/object.ts';
import { StoreConflictError, type ObjectChange, type ObjectStore } from '../runtime/store.ts';
import { statusCodeOf, storeUnavailable } from './api-error.ts';
import { FIELD_MANAGER } from './field-manager.ts';
import { Informer, type RestartReason } from './informer.ts';
import type { CacheChange } from './object-cache.ts';
import { parseManagedObject } from './managed-object.ts';
import { isOlderVersion } from './resource-version.ts';

/** One kind of our API group. */
export interface StoredKind {
  readonly kind: string;
  readonly plural: string;
}

/** The writes that the store makes; a part of {@link k8s.CustomObjectsApi}. */
export type CustomObjectWrites = Pick<k8s.CustomObjectsApi, 'replaceNamespacedCustomObjectStatus' | 'patchNamespacedCustomObject'>;

export interface KubeObjectStoreOptions {
  readonly kubeConfig: k8s.KubeConfig;
  readonly group: string;
  readonly version: string;
  readonly kinds: readonly StoredKind[];
  /** Only these namespaces; left out or empty: all of them. */
  readonly namespaces?: readonly string[];
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly relistMs?: number;
  /** Hears why a watch of `kind` was made again, for metrics. */
  readonly onRestart?: (kind: string, reason: RestartReason) => void;
  readonly customObjects?: CustomObjectWrites;
}

/** No namespace is called so. */
const EVERYWHERE = '*';

const MERGE_PATCH = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch);

/**
 * Custom resources of the API server: one informer for each kind, or for each kind and namespace.
 *
 * What was written is remembered until the informer has caught up, so a reader never sees a state older than his own write.
 */
export class KubeObjectStore implements ObjectStore {
  readonly #options: KubeObjectStoreOptions;
  readonly #customObjects: CustomObjectWrites;
  readonly #plurals: ReadonlyMap<string, string>;
  /** By kind; then by namespace, or under `*` for all of them. */
  readonly #informers = new Map<string, ReadonlyMap<string, Informer<ManagedObject>>>();
  /** Objects that we wrote and the informer hasn't seen yet, by formatted key. */
  readonly #written = new Map<string, ManagedObject>();
  readonly #listeners: ((change: ObjectChange) => void)[] = [];

  constructor(options: KubeObjectStoreOptions) {
    this.#options = options;
    this.#customObjects = options.customObjects ?? options.kubeConfig.makeApiClient(k8s.CustomObjectsApi);
    this.#plurals = new Map(options.kinds.map(({ kind, plural }) => [kind, plural]));
    for (const stored of options.kinds) this.#informers.set(stored.kind, this.#informersOf(stored));
  }

  /** Starts to read and watch. Subscribe before, or miss the objects that exist. */
  start(): void {
    for (const informer of this.#all()) informer.start();
  }

  /** Resolves once every kind has been read; rejects when the store is stopped before. */
  async synced(): Promise<void> {
    await Promise.all(this.#all().map((informer) => informer.synced));
  }

  /** Whether every kind has been read, for the readiness probe. */
  get hasSynced(): boolean {
    return this.#all().every((informer) => informer.hasSynced);
  }

  /** Which kind's changes don't reach us, and why; undefined when all do. */
  get trouble(): string | undefined {
    for (const [kind, informers] of this.#informers) {
      for (const [place, { pulse }] of informers) {
        if (pulse.trouble !== undefined) return `${kind}${place === EVERYWHERE ? '' : ` in ${place}`}: ${pulse.trouble}`;
      }
    }
    return undefined;
  }

  /** For how long the stillest of the watches has had no sign of life, not even a failure, in milliseconds. */
  get stillMs(): number {
    return Math.max(0, ...this.#all().map(({ pulse }) => pulse.stillMs));
  }

  stop(): void {
    for (const informer of this.#all()) informer.stop();
  }

  get(key: ObjectKey): ManagedObject | undefined {
    return this.#written.get(formatKey(key)) ?? this.#seen(key);
  }

  list(kind: string): readonly ManagedObject[] {
    const objects: ManagedObject[] = [];
    for (const informer of this.#informers.get(kind)?.values() ?? []) {
      for (const object of informer.list()) objects.push(this.#written.get(formatKey(keyOf(object))) ?? object);
    }
    return objects;
  }

  subscribe(listener: (change: ObjectChange) => void): void {
    this.#listeners.push(listener);
  }

  async writeStatus(object: ManagedObject, status: object): Promise<ManagedObject> {
    const { apiVersion, kind, metadata } = object;
    const { name, namespace, uid, resourceVersion } = metadata;
    // The server takes everything but the status from what it has.
    const body = { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion }, status };
    return await this.#write(
      object,
      `write the status of ${describe(object)}`,
      () => {
        throw new StoreConflictError(`${describe(object)} is gone`);
      },
      (target) => this.#customObjects.replaceNamespacedCustomObjectStatus({ ...target, body, fieldManager: FIELD_MANAGER }),
    );
  }

  async setFinalizer(object: ManagedObject, finalizer: string, present: boolean): Promise<ManagedObject> {
    const before = object.metadata.finalizers ?? [];
    if (before.includes(finalizer) === present) return object;
    const finalizers = present ? [...before, finalizer] : before.filter((each) => each !== finalizer);
    // A merge patch replaces the whole list; the resourceVersion in it makes the server refuse when the list has changed since.
    const body = { metadata: { resourceVersion: object.metadata.resourceVersion, finalizers } };
    const whenGone = () => {
      if (present) throw new StoreConflictError(`${describe(object)} is gone`);
      return { ...object, metadata: { ...object.metadata, finalizers } };
    };
    return await this.#write(
      object,
      `${present ? 'add the finalizer to' : 'remove the finalizer from'} ${describe(object)}`,
      whenGone,
      (target) => this.#customObjects.patchNamespacedCustomObject({ ...target, body, fieldManager: FIELD_MANAGER }, MERGE_PATCH),
    );
  }

  async #write(
    object: ManagedObject,
    what: string,
    whenGone: () => ManagedObject,
    send: (target: { group: string; version: string; plural: string; namespace: string; name: string }) => Promise<unknown>,
  ): Promise<ManagedObject> {
    const { group, version } = this.#options;
    const plural = this.#plurals.get(object.kind);
    if (plural === undefined) throw new Error(`the store holds no ${object.kind}`);
    const { namespace, name } = object.metadata;
    let answer: unknown;
    try {
      answer = await send({ group, version, plural, namespace, name });
    } catch (error) {
      const code = statusCodeOf(error);
      if (code === 404) return whenGone();
      if (code === 409) throw new StoreConflictError(`${describe(object)} was changed by somebody else`);
      throw storeUnavailable(what, error);
    }
    const written = parseManagedObject(answer);
    this.#remember(written);
    return written;
  }

  /** Only while the informer is behind: it may have seen the write, or even the end of the object, before our answer arrived. */
  #remember(written: ManagedObject): void {
    const seen = this.#seen(keyOf(written));
    if (seen !== undefined && isBehind(seen, written)) this.#written.set(formatKey(keyOf(written)), written);
  }

  #seen(key: ObjectKey): ManagedObject | undefined {
    const informers = this.#informers.get(key.kind);
    return (informers?.get(key.namespace) ?? informers?.get(EVERYWHERE))?.get(key.namespace, key.name);
  }

  #changed({ previous, object }: CacheChange<ManagedObject>): void {
    const either = object ?? previous;
    if (either === undefined) return;
    const key = keyOf(either);
    const formatted = formatKey(key);
    const written = this.#written.get(formatted);
    if (written !== undefined && (object === undefined || !isBehind(object, written))) this.#written.delete(formatted);
    const change: ObjectChange = { key, ...(previous === undefined ? {} : { previous }), ...(object === undefined ? {} : { object }) };
    for (const listener of this.#listeners) listener(change);
  }

  #informersOf({ kind, plural }: StoredKind): ReadonlyMap<string, Informer<ManagedObject>> {
    const {
      kubeConfig,
      group,
      version,
      namespaces = [],
      logger,
      clock = systemClock,
      random = Math.random,
      relistMs,
      onRestart,
    } = this.#options;
    const root = `/apis/${group}/${version}`;
    const places = namespaces.length === 0 ? [EVERYWHERE] : [...new Set(namespaces)];
    const informers = places.map(
      (place) =>
        new Informer<ManagedObject>({
          kubeConfig,
          path: place === EVERYWHERE ? `${root}/${plural}` : `${root}/namespaces/${place}/${plural}`,
          // One kind that isn't installed must not keep the others waiting.
          mayBeUnknown: true,
          parse: parseManagedObject,
          onChange: (change) => this.#changed(change),
          onRestart: (reason) => onRestart?.(kind, reason),
          logger: logger.child({ kind }),
          clock,
          random,
          ...(relistMs === undefined ? {} : { relistMs }),
        }),
    );
    return new Map(informers.map((informer, index) => [places[index] ?? EVERYWHERE, informer]));
  }

  #all(): Informer<ManagedObject>[] {
    return [...this.#informers.values()].flatMap((informers) => [...informers.values()]);
  }
}

function isBehind(seen: ManagedObject, written: ManagedObject): boolean {
  return seen.metadata.uid === written.metadata.uid && isOlderVersion(seen.metadata.resourceVersion, written.metadata.resourceVersion);
}

function describe({ kind, metadata }: ManagedObject): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}
