import { z } from 'zod';
import type { AuthentikClient } from './client.ts';
import { parsePage, PAGE_SIZE } from './pages.ts';

/** One object that somebody changed, as Authentik's audit log names it. */
export interface DriftChange {
  /** Django's `app_label.model`, such as `authentik_stages_email.emailstage`. */
  readonly model: string;
  /** As the API writes it: UUIDs with dashes. */
  readonly pk: string;
  readonly action: 'model_created' | 'model_updated' | 'model_deleted';
  /** Of the request that did it: the same that its answer carried as `X-authentik-id`. */
  readonly requestID: string | undefined;
}

/** What happened since the last poll. */
export interface DriftReport {
  /** Newest first. An object may appear more than once. */
  readonly changes: readonly DriftChange[];
  /** False when more happened than we are willing to read: compare everything. */
  readonly complete: boolean;
}

const PATH = '/events/events/';
const ACTIONS = ['model_updated', 'model_created', 'model_deleted'] as const;
/** An event is dated when it is made and visible when its transaction ends, so that a newer one may be visible before it. */
const OVERLAP_MS = 60_000;
/** So many pages of what others did are read at most to reach what was known before. */
const MAX_PAGES = 10;

const Event = z.looseObject({
  pk: z.string(),
  created: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
});

const Details = z.looseObject({
  action: z.enum(ACTIONS),
  context: z.looseObject({
    model: z.looseObject({ app: z.string(), model_name: z.string(), pk: z.union([z.string(), z.number()]) }),
    http_request: z.looseObject({ request_id: z.string().optional() }).optional(),
  }),
});

type Event = z.infer<typeof Event>;

/**
 * Follows the audit log of one Authentik, with one request per poll as long as no more than a page has happened. Needs the permission
 * `authentik_events.view_event`; without it {@link poll} throws `PermissionDenied`, and the caller does without. A failed poll loses
 * nothing: the next one goes on where the last good one ended.
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
   * that are to be kept up to date. `own` is how many entries are of our own making: they make the log longer, and are no reason to give up.
   */
  async poll(own = 0): Promise<DriftReport> {
    const maxPages = MAX_PAGES + Math.ceil(own / PAGE_SIZE);
    const first = this.#since === undefined;
    const floor = first ? Infinity : Math.max(this.#since ?? 0, this.#newest - OVERLAP_MS);
    const unseen = new Map<string, Event>();
    let complete = first;
    for (let page = 1; page <= maxPages; page += 1) {
      const { events, last } = await this.#page(page);
      for (const event of events) if ((first || event.created >= floor) && !this.#seen.has(event.pk)) unseen.set(event.pk, event);
      // Whatever is as old as what we knew says that nothing lies between.
      if (first || last || events.some(({ created, pk }) => created < this.#newest || this.#seen.has(pk))) {
        complete = true;
        break;
      }
    }
    const events = [...unseen.values()];
    const newest = events.reduce((latest, { created }) => Math.max(latest, created), this.#newest);
    // What was made a moment before we looked, and becomes visible after it, counts.
    this.#since ??= newest - OVERLAP_MS;
    this.#remember(events, newest);
    return { changes: first ? [] : events.flatMap((event) => toChange(event) ?? []), complete };
  }

  async #page(page: number): Promise<{ readonly events: readonly Event[]; readonly last: boolean }> {
    const query = { actions: ACTIONS, ordering: '-created', page_size: PAGE_SIZE, ...(page === 1 ? {} : { page }) };
    const { pagination, results } = parsePage(await this.#client.get(PATH, query), `${this.#client.base}/api/v3${PATH}`);
    return { events: results.flatMap((result) => Event.safeParse(result).data ?? []), last: pagination.next === 0 };
  }

  #remember(events: readonly Event[], newest: number): void {
    for (const { pk, created } of events) this.#seen.set(pk, created);
    this.#newest = Math.max(this.#newest, newest);
    for (const [pk, created] of this.#seen) if (created < this.#newest - OVERLAP_MS) this.#seen.delete(pk);
  }
}

/** Undefined for what we don't understand: it is about nothing that we look at. */
function toChange(event: Event): DriftChange | undefined {
  const details = Details.safeParse(event);
  if (!details.success) return undefined;
  const { action, context } = details.data;
  return {
    model: `${context.model.app}.${context.model.model_name}`,
    pk: withDashes(String(context.model.pk)),
    action,
    requestID: context.http_request?.request_id,
  };
}

/** The audit log writes UUIDs as 32 hexadecimal digits. */
function withDashes(pk: string): string {
  return pk.replace(/^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/i, '$1-$2-$3-$4-$5');
}
