import { formatKey, type ObjectKey } from '../runtime/object.ts';
import type { SourceData, SourceKey, SourceStore } from '../runtime/store.ts';
import { SourceNeighbourhood, type NeighbourhoodOptions } from './source-neighbourhood.ts';
import { fetchSource, toData } from './source-object.ts';

export interface KubeSourceStoreOptions extends NeighbourhoodOptions {
  /** Nobody refers to it any more. */
  readonly onUntracked?: (key: SourceKey) => void;
}

/** How many versions that were read before anybody tracked them are remembered. */
const MAX_REMEMBERED = 1_000;

interface Tracked {
  readonly key: SourceKey;
  /** By formatted key. */
  readonly owners: Map<string, ObjectKey>;
}

/**
 * Secrets and ConfigMaps, watched by name or, where many of a namespace are named, by a watch of its metadata: see
 * {@link SourceNeighbourhood}. Owners share a watch; it ends with the last of them.
 *
 * An owner hears of every change after its `track`. The first list counts as a change only when it shows something else than the
 * last `read` returned, so reading and tracking in one go causes no second run.
 */
export class KubeSourceStore implements SourceStore {
  readonly #options: KubeSourceStoreOptions;
  readonly #tracked = new Map<string, Tracked>();
  /** What each owner refers to, by formatted keys. */
  readonly #byOwner = new Map<string, ReadonlySet<string>>();
  readonly #neighbourhoods = new Map<string, SourceNeighbourhood>();
  /** What `read` returned last while nobody watched: a resourceVersion, or undefined for nothing. */
  readonly #lastRead = new Map<string, string | undefined>();
  readonly #listeners: ((owner: ObjectKey, source: SourceKey) => void)[] = [];

  constructor(options: KubeSourceStoreOptions) {
    this.#options = options;
  }

  async read(key: SourceKey): Promise<SourceData | undefined> {
    const known = this.#tracked.has(formatKey(key)) ? await this.#neighbourhoods.get(placeOf(key))?.read(key.name) : 'unknown';
    if (known !== 'unknown') return known;
    const source = await fetchSource(this.#options.kubeConfig, key);
    this.#remember(formatKey(key), source?.metadata.resourceVersion);
    return toData(source);
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
    const made = new SourceNeighbourhood({ kind: key.kind, namespace: key.namespace }, this.#options, this.#lastRead, (changed) =>
      this.#tell(changed),
    );
    this.#neighbourhoods.set(place, made);
    return made;
  }

  #tell(key: SourceKey): void {
    for (const owner of this.#tracked.get(formatKey(key))?.owners.values() ?? [])
      for (const listener of this.#listeners) listener(owner, key);
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
}

function placeOf({ kind, namespace }: SourceKey): string {
  return `${kind}/${namespace}`;
}
