import type { AuthentikConnectionSpec } from '../api/v1alpha1/authentik-connection.ts';
import type { Session } from '../authentik/session.ts';
import { formatKey, type ManagedObject, type ObjectKey } from '../runtime/object.ts';
import type { Server, ServerSettings } from './server.ts';
import type { Servers } from './servers.ts';

/** A connection's way to its server, and what the connection was when it was found. */
export interface OpenSession {
  readonly session: Session;
  readonly server: Server;
  /** As it was last seen: what it allows is asked of it even when it is gone. */
  readonly connection: ManagedObject<AuthentikConnectionSpec>;
  /** The objects that it was allowed to, by uid. Once it is gone, nobody else may use it. */
  readonly users: ReadonlySet<string>;
}

interface Entry extends OpenSession {
  readonly users: Set<string>;
}

/**
 * The sessions in use, by connection. The last good one is kept even when the connection's Secret or the connection itself is gone, as long
 * as there is an object that used it and may still have to be undone.
 */
export class Sessions {
  readonly #servers: Servers;
  readonly #byConnection = new Map<string, Entry>();
  /** Connections that were looked at, with whatever result. */
  readonly #judged = new Set<string>();
  /** Connections that are gone. */
  readonly #gone = new Set<string>();

  constructor(servers: Servers) {
    this.#servers = servers;
  }

  get(connection: ObjectKey): OpenSession | undefined {
    return this.#byConnection.get(formatKey(connection));
  }

  set(key: ObjectKey, entry: Omit<OpenSession, 'users'>, settings: ServerSettings): OpenSession {
    const id = formatKey(key);
    const before = this.#byConnection.get(id);
    const opened = { ...entry, users: before?.users ?? new Set<string>() };
    this.#byConnection.set(id, opened);
    this.#gone.delete(id);
    this.#servers.claim(entry.server, id, settings);
    if (before !== undefined && before.server !== entry.server) this.#servers.release(before.server, id);
    return opened;
  }

  /** The object has been found to be allowed. */
  use(connection: ObjectKey, object: ManagedObject): void {
    this.#byConnection.get(formatKey(connection))?.users.add(object.metadata.uid);
  }

  /** The connection has been looked at, and its status says what came of it. */
  judged(connection: ObjectKey): void {
    this.#judged.add(formatKey(connection));
  }

  /** Whether nobody knows yet what becomes of the connection. */
  isPending(connection: ObjectKey): boolean {
    return !this.#judged.has(formatKey(connection));
  }

  /** An object is gone: once the last one that used a connection that is gone has, nothing of that is kept. */
  objectGone(key: ObjectKey, uid: string): void {
    const id = formatKey(key);
    if (key.kind === 'AuthentikConnection') {
      this.#judged.delete(id);
      if (this.#byConnection.has(id)) this.#gone.add(id);
    } else {
      for (const { users } of this.#byConnection.values()) users.delete(uid);
    }
    for (const gone of this.#gone) {
      const entry = this.#byConnection.get(gone);
      if (entry === undefined || entry.users.size > 0) continue;
      this.#gone.delete(gone);
      this.#byConnection.delete(gone);
      this.#servers.release(entry.server, gone);
    }
  }

  close(): void {
    this.#servers.close();
    this.#byConnection.clear();
  }
}
