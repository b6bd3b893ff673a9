import { isDeepStrictEqual } from 'node:util';
import { formatKey, keyOf, type ManagedObject, type ObjectKey } from '../object.ts';
import { StoreConflictError, type ObjectChange, type ObjectStore } from '../store.ts';

/** An object store in memory that behaves as the API server does: versions, conflicts, finalizers. Holds what it was given, JSON only. */
export class MemoryStore implements ObjectStore {
  readonly #objects = new Map<string, ManagedObject>();
  readonly #listeners: ((change: ObjectChange) => void)[] = [];
  #version = 0;
  /** So many writes of a status fail, as if the process died. */
  failWrites = 0;
  /** Every status that was written, in order. */
  readonly statusWrites: { readonly key: ObjectKey; readonly status: object }[] = [];

  get(key: ObjectKey): ManagedObject | undefined {
    return this.#objects.get(formatKey(key));
  }

  list(kind: string): readonly ManagedObject[] {
    return [...this.#objects.values()].filter((object) => object.kind === kind);
  }

  subscribe(listener: (change: ObjectChange) => void): void {
    this.#listeners.push(listener);
  }

  /** Tells of everything that is there, as a new process learns of it. */
  announce(): void {
    for (const object of this.#objects.values()) this.#tell({ key: keyOf(object), object });
  }

  /** What a user does: creates the object, or changes its spec and annotations. */
  apply(
    kind: string,
    name: string,
    spec: unknown,
    options: { namespace?: string; annotations?: Record<string, string>; createdAt?: string } = {},
  ): ManagedObject {
    const { namespace = 'market', annotations, createdAt = '2026-01-01T00:00:00Z' } = options;
    const before = this.get({ kind, namespace, name });
    const generation = (before?.metadata.generation ?? 0) + (isDeepStrictEqual(before?.spec, spec) ? 0 : 1);
    const metadata = {
      uid: `uid-${name}-${this.#version}`,
      creationTimestamp: createdAt,
      ...before?.metadata,
      name,
      namespace,
      generation,
      resourceVersion: this.#next(),
      ...(annotations === undefined ? {} : { annotations }),
    };
    return this.#put({ apiVersion: 'test/v1', kind, ...before, metadata, spec: copied(spec) });
  }

  /** What a user does: the object goes once its last finalizer has. */
  delete(key: ObjectKey): void {
    const object = this.get(key);
    if (object === undefined) return;
    if ((object.metadata.finalizers ?? []).length === 0) this.#remove(object);
    else
      this.#put({ ...object, metadata: { ...object.metadata, resourceVersion: this.#next(), deletionTimestamp: '2026-01-02T00:00:00Z' } });
  }

  async writeStatus(object: ManagedObject, status: object): Promise<ManagedObject> {
    if (this.failWrites > 0) {
      this.failWrites -= 1;
      throw new Error('the process is gone');
    }
    const held = this.#guard(object);
    this.statusWrites.push({ key: keyOf(object), status });
    return Promise.resolve(this.#put({ ...held, status: copied(status), metadata: { ...held.metadata, resourceVersion: this.#next() } }));
  }

  async setFinalizer(object: ManagedObject, finalizer: string, present: boolean): Promise<ManagedObject> {
    const held = this.#guard(object);
    const others = (held.metadata.finalizers ?? []).filter((other) => other !== finalizer);
    const finalizers = present ? [...others, finalizer] : others;
    const changed: ManagedObject = { ...held, metadata: { ...held.metadata, finalizers, resourceVersion: this.#next() } };
    if (finalizers.length === 0 && held.metadata.deletionTimestamp !== undefined) this.#remove(changed);
    else this.#put(changed);
    return Promise.resolve(changed);
  }

  #guard(object: ManagedObject): ManagedObject {
    const held = this.get(keyOf(object));
    if (held?.metadata.resourceVersion !== object.metadata.resourceVersion) throw new StoreConflictError('somebody wrote first');
    return held;
  }

  #put(object: ManagedObject): ManagedObject {
    const previous = this.get(keyOf(object));
    this.#objects.set(formatKey(keyOf(object)), object);
    this.#tell({ key: keyOf(object), object, ...(previous === undefined ? {} : { previous }) });
    return object;
  }

  #remove(object: ManagedObject): void {
    this.#objects.delete(formatKey(keyOf(object)));
    this.#tell({ key: keyOf(object), previous: object });
  }

  #tell(change: ObjectChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }
}

/** As over a wire. `structuredClone` makes arrays of another realm in a test's sandbox, and these equal none of its own. */
function copied<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
