import { z } from 'zod';
import type { Clock } from '../runtime/clock.ts';
import { OperatorError } from '../runtime/errors.ts';
import type { AuthentikClient } from './client.ts';

/** An object as Authentik's API returns it. Numeric keys (of users) appear as text. */
export type ApiObject = Record<string, unknown> & { readonly pk: string };

const ApiObjectSchema = z.looseObject({ pk: z.union([z.string(), z.number().transform(String)]) });

/** One listing under way, and what was written meanwhile. */
interface Fetch {
  readonly result: Promise<readonly ApiObject[]>;
  /** By pk; undefined stands for removed. */
  readonly writes: Map<string, ApiObject | undefined>;
}

interface Held {
  readonly objects: readonly ApiObject[];
  readonly fetchedAt: number;
}

/**
 * Whole lists of objects by API path, so that reconciling many objects costs one list per kind instead of one request per object.
 *
 * Callers at the same time share one request. Writes go through: {@link upsert} and {@link remove} change what is held, and win over a list
 * that was asked for before them, whenever that arrives. A failed list is not remembered.
 */
export class ListCache {
  readonly #client: Pick<AuthentikClient, 'list'>;
  readonly #ttlMs: number;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #held = new Map<string, Held>();
  /** The listing that new callers join. */
  readonly #current = new Map<string, Fetch>();
  /** Every listing under way, also those that were invalidated: their callers must see later writes too. */
  readonly #underWay = new Map<string, Set<Fetch>>();

  constructor(client: Pick<AuthentikClient, 'list'>, options: { readonly ttlMs: number; readonly clock: Pick<Clock, 'now'> }) {
    this.#client = client;
    this.#ttlMs = options.ttlMs;
    this.#clock = options.clock;
  }

  /** All objects below `path`, at most `ttlMs` old. Never changes after it was returned. Throws what the client throws. */
  async list(path: string): Promise<readonly ApiObject[]> {
    const held = this.#held.get(path);
    if (held !== undefined && this.#clock.now() - held.fetchedAt < this.#ttlMs) return held.objects;
    return (this.#current.get(path) ?? this.#startFetch(path)).result;
  }

  /** As {@link list}, but as old as may be: for what isn't worth a request of its own. What was invalidated is asked for all the same. */
  async lately(path: string): Promise<readonly ApiObject[]> {
    return this.#held.get(path)?.objects ?? this.list(path);
  }

  /** The first object below `path` that `predicate` accepts. */
  async find(path: string, predicate: (object: ApiObject) => boolean): Promise<ApiObject | undefined> {
    return (await this.list(path)).find(predicate);
  }

  /** Notes what a create or an update returned. */
  upsert(path: string, object: ApiObject): void {
    this.#write(path, object.pk, object);
  }

  /** Notes that an object was deleted. */
  remove(path: string, pk: string): void {
    this.#write(path, pk, undefined);
  }

  /** Forgets `path`, or everything. A list asked for from now on is fetched anew even while an older one is under way. */
  invalidate(path?: string): void {
    if (path === undefined) {
      this.#held.clear();
      this.#current.clear();
    } else {
      this.#held.delete(path);
      this.#current.delete(path);
    }
  }

  #startFetch(path: string): Fetch {
    const writes: Fetch['writes'] = new Map();
    const startedAt = this.#clock.now();
    const fetch: Fetch = {
      writes,
      result: this.#client
        .list(path)
        .then((results) => {
          const objects = merge(parseObjects(path, results), writes);
          // Invalidated meanwhile: good enough for those who waited, but not to be kept.
          if (this.#current.get(path) === fetch) this.#held.set(path, { objects, fetchedAt: startedAt });
          return objects;
        })
        .finally(() => {
          if (this.#current.get(path) === fetch) this.#current.delete(path);
          const others = this.#underWay.get(path);
          others?.delete(fetch);
          if (others?.size === 0) this.#underWay.delete(path);
        }),
    };
    this.#current.set(path, fetch);
    this.#underWay.set(path, (this.#underWay.get(path) ?? new Set()).add(fetch));
    return fetch;
  }

  #write(path: string, pk: string, object: ApiObject | undefined): void {
    for (const fetch of this.#underWay.get(path) ?? []) fetch.writes.set(pk, object);
    const held = this.#held.get(path);
    if (held !== undefined) this.#held.set(path, { ...held, objects: merge(held.objects, new Map([[pk, object]])) });
  }
}

function parseObjects(path: string, results: readonly unknown[]): readonly ApiObject[] {
  const parsed = z.array(ApiObjectSchema).safeParse(results);
  if (!parsed.success) throw new OperatorError('InternalError', `The list at ${path} holds something without a pk.`);
  return parsed.data;
}

/** The objects by pk with `writes` applied: a replaced object keeps its place, a new one comes last. */
function merge(objects: readonly ApiObject[], writes: Fetch['writes']): readonly ApiObject[] {
  const merged = new Map(objects.map((object) => [object.pk, object]));
  for (const [pk, object] of writes) {
    if (object === undefined) merged.delete(pk);
    else merged.set(pk, object);
  }
  return [...merged.values()];
}
