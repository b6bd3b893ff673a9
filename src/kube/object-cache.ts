/** The part of an object that tells it from others and from other states of itself. */
export interface CachedObject {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly uid: string; readonly resourceVersion: string };
}

/** `previous` is absent for an object that is new, `object` for one that is gone. One recreated under the same name is gone, then new. */
export interface CacheChange<T> {
  readonly previous?: T;
  readonly object?: T;
}

/** Objects by namespace and name. Says what changed, and only that: putting what is there already says nothing. */
export class ObjectCache<T extends CachedObject> {
  readonly #objects = new Map<string, T>();
  readonly #onChange: (change: CacheChange<T>) => void;

  constructor(onChange: (change: CacheChange<T>) => void) {
    this.#onChange = onChange;
  }

  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  /** Makes the cache hold these objects and no others: what vanished unseen is gone. */
  replace(objects: readonly T[]): void {
    const present = new Set(objects.map(keyOf));
    for (const [key, object] of this.#objects) {
      if (!present.has(key)) this.remove(object);
    }
    for (const object of objects) this.put(object);
  }

  put(object: T): void {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    if (previous !== undefined && previous.metadata.uid !== object.metadata.uid) {
      // Deleted and created again while nobody looked.
      this.remove(previous);
      this.put(object);
      return;
    }
    if (previous?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    this.#objects.set(key, object);
    this.#onChange(previous === undefined ? { object } : { previous, object });
  }

  /** Only if it is the same object: one that took its name since stays. */
  remove(object: T): void {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    if (previous?.metadata.uid !== object.metadata.uid) return;
    this.#objects.delete(key);
    this.#onChange({ previous });
  }
}

function keyOf({ metadata }: CachedObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
