import { formatKey, type ObjectKey } from '../runtime/object.ts';
import type { SourceData, SourceKey, SourceStore } from '../runtime/store.ts';
import { ReadVersions } from './read-versions.ts';
import { SourceNeighbourhood, type NeighbourhoodOptions } from './source-neighbourhood.ts';
import { fetchSource, toData } from './source-object.ts';

export interface KubeSourceStoreOptions extends NeighbourhoodOptions {
  /** Nobody refers to it any more. */
  readonly onUntracked?: (key: SourceKey) => void;
}

interface Tracked {
  readonly key: SourceKey;
  /** By formatted key. */
  readonly owners: Map<string, ObjectKey>;
}

/**
 * Secrets and ConfigMaps, watched by name or, where many of a namespace are named, by a watch of its metadata: see
 * {@link SourceNeighbourhood}. Owners share a watch; it ends with the last of them.
 *
 * An owner hears of every change after its `track`. The first list counts as a change only when it shows something else than a `read`
 * returned, so tracking and reading in one go, in whatever order they are answered, causes no second run.
 */
export class KubeSourceStore implements SourceStore {
  readonly #options: KubeSourceStoreOptions;
  readonly #tracked = new Map<string, Tracked>();
  /** What each owner refers to, by formatted keys. */
  readonly #byOwner = new Map<string, ReadonlySet<string>>();
  readonly #neighbourhoods = new Map<string, SourceNeighbourhood>();
  readonly #readVersions = new ReadVersions();
  readonly #listeners: ((owner: ObjectKey, source: SourceKey) => void)[] = [];

  constructor(options: KubeSourceStoreOptions) {
    this.#options = options;
  }

  async read(key: SourceKey): Promise<SourceData | undefined> {
    const known = await this.#watched(key);
    if (known !== 'unknown') return known;
    const source = await fetchSource(this.#options.kubeConfig, key);
    // Unless the watch was quicker: what its first list showed is told to nobody, so it is what we answer.
    const meanwhile = await this.#watched(key);
    if (meanwhile !== 'unknown') return meanwhile;
    this.#readVersions.remember(formatKey(key), source?.metadata.resourceVersion);
    return toData(source);
  }

  async #watched(key: SourceKey): Promise<SourceData | undefined | 'unknown'> {
    return this.#tracked.has(formatKey(key)) ? this.#neighbourhoods.get(placeOf(key))?.read(key.name) : 'unknown';
  }

  track(owner: ObjectKey, sources: readonly SourceKey[]): void {
    const ownerId = formatKey(owner);
    const wanted = new Map(sources.map((source) => [formatKey(source), source]));
    for (const id of this.#byOwner.get(ownerId) ?? []) if (!wanted.has(id)) this.#letGo(id, ownerId);
    for (const [id, source] of wanted) this.#hold(id, source, owner);
    if (wanted.size === 0) this.#byOwner.delete(ownerId);
    else this.#byOwner.set(ownerId, new Set(wanted.keys()));
  }

  subscribe(listener: (owner: ObjectKey, source: SourceKey) => void): void {
    this.#listeners.push(listener);
  }

  /** Ends every watch. */
  stop(): void {
    for (const neighbourhood of this.#neighbourhoods.values()) neighbourhood.stop();
    this.#neighbourhoods.clear();
    this.#tracked.clear();
    this.#byOwner.clear();
  }

  #hold(id: string, key: SourceKey, owner: ObjectKey): void {
    const known = this.#tracked.get(id);
    const tracked = known ?? { key, owners: new Map<string, ObjectKey>() };
    tracked.owners.set(formatKey(owner), owner);
    if (known !== undefined) return;
    this.#tracked.set(id, tracked);
    this.#neighbourhoodOf(key).add(key);
  }

  #letGo(id: string, ownerId: string): void {
    const tracked = this.#tracked.get(id);
    if (tracked === undefined || !tracked.owners.delete(ownerId) || tracked.owners.size > 0) return;
    this.#tracked.delete(id);
    const place = placeOf(tracked.key);
    const neighbourhood = this.#neighbourhoods.get(place);
    neighbourhood?.remove(tracked.key.name);
    if (neighbourhood?.size === 0) {
      neighbourhood.stop();
      this.#neighbourhoods.delete(place);
    }
    this.#options.onUntracked?.(tracked.key);
  }

  #neighbourhoodOf(key: SourceKey): SourceNeighbourhood {
    const place = placeOf(key);
    const known = this.#neighbourhoods.get(place);
    if (known !== undefined) return known;
    const made = new SourceNeighbourhood({ kind: key.kind, namespace: key.namespace }, this.#options, this.#readVersions, (changed) =>
      this.#tell(changed),
    );
    this.#neighbourhoods.set(place, made);
    return made;
  }

  #tell(key: SourceKey): void {
    for (const owner of this.#tracked.get(formatKey(key))?.owners.values() ?? [])
      for (const listener of this.#listeners) listener(owner, key);
  }
}

function placeOf({ kind, namespace }: SourceKey): string {
  return `${kind}/${namespace}`;
}
