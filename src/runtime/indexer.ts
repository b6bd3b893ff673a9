import { formatKey, type ObjectKey } from './object.ts';
import type { ManagedObject } from './object.ts';
import type { ObjectStore } from './store.ts';

/**
 * The objects of a kind by values that are worked out from each, kept current: what client-go calls an indexer. A read costs what it
 * answers, however many objects there are. An object of which nothing can be worked out has no values.
 */
export class Indexer {
  readonly #store: Pick<ObjectStore, 'get'>;
  readonly #kind: string;
  readonly #valuesOf: (object: ManagedObject) => readonly string[];
  readonly #values = new Map<string, readonly string[]>();
  readonly #keys = new Map<string, Map<string, ObjectKey>>();

  constructor(
    store: Pick<ObjectStore, 'get' | 'list' | 'subscribe'>,
    kind: string,
    valuesOf: (object: ManagedObject) => readonly string[],
  ) {
    this.#store = store;
    this.#kind = kind;
    this.#valuesOf = valuesOf;
    for (const object of store.list(kind)) this.#note({ kind, ...namesOf(object) }, object);
    store.subscribe(({ key, object }) => {
      if (key.kind === this.#kind) this.#note(key, object);
    });
  }

  /** Those that have the value, in the order in which they got it. */
  with(value: string): readonly ManagedObject[] {
    return [...(this.#keys.get(value)?.values() ?? [])].flatMap((key) => this.#store.get(key) ?? []);
  }

  #note(key: ObjectKey, object: ManagedObject | undefined): void {
    const id = formatKey(key);
    const former = this.#values.get(id) ?? [];
    const values = object === undefined ? [] : this.#valuesIn(object);
    if (former.length === values.length && former.every((value, index) => value === values[index])) return;
    for (const value of former) {
      const keys = this.#keys.get(value);
      keys?.delete(id);
      if (keys?.size === 0) this.#keys.delete(value);
    }
    for (const value of values) this.#keys.set(value, (this.#keys.get(value) ?? new Map<string, ObjectKey>()).set(id, key));
    if (values.length === 0) this.#values.delete(id);
    else this.#values.set(id, values);
  }

  /** Specs come as they are stored, possibly under another schema. */
  #valuesIn(object: ManagedObject): readonly string[] {
    try {
      return this.#valuesOf(object);
    } catch {
      return [];
    }
  }
}

function namesOf({ metadata }: ManagedObject): { readonly namespace: string; readonly name: string } {
  return { namespace: metadata.namespace, name: metadata.name };
}
