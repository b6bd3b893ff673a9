import type { ManagedObject, ObjectKey } from './object.ts';

/** One change of one object as the store saw it. `object` is absent when it is gone. */
export interface ObjectChange {
  readonly key: ObjectKey;
  readonly previous?: ManagedObject;
  readonly object?: ManagedObject;
}

/**
 * Where custom resources live. The engine knows nothing else of Kubernetes, so a folder of manifests or a test can stand in
 * for the API server.
 *
 * Reads answer from memory and may be stale; writes carry the object's `resourceVersion`, and throw {@link StoreConflictError}
 * when somebody else wrote first, or the object is gone.
 */
export interface ObjectStore {
  get(key: ObjectKey): ManagedObject | undefined;
  list(kind: string): readonly ManagedObject[];
  /** Replaces `status` as a whole. Returns the object as stored; a following {@link get} sees it or something newer. */
  writeStatus(object: ManagedObject, status: object): Promise<ManagedObject>;
  /** Adds or removes our finalizer and no other. Removing it from an object that is gone is a success. */
  setFinalizer(object: ManagedObject, finalizer: string, present: boolean): Promise<ManagedObject>;
  /** Calls `listener` on every change, synchronously and in order. The listener must not throw. */
  subscribe(listener: (change: ObjectChange) => void): void;
}

/** Somebody else wrote the object first. Never an error of the user's: the newer state is on its way, try again with that. */
export class StoreConflictError extends Error {
  override readonly name = 'StoreConflictError';
}

/** A Secret or ConfigMap that a spec names. */
export interface SourceKey {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly namespace: string;
  readonly name: string;
}

/** Decoded contents of a Secret or ConfigMap; text only (bytes are read as UTF-8). */
export interface SourceData {
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
}

/** Reads the Secrets and ConfigMaps that specs name, and tells when one changes. */
export interface SourceStore {
  /** The current contents, or undefined when there is none. Served from memory once the source is tracked and synced. */
  read(key: SourceKey): Promise<SourceData | undefined>;
  /** Replaces what `owner` depends on; its listener is called when any of these appears, changes or goes. An empty list forgets the owner. */
  track(owner: ObjectKey, sources: readonly SourceKey[]): void;
  subscribe(listener: (owner: ObjectKey, source: SourceKey) => void): void;
}

/** Writes the ConfigMaps that a spec asks for. */
export interface ConfigMapWriter {
  /**
   * Makes ConfigMap `name` in the owner's namespace hold `data`, with an owner reference. Writes only on difference.
   * Throws {@link NotOursError} when a ConfigMap of that name belongs to somebody else, or may not be written.
   */
  apply(owner: ManagedObject, name: string, data: Readonly<Record<string, string>>): Promise<void>;
  /** Removes ConfigMap `name` if `owner` owns it, and it may be written; anything else is left alone. */
  remove(owner: ManagedObject, name: string): Promise<void>;
}

/** Writes the Secrets that a spec asks for, by the same rules as ConfigMaps. */
export interface SecretWriter extends ConfigMapWriter {
  /** Whether `apply` would be refused. Throws {@link NotOursError} then, and writes nothing. */
  check(owner: ManagedObject, name: string): Promise<void>;
}

/**
 * Keeps what undoing may need after its Secret has gone: a namespace that is deleted loses its Secrets first. In a place of the operator's
 * own, and no longer than the connection is there.
 */
export interface CredentialKeeper {
  /** Keeps a value of an owner, by the owner's uid; asks nobody when it is kept already. */
  keep(uid: string, key: string, value: string): Promise<void>;
  recall(uid: string, key: string): Promise<string | undefined>;
  /** Forgets everything of owners that aren't among these. */
  retain(uids: ReadonlySet<string>): Promise<void>;
}

/** The thing exists and is not ours to change. */
export class NotOursError extends Error {
  override readonly name = 'NotOursError';
}

/** Asks the labels of a namespace, for `allowedNamespaces.selector`; undefined when there is no such namespace. */
export type NamespaceLabels = (namespace: string) => Promise<Readonly<Record<string, string>> | undefined>;
