import type { ApiObject } from './api-object.ts';
import type { AuthentikClient } from './client.ts';
import type { KeyedLock } from './keyed-lock.ts';
import type { ServerInfo } from './server-info.ts';
import type { MinorVersion } from './versions.ts';
import type { VisitMemory } from './visit-memory.ts';

/** Chooses rows by what a field holds; `pk` is a field too. */
export interface Having {
  readonly field: string;
  readonly value: string;
}

/** What is known of a server's objects. Reads answer from memory as far as that is up to date. */
export interface Mirror {
  /** All objects of a list. The array never changes after it was returned. Throws what the client throws. */
  list(path: string): Promise<readonly ApiObject[]>;
  /** As {@link list}, or the part whose field holds a value, but as old as may be: for what isn't worth a request of its own. */
  lately(path: string, having?: Having): Promise<readonly ApiObject[]>;
  /** The object with that primary key, if the list has it. */
  get(path: string, pk: string): Promise<ApiObject | undefined>;
  /** The object whose unique `field` holds `value` exactly. */
  named(path: string, field: string, value: string): Promise<ApiObject | undefined>;
  /** The objects whose `field` holds `value` exactly. */
  where(path: string, field: string, value: string): Promise<readonly ApiObject[]>;
  /** The first object of a list that `predicate` accepts. */
  find(path: string, predicate: (object: ApiObject) => boolean): Promise<ApiObject | undefined>;
  /**
   * The object as it is this moment, asked for by its key; undefined when the server says that there is none. `lookup` is what the URL ends
   * with, where that isn't the key. The only answer that proves absence.
   */
  fetch(path: string, pk: string, lookup?: string): Promise<ApiObject | undefined>;
  /** The object by all that is told up to this moment, or as {@link fetch} where nobody tells. */
  confirm(path: string, pk: string, lookup?: string): Promise<ApiObject | undefined>;
  /** Everything that others did up to now is known afterwards, as far as it is told. */
  catchUp(): Promise<void>;
  /** Whether changes of others are told: then what is known is hardly older than the interval at which they are asked for. */
  readonly follows: boolean;
  /** Notes what an answer showed. Writes are noted by themselves. */
  upsert(path: string, object: ApiObject): void;
  /** Notes that an object is gone. Deletes are noted by themselves. */
  remove(path: string, pk: string): void;
  /** Has a list, or everything, read again when it is next needed. */
  invalidate(path?: string): void;
}

/** What a server works out from policies and keeps, for minutes. */
export interface PolicyCaches {
  /** Resolves once they have been cleared after this call. */
  clear(): Promise<void>;
  /** Clears them if an earlier clearing failed. */
  clearDue(): Promise<void>;
}

/** One Authentik as one connection sees it: what every reconcile of a connection's objects shares. */
export interface Session {
  /** The server's address as requests use it, in one way of writing. */
  readonly url: string;
  /** The server's address as visitors use it. */
  readonly publicURL: string;
  readonly caPem: string | undefined;
  readonly client: AuthentikClient;
  /** What is known of the server's objects, shared by all connections to it. */
  readonly cache: Mirror;
  /** Makes the server forget what it worked out from policies. */
  readonly caches: PolicyCaches;
  /** One writer at a time for each object in Authentik. */
  readonly locks: KeyedLock;
  /** What looks from outside came to. */
  readonly visits: VisitMemory;
  readonly info: ServerInfo;
  /** The tested version that the server is taken for. */
  readonly version: MinorVersion;
}
