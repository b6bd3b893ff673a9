import { z } from 'zod';
import { AuthentikError } from './errors.ts';
import type { Query } from './path.ts';

/** The largest page that Authentik gives since 2025.12; asking for more is capped without a word. */
export const PAGE_SIZE = 100;
const ATTEMPTS = 3;

/** One page. `next` is a page number, 0 after the last one. */
export const Page = z.looseObject({
  pagination: z.looseObject({ next: z.number(), count: z.number() }),
  results: z.array(z.unknown()),
});

/**
 * Reads a list to its end. Pages are cut by position, so that an object deleted meanwhile hides another one, which would then be taken
 * for gone: a list that shrinks while it is read is read again.
 */
export async function readAllPages(read: (page: Query) => Promise<unknown>, what: string): Promise<readonly unknown[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const results = await readOnce(read, what);
    if (results !== undefined) return results;
  }
  throw new AuthentikError('Unreachable', `The list at ${what} kept changing while it was read.`);
}

/** Undefined when the list shrank. */
async function readOnce(read: (page: Query) => Promise<unknown>, what: string): Promise<readonly unknown[] | undefined> {
  const results: unknown[] = [];
  let count = 0;
  for (let page = 1; page !== 0;) {
    const body = await readPage(read, page);
    if (body === GONE) return undefined;
    const { pagination, results: more } = parsePage(body, what);
    if (pagination.count < count) return undefined;
    if (pagination.next !== 0 && pagination.next <= page) throw notAList(what);
    results.push(...more);
    count = pagination.count;
    page = pagination.next;
  }
  return results;
}

const GONE = Symbol('the page is gone');

/** A later page that is not there any more says that the list shrank, and not that there is no such list. */
async function readPage(read: (page: Query) => Promise<unknown>, page: number): Promise<unknown> {
  if (page === 1) return read({ page_size: PAGE_SIZE });
  try {
    return await read({ page_size: PAGE_SIZE, page });
  } catch (error) {
    if (error instanceof AuthentikError && error.notFound) return GONE;
    throw error;
  }
}

/** Throws `Unreachable` for anything but a page of a list. */
export function parsePage(body: unknown, what: string): z.infer<typeof Page> {
  const page = Page.safeParse(body);
  if (!page.success) throw notAList(what);
  return page.data;
}

function notAList(what: string): AuthentikError {
  return new AuthentikError('Unreachable', `${what} did not answer with a list as Authentik's API does: check url.`);
}
