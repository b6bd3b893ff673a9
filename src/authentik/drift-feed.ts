import { z } from 'zod';
import type { AuthentikClient } from './client.ts';
import { parsePage, PAGE_SIZE } from './pages.ts';

/** One object that somebody changed, as Authentik's audit log names it. */
export interface DriftChange {
  /** Django's app label, such as `authentik_stages_email`. */
  readonly app: string;
  /** Django's model name, such as `emailstage`. */
  readonly model: string;
  /** As the API writes it: UUIDs with dashes. */
  readonly pk: string;
  readonly action: 'model_created' | 'model_updated' | 'model_deleted';
  /** Who did it; `''` when it was nobody in particular, such as a blueprint. */
  readonly username: string;
}

/** What happened since the last poll. */
export interface DriftReport {
  /** Newest first. An object may appear more than once. */
  readonly changes: readonly DriftChange[];
  /** False when more happened than one request shows: compare everything. */
  readonly complete: boolean;
}

const PATH = '/events/events/';
const ACTIONS = ['model_updated', 'model_created', 'model_deleted'] as const;
/** An event is dated when it is made and visible when its transaction ends, so that a newer one may be visible before it. */
const OVERLAP_MS = 60_000;

const Event = z.looseObject({
  pk: z.string(),
  action: z.enum(ACTIONS),
  created: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
  user: z.looseObject({ username: z.string().optional() }).nullish(),
  context: z.looseObject({
    model: z.looseObject({ app: z.string(), model_name: z.string(), pk: z.union([z.string(), z.number()]) }),
  }),
});

type Event = z.infer<typeof Event>;

/**
 * Follows the audit log of one Authentik with exactly one request per poll. Needs the permission `authentik_events.view_event`; without
 * it {@link poll} throws `PermissionDenied`, and the caller does without. A failed poll loses nothing: the next one goes on where the
 * last good one ended.
 */
export class DriftFeed {
  readonly #client: Pick<AuthentikClient, 'base' | 'get'>;
  /** Events dated before this are never reported: they happened before we looked. */
  #since: number | undefined;
  /** When the newest event was made that we know of. */
  #newest = 0;
  /** Events in the overlap that were reported or were there before we looked: by pk, when they were made. */
  readonly #seen = new Map<string, number>();

  constructor(client: Pick<AuthentikClient, 'base' | 'get'>) {
    this.#client = client;
  }

  /**
   * What changed since the last call. The first call only notes where the log ends and reports nothing: make it before reading the objects
   * that are to be kept up to date.
   */
  async poll(): Promise<DriftReport> {
    const first = this.#since === undefined;
    const query = { actions: ACTIONS, ordering: '-created', page_size: first ? 1 : PAGE_SIZE };
    const page = parsePage(await this.#client.get(PATH, query), `${this.#client.base}/api/v3${PATH}`);
    const events = page.results.flatMap((result) => Event.safeParse(result).data ?? []);
    const newest = events[0]?.created ?? 0;
    if (this.#since === undefined) {
      this.#since = newest;
      this.#remember(events, newest);
      return { changes: [], complete: true };
    }
    const floor = Math.max(this.#since, this.#newest - OVERLAP_MS);
    const unseen = events.filter(({ created, pk }) => created >= floor && !this.#seen.has(pk));
    // Nothing on a page that goes on is as old as what we knew: what lies between is on a page that we didn't ask for.
    const complete = page.pagination.next === 0 || events.some(({ created, pk }) => created < this.#newest || this.#seen.has(pk));
    this.#remember(unseen, newest);
    return { changes: unseen.map(toChange), complete };
  }

  #remember(events: readonly Event[], newest: number): void {
    for (const { pk, created } of events) this.#seen.set(pk, created);
    this.#newest = Math.max(this.#newest, newest);
    for (const [pk, created] of this.#seen) if (created < this.#newest - OVERLAP_MS) this.#seen.delete(pk);
  }
}

function toChange({ action, user, context: { model } }: Event): DriftChange {
  return { app: model.app, model: model.model_name, pk: withDashes(String(model.pk)), action, username: user?.username ?? '' };
}

/** The audit log writes UUIDs as 32 hexadecimal digits. */
function withDashes(pk: string): string {
  return pk.replace(/^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/i, '$1-$2-$3-$4-$5');
}
