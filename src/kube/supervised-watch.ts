import * as k8s from '@kubernetes/client-node';
import { z } from 'zod';
import type { Clock } from '../runtime/clock.ts';
import { statusCodeOf } from './api-error.ts';

/** How one watch request ended. */
export interface WatchEnd {
  /** What the connection or, in the stream, the server said; undefined when the server closed it in good order. */
  readonly error: unknown;
  /** Bookmarks and changes that arrived; not errors. */
  readonly events: number;
  readonly livedMs: number;
  /** The server said in the stream that our resourceVersion is too old (410). */
  readonly expired: boolean;
}

export interface WatchHooks {
  /** A change of an object. */
  changed(phase: 'ADDED' | 'MODIFIED' | 'DELETED', object: unknown): void;
  /** The stream is alive: a change came, or a bookmark. */
  alive(bookmark: boolean): void;
  /** A watch ended by itself. Returns whether the ListWatch is to hear of it and go on. */
  ended(end: WatchEnd): boolean;
}

/**
 * A watch on which nothing comes for this long is given up, in milliseconds. client-node's 30 s would end every quiet watch before the
 * bookmark that the API server sends each minute: its resourceVersion would never move on, and be too old (410) in the end.
 */
const SILENCE_MS = 90_000;

const versionSchema = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
const errorSchema = z.object({ code: z.number(), message: z.string().default('') });

/**
 * client-node's Watch, made safe to leave alone:
 * - asks for bookmarks and waits for them, so that quiet kinds keep a fresh resourceVersion, and for a random end between 290 and
 *   590 s, so that many watches don't end together;
 * - hands changes to {@link WatchHooks} and only the resourceVersion to the ListWatch, which then caches nothing;
 * - says nothing more once closed. client-node 2.0.1 reports its own stop as an error, and opens a watch that was stopped while
 *   its list was under way;
 * - never rejects: nobody would catch it.
 */
export class SupervisedWatch extends k8s.Watch {
  readonly #hooks: WatchHooks;
  readonly #clock: Clock;
  readonly #random: () => number;
  #request: AbortController | undefined;
  #closed = false;

  constructor(config: k8s.KubeConfig, hooks: WatchHooks, clock: Clock, random: () => number) {
    super(config);
    // Private in client-node 2.0.1, and without another way in; a test notices when it is renamed.
    Object.assign(this, { requestTimeoutMs: SILENCE_MS });
    this.#hooks = hooks;
    this.#clock = clock;
    this.#random = random;
  }

  /** Ends the watch for good and without a word. */
  close(): void {
    this.#closed = true;
    this.#request?.abort();
  }

  override async watch(
    path: string,
    query: Record<string, string | number | boolean | undefined>,
    callback: (phase: string, object: unknown) => void,
    done: (error: unknown) => void,
  ): Promise<AbortController> {
    if (this.#closed) return aborted();
    const openedAt = this.#clock.now();
    let events = 0;
    let expired = false;
    let streamError: Error | undefined;
    let ended = false;
    const end = (connectionError: unknown) => {
      if (ended || this.#closed) return;
      ended = true;
      const error = refused(connectionError, path) ?? streamError;
      if (this.#hooks.ended({ error, events, livedMs: this.#clock.now() - openedAt, expired })) done(error);
    };
    const event = (phase: string, object: unknown) => {
      if (ended || this.#closed) return;
      if (phase === 'ERROR') {
        const { code, message } = errorSchema.safeParse(object).data ?? { code: 0, message: 'an error without a code' };
        expired ||= code === 410;
        // The ListWatch knows only 410, and would end up in a tight circle with anything else.
        if (expired) callback(phase, { code });
        else streamError = new Error(`the watch failed with ${code}: ${message}`);
        return;
      }
      events += 1;
      this.#hooks.alive(phase === 'BOOKMARK');
      if (phase === 'ADDED' || phase === 'MODIFIED' || phase === 'DELETED') this.#hooks.changed(phase, object);
      const version = versionSchema.safeParse(object);
      if (version.success) callback('BOOKMARK', version.data);
    };
    const timeoutSeconds = 290 + Math.floor(this.#random() * 300);
    try {
      const request = await super.watch(path, { ...query, allowWatchBookmarks: true, timeoutSeconds }, event, end);
      this.#request = request;
      // close() may have come while the request was being made.
      if (this.#isClosed()) request.abort();
      return request;
    } catch (error) {
      end(error);
      return aborted();
    }
  }

  #isClosed(): boolean {
    return this.#closed;
  }
}

/** client-node says "Forbidden" and no more; whoever grants rights needs to know which. */
function refused(error: unknown, path: string): unknown {
  if (statusCodeOf(error) !== 403) return error;
  const resource = path.slice(path.lastIndexOf('/') + 1);
  const message = `the operator cannot watch resource "${resource}" (${path}): give its ServiceAccount the right to watch it`;
  return Object.assign(new Error(message), { statusCode: 403 });
}

function aborted(): AbortController {
  const controller = new AbortController();
  controller.abort();
  return controller;
}
