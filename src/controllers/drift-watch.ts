import { intervalOf, type AuthentikConnectionSpec } from '../api/v1alpha1/authentik-connection.ts';
import { DriftFeed, type DriftChange } from '../authentik/drift-feed.ts';
import type { Session } from '../authentik/session.ts';
import type { Clock } from '../runtime/clock.ts';
import { toOperatorError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { keyOf, formatKey, type ManagedObject, type ObjectKey } from '../runtime/object.ts';
import type { ObjectStore } from '../runtime/store.ts';
import type { Sessions } from './sessions.ts';

/** Without the permission for the audit log it is asked for again only now and then, in milliseconds. */
const DENIED_PAUSE_MS = 10 * 60_000;
/** A full comparison of all connections at the same moment would be a burst; each comes up to a tenth earlier. */
const JITTER = 0.1;

/** What the watch works with. */
export interface DriftWatchParts {
  readonly store: Pick<ObjectStore, 'list' | 'get'>;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly log: Logger;
  /** Looks again at everybody who is indexed under a topic. */
  readonly wake: (topic: string) => void;
  /** Looks again at everything that uses a connection, and at the connection. */
  readonly resync: (connection: ObjectKey) => void;
  readonly random?: () => number;
}

/** The topic under which whoever manages an object in Authentik is indexed. */
export function uuidTopic(url: string | undefined, uuid: string): string {
  return `uuid:${url ?? ''}|${uuid}`;
}

/** The topic of objects that wait for something to appear in Authentik by itself, or whose bindings may have been added to. */
export function modelTopic(url: string | undefined, model: 'any' | 'binding' | 'changed'): string {
  return `model:${url ?? ''}|${model}`;
}

interface Watched {
  readonly feed: DriftFeed;
  readonly session: Session;
}

/**
 * Notices what others change in Authentik: between full comparisons one request per connection and interval to the audit log, and
 * only what changed there is looked at. Without the permission for that, the full comparison at its interval finds it.
 */
export class DriftWatch {
  readonly #parts: DriftWatchParts;
  readonly #feeds = new Map<string, Watched>();
  readonly #timers = new Map<string, () => void>();
  #stopped = false;

  constructor(parts: DriftWatchParts) {
    this.#parts = parts;
    parts.sessions.onOpen((connection) => this.#opened(connection));
  }

  /** Begins to watch a connection, with its present intervals; call it again when these change. */
  watch(connection: ManagedObject<AuthentikConnectionSpec>): void {
    const key = keyOf(connection);
    this.forget(key);
    const resyncMs = intervalOf(connection.spec, 'resyncInterval');
    const pollMs = intervalOf(connection.spec, 'driftPollInterval');
    if (resyncMs > 0) this.#every(`resync ${formatKey(key)}`, this.#jittered(resyncMs), () => this.#resync(key));
    if (pollMs > 0) this.#pollNow(key, pollMs);
  }

  forget(key: ObjectKey): void {
    for (const purpose of ['resync', 'poll']) {
      this.#timers.get(`${purpose} ${formatKey(key)}`)?.();
      this.#timers.delete(`${purpose} ${formatKey(key)}`);
    }
    this.#feeds.delete(formatKey(key));
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  /** At once, to know where the log ends before anybody can change what is about to be read. */
  #pollNow(key: ObjectKey, pollMs: number): void {
    const id = `poll ${formatKey(key)}`;
    this.#timers.get(id)?.();
    this.#every(id, 0, async () => this.#poll(key, pollMs));
  }

  #opened(key: ObjectKey): void {
    const spec = (this.#parts.store.get(key)?.spec ?? {}) as Partial<AuthentikConnectionSpec>;
    if (this.#timers.has(`poll ${formatKey(key)}`)) this.#pollNow(key, intervalOf(spec, 'driftPollInterval'));
  }

  #every(id: string, ms: number, run: () => Promise<number> | number): void {
    if (this.#stopped) return;
    const cancel = this.#parts.clock.setTimeout(() => {
      void Promise.resolve(run()).then((next) => {
        // Whoever forgot or replaced it meanwhile has another turn under way, or wants none.
        if (this.#timers.get(id) === cancel) this.#every(id, next, run);
      });
    }, ms);
    this.#timers.set(id, cancel);
  }

  #resync(key: ObjectKey): number {
    this.#parts.sessions.get(key)?.session.cache.invalidate();
    this.#parts.resync(key);
    const spec = (this.#parts.store.get(key)?.spec ?? {}) as Partial<AuthentikConnectionSpec>;
    return this.#jittered(intervalOf(spec, 'resyncInterval'));
  }

  /** Answers when to ask next. Trouble here is no trouble of the objects: the next poll goes on where the last good one ended. */
  async #poll(key: ObjectKey, pollMs: number): Promise<number> {
    const session = this.#parts.sessions.get(key)?.session;
    if (session === undefined) return pollMs;
    try {
      const { changes, complete } = await this.#feedOf(key, session).poll();
      if (complete) this.#react(session, changes);
      else this.#resync(key);
      return pollMs;
    } catch (thrown) {
      const error = toOperatorError(thrown);
      this.#parts.log.debug({ connection: formatKey(key), reason: error.reason, detail: error.message }, 'the audit log could not be read');
      return error.reason === 'PermissionDenied' ? Math.max(pollMs, DENIED_PAUSE_MS) : pollMs;
    }
  }

  #feedOf(key: ObjectKey, session: Session): DriftFeed {
    const known = this.#feeds.get(formatKey(key));
    if (known?.session.client === session.client) return known.feed;
    const feed = new DriftFeed(session.client);
    this.#feeds.set(formatKey(key), { feed, session });
    // A new feed reports nothing of what happened since the old one's last poll.
    if (known !== undefined) this.#resync(key);
    return feed;
  }

  #react(session: Session, changes: readonly DriftChange[]): void {
    if (changes.length === 0) return;
    session.cache.invalidate();
    for (const change of changes) this.#parts.wake(uuidTopic(session.url, change.pk));
    this.#parts.wake(modelTopic(session.url, 'changed'));
    if (changes.some((change) => change.action === 'model_created')) this.#parts.wake(modelTopic(session.url, 'any'));
    if (changes.some((change) => change.model.endsWith('binding'))) this.#parts.wake(modelTopic(session.url, 'binding'));
  }

  #jittered(ms: number): number {
    return ms * (1 - JITTER * (this.#parts.random ?? Math.random)());
  }
}
