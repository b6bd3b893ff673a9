import type { Session } from '../authentik/session.ts';
import { formatKey, type ObjectKey } from '../runtime/object.ts';

/** How long requests that are under way may use a client after it was replaced, in milliseconds. */
const RETIRE_MS = 60_000;

/** A session, and what it was made from. */
export interface SessionEntry {
  readonly session: Session;
  /** Changes when the session must be made anew: URL, token, certificates, limits. Holds no secret. */
  readonly fingerprint: string;
}

/**
 * The sessions in use, by connection. The last good one is kept even when the connection's Secret or the connection itself is
 * gone, since what hangs on it may still have to be cleaned up.
 */
export class Sessions {
  readonly #byConnection = new Map<string, SessionEntry>();

  #opened: ((connection: ObjectKey) => void) | undefined;

  /** Tells when a connection reaches its server with other credentials than before, or for the first time. One listener only. */
  onOpen(listener: (connection: ObjectKey) => void): void {
    this.#opened = listener;
  }

  get(connection: ObjectKey): SessionEntry | undefined {
    return this.#byConnection.get(formatKey(connection));
  }

  set(connection: ObjectKey, entry: SessionEntry): void {
    const before = this.#byConnection.get(formatKey(connection));
    this.#byConnection.set(formatKey(connection), entry);
    if (before?.session.client !== entry.session.client) this.#opened?.(connection);
    if (before !== undefined && before.session.client !== entry.session.client)
      setTimeout(() => before.session.client.close(), RETIRE_MS).unref();
  }

  close(): void {
    for (const { session } of this.#byConnection.values()) session.client.close();
    this.#byConnection.clear();
  }
}
