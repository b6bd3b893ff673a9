import { createHash } from 'node:crypto';
import { KeyedLock } from '../authentik/keyed-lock.ts';
import { Server, type ServerIdentity, type ServerParts, type ServerSettings } from './server.ts';

/** How long requests that are under way may use a server after the last connection to it was changed, in milliseconds. */
const RETIRE_MS = 5 * 60_000;

interface Entry {
  readonly server: Server;
  readonly id: string;
  readonly claims: Map<string, ServerSettings>;
  retire: (() => void) | undefined;
}

/** All servers in use, each as long as a connection claims it. */
export class Servers {
  readonly #parts: ServerParts;
  readonly #byId = new Map<string, Entry>();
  readonly #byServer = new Map<Server, Entry>();
  /** By address: the same server has the same rows, whatever the token is. */
  readonly #locks = new Map<string, KeyedLock>();

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  /** The server that is meant, made when it is new; it goes again unless somebody claims it. Throws what a client's constructor throws. */
  find(identity: ServerIdentity, settings: ServerSettings): Server {
    const id = createHash('sha256')
      .update(JSON.stringify([identity.address, identity.token, identity.caPem]))
      .digest('hex');
    const known = this.#byId.get(id);
    if (known !== undefined) return known.server;
    const locks = this.#locks.get(identity.address) ?? new KeyedLock();
    this.#locks.set(identity.address, locks);
    const entry: Entry = { server: new Server(identity, locks, this.#parts), id, claims: new Map(), retire: undefined };
    this.#byId.set(id, entry);
    this.#byServer.set(entry.server, entry);
    entry.server.tune([settings]);
    this.#retireUnclaimed(entry);
    return entry.server;
  }

  /** `holder` uses the server, like that. */
  claim(server: Server, holder: string, settings: ServerSettings): void {
    const entry = this.#byServer.get(server);
    if (entry === undefined) return;
    entry.retire?.();
    entry.retire = undefined;
    entry.claims.set(holder, settings);
    server.tune([...entry.claims.values()]);
  }

  /** `holder` doesn't use it any more. */
  release(server: Server, holder: string): void {
    const entry = this.#byServer.get(server);
    if (entry === undefined || !entry.claims.delete(holder)) return;
    if (entry.claims.size === 0) this.#retireUnclaimed(entry);
    else server.tune([...entry.claims.values()]);
  }

  /** Who uses the server. */
  holders(server: Server): readonly string[] {
    return [...(this.#byServer.get(server)?.claims.keys() ?? [])];
  }

  close(): void {
    for (const entry of this.#byId.values()) {
      entry.retire?.();
      entry.server.close();
    }
    this.#byId.clear();
    this.#byServer.clear();
  }

  #retireUnclaimed(entry: Entry): void {
    entry.retire ??= this.#parts.clock.setTimeout(() => {
      entry.server.close();
      this.#byId.delete(entry.id);
      this.#byServer.delete(entry.server);
    }, RETIRE_MS);
  }
}
