import { z } from 'zod';
import { primaryKey } from './api-object.ts';
import { AuthentikError } from './errors.ts';
import type { Query } from './path.ts';

/** The largest page that Authentik gives since 2025.12; asking for more is capped without a word. */
export const PAGE_SIZE = 100;
/** Many times what any Authentik has been seen to hold. Whoever has more is no Authentik, or must be asked otherwise. */
const MAX_ROWS = 100_000;
const ATTEMPTS = 3;

/** One page. `next` is a page number, 0 after the last one. */
const Page = z.looseObject({
  pagination: z.looseObject({ next: z.number(), count: z.number() }),
  results: z.array(z.unknown()),
});

type Page = z.infer<typeof Page>;

/** Asks for one page. */
type Read = (page: Query) => Promise<unknown>;

/**
 * Reads a list to its end, and hands each row to `take` as its page arrives; answers what `take` makes of them.
 *
 * Pages are cut by position, so that an object that is deleted meanwhile hides another one, which would then be taken for gone, whether or
 * not a third one is created and the count stays. So each page overlaps the one before it by at least a row: when that isn't the same row
 * any more, or when the rows aren't as many as the server counts, the list is read again. Ask for a fixed order: a server that sorts by
 * something that is equal in several rows may order these anew for every page.
 */
export async function readAllPages<T>(read: Read, what: string, take: (row: unknown) => T): Promise<readonly T[]> {
  let size = PAGE_SIZE;
  for (let attempt = 0; attempt < ATTEMPTS;) {
    const result = await readOnce(read, what, take, size);
    if (result.kind === 'read') return result.rows;
    if (result.size === size) attempt += 1;
    size = result.size;
  }
  throw new AuthentikError('Unreachable', `The list at ${what} kept changing while it was read.`);
}

type Result<T> = { readonly kind: 'read'; readonly rows: readonly T[] } | { readonly kind: 'again'; readonly size: number };

async function readOnce<T>(read: Read, what: string, take: (row: unknown) => T, largest: number): Promise<Result<T>> {
  const rows: T[] = [];
  const keys = new Set<string>();
  const again: Result<T> = { kind: 'again', size: largest };
  let last = '';
  for (;;) {
    const cut = nextCut(rows.length, largest);
    const body = await readPage(read, cut);
    if (body === GONE) return again;
    const { pagination, results } = parsePage(body, what);
    if (pagination.next !== 0 && pagination.next <= cut.page) throw notAList(what);
    refuseEndless(pagination.count, what);
    // It gives smaller pages than asked for, which are cut elsewhere.
    if (pagination.next !== 0 && results.length < cut.size) return results.length === 0 ? again : { kind: 'again', size: results.length };
    if (cut.overlap > 0 && keyOf(results[cut.overlap - 1]) !== last) return again;
    for (const row of results.slice(cut.overlap)) {
      rows.push(take(row));
      last = keyOf(row);
      keys.add(last);
    }
    if (pagination.next !== 0 && rows.length < pagination.count) continue;
    return rows.length === pagination.count && keys.size === rows.length ? { kind: 'read', rows } : again;
  }
}

interface Cut {
  readonly page: number;
  readonly size: number;
  /** How many of its rows have been read before. */
  readonly overlap: number;
}

/** The page that begins at the last row that was read, or not long before it, and brings most that is new. */
function nextCut(read: number, largest: number): Cut {
  if (read === 0) return { page: 1, size: largest, overlap: 0 };
  let best: Cut = { page: 1, size: largest, overlap: largest };
  for (let size = largest; size > largest / 2; size -= 1) {
    const overlap = ((read - 1) % size) + 1;
    if (size - overlap > best.size - best.overlap) best = { page: Math.floor((read - 1) / size) + 1, size, overlap };
  }
  // Pages of one row can't overlap and bring something new; no Authentik gives such.
  return best.overlap === best.size ? { page: read + 1, size: 1, overlap: 0 } : best;
}

const GONE = Symbol('the page is gone');

/** A later page that is not there any more says that the list shrank, and not that there is no such list. */
async function readPage(read: Read, { page, size }: Cut): Promise<unknown> {
  if (page === 1) return read({ page_size: size });
  try {
    return await read({ page_size: size, page });
  } catch (error) {
    if (error instanceof AuthentikError && error.notFound) return GONE;
    throw error;
  }
}

/** What tells rows apart: their primary key, or all of them where they have none (rights). */
function keyOf(row: unknown): string {
  return primaryKey(row) ?? JSON.stringify(row);
}

/** Throws `Unreachable` for anything but a page of a list. */
export function parsePage(body: unknown, what: string): Page {
  const page = Page.safeParse(body);
  if (!page.success) throw notAList(what);
  return page.data;
}

function refuseEndless(count: number, what: string): void {
  if (count <= MAX_ROWS) return;
  throw new AuthentikError(
    'TooMuchData',
    `${what} says that it holds ${count} objects; the operator reads at most ${MAX_ROWS}: check url.`,
  );
}

function notAList(what: string): AuthentikError {
  return new AuthentikError('Unreachable', `${what} did not answer with a list as Authentik's API does: check url.`);
}
