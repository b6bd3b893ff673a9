import type { AuthentikClient } from './client.ts';
import type { KeyedLock } from './keyed-lock.ts';
import type { ListCache } from './list-cache.ts';
import type { ServerInfo } from './server-info.ts';
import type { MinorVersion } from './versions.ts';

/** One Authentik as one token sees it: what every reconcile of a connection's objects shares. */
export interface Session {
  /** The server's address as requests use it. */
  readonly url: string;
  /** The server's address as visitors use it. */
  readonly publicURL: string;
  readonly caPem: string | undefined;
  readonly client: AuthentikClient;
  /** Lists of every path, shared by all objects. */
  readonly cache: ListCache;
  /** One writer at a time for each object in Authentik. */
  readonly locks: KeyedLock;
  readonly info: ServerInfo;
  readonly version: MinorVersion;
}
