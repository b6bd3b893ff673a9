import { randomUUID } from 'node:crypto';

export interface StoredObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly finalizers?: readonly string[];
    readonly deletionTimestamp?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** An answer that isn't a success. */
export class Refusal extends Error {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

interface Happening {
  readonly version: number;
  readonly path: string;
  readonly type: string;
  readonly object: StoredObject;
}

/** Collections are `…/namespaces/<ns>/<plural>` or `…/<plural>`; a path with one more segment is an object. */
const COLLECTION = /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)(?:\/namespaces\/[^/]+)?\/[^/]+$/;

/** The objects of {@link ApiServerDouble} and what happened to them. */
export class ObjectTable {
  /** The newest resourceVersion given out. */
  version = 100;
  readonly #objects = new Map<string, StoredObject>();
  readonly #history: Happening[] = [];
  readonly #onChange: (collection: string, type: string, object: StoredObject) => void;

  constructor(onChange: (collection: string, type: string, object: StoredObject) => void) {
    this.#onChange = onChange;
  }

  isCollection(path: string): boolean {
    return COLLECTION.test(path);
  }

  /** Whether the collection of a namespace is part of that of all namespaces. */
  isPartOf(path: string, wider: string): boolean {
    return path.replace(/\/namespaces\/[^/]+(?=\/)/, '') === wider;
  }

  get(path: string): StoredObject {
    const object = this.#objects.get(path);
    if (object === undefined) throw new Refusal(404, 'NotFound', `${path} not found`);
    return object;
  }

  list(collection: string): StoredObject[] {
    return [...this.#objects].filter(([path]) => this.#within(parentOf(path), collection)).map(([, object]) => object);
  }

  since(collection: string, version: number): Happening[] {
    return this.#history.filter((happening) => happening.version > version && this.#within(happening.path, collection));
  }

  create(collection: string, body: unknown): StoredObject {
    const given = body as StoredObject;
    const path = `${collection}/${given.metadata.name}`;
    if (this.#objects.has(path)) throw new Refusal(409, 'AlreadyExists', `${path} already exists`);
    const namespace = /\/namespaces\/([^/]+)\//.exec(collection)?.[1];
    const born = {
      uid: randomUUID(),
      creationTimestamp: '2026-01-01T00:00:00Z',
      generation: 1,
      ...(namespace === undefined ? {} : { namespace }),
    };
    return this.#store(path, 'ADDED', { ...given, metadata: { ...born, ...given.metadata } });
  }

  replace(path: string, body: unknown): StoredObject {
    return this.update(path, () => body as StoredObject);
  }

  replaceStatus(path: string, body: unknown): StoredObject {
    const given = body as StoredObject;
    const { resourceVersion } = given.metadata;
    return this.update(path, (current) => ({ ...current, metadata: { ...current.metadata, resourceVersion }, status: given['status'] }));
  }

  /** Changes an object; a resourceVersion in the result must be the current one. */
  update(path: string, change: (current: StoredObject) => StoredObject): StoredObject {
    const current = this.get(path);
    const changed = change(current);
    const { resourceVersion = current.metadata.resourceVersion } = changed.metadata as { resourceVersion?: string };
    if (resourceVersion !== current.metadata.resourceVersion) throw new Refusal(409, 'Conflict', `${path} has been modified`);
    const { uid, deletionTimestamp } = current.metadata;
    const metadata = { ...changed.metadata, uid, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) };
    const ended = deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;
    return this.#store(path, ended ? 'DELETED' : 'MODIFIED', { ...changed, metadata });
  }

  delete(path: string): StoredObject {
    const current = this.get(path);
    if ((current.metadata.finalizers ?? []).length === 0) return this.#store(path, 'DELETED', current);
    return this.#store(path, 'MODIFIED', { ...current, metadata: { ...current.metadata, deletionTimestamp: '2026-01-01T01:00:00Z' } });
  }

  /** Lets something happen that no watch is told of. */
  silently(act: () => void): void {
    const before = this.#history.length;
    this.#silent = true;
    act();
    this.#silent = false;
    this.#history.length = before;
  }

  #silent = false;

  #within(collection: string, wider: string): boolean {
    return collection === wider || this.isPartOf(collection, wider);
  }

  #store(path: string, type: string, object: StoredObject): StoredObject {
    this.version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
    if (type === 'DELETED') this.#objects.delete(path);
    else this.#objects.set(path, stored);
    this.#history.push({ version: this.version, path: parentOf(path), type, object: stored });
    if (!this.#silent) this.#onChange(parentOf(path), type, stored);
    return stored;
  }
}

/** RFC 7386. */
export function mergePatch(target: StoredObject, patch: unknown): StoredObject {
  return merge(target, patch) as StoredObject;
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, name);
    else merged[name] = merge(merged[name], value);
  }
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
