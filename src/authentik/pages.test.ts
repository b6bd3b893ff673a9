import fc from 'fast-check';
import { AuthentikError } from './errors.ts';
import { readAllPages } from './pages.ts';

/** A list that is cut into pages as Authentik does, sorted by key, and that others change between requests. */
class PagedList {
  readonly keys: string[];
  readonly requests: unknown[] = [];
  /** What happens before the n-th request. */
  readonly meanwhile = new Map<number, (keys: string[]) => void>();
  maxPageSize = 100;

  constructor(count: number) {
    this.keys = Array.from({ length: count }, (_, index) => `key-${String(index).padStart(5, '0')}`);
  }

  readonly read = async (query: { readonly [name: string]: unknown }): Promise<unknown> => {
    this.requests.push(query);
    this.meanwhile.get(this.requests.length)?.(this.keys);
    this.keys.sort();
    const size = Math.min(Number(query['page_size']), this.maxPageSize);
    const page = Number(query['page'] ?? 1);
    if ((page - 1) * size >= Math.max(1, this.keys.length))
      return Promise.reject(new AuthentikError('ServerError', 'Invalid page.', { notFound: true }));
    const next = page * size < this.keys.length ? page + 1 : 0;
    const results = this.keys.slice((page - 1) * size, page * size).map((pk) => ({ pk }));
    return Promise.resolve({ pagination: { next, count: this.keys.length }, results });
  };
}

const keyOf = (row: unknown): string => (row as { pk: string }).pk;

describe('readAllPages', () => {
  it.each([
    { count: 0, requests: 1 },
    { count: 100, requests: 1 },
    { count: 101, requests: 2 },
    { count: 1000, requests: 11 },
    { count: 10_000, requests: 115 },
  ])('reads $count rows in $requests requests', async ({ count, requests }) => {
    const list = new PagedList(count);
    expect(await readAllPages(list.read, 'x', keyOf)).toEqual(list.keys);
    expect(list.requests.length).toBeLessThanOrEqual(requests);
  });

  it('copes with a server that gives smaller pages than asked for', async () => {
    const list = new PagedList(95);
    list.maxPageSize = 20;
    expect(await readAllPages(list.read, 'x', keyOf)).toEqual(list.keys);
  });

  it.each([
    { reason: 'one is deleted', change: (keys: string[]) => keys.splice(5, 1) },
    {
      reason: 'one is deleted and one is created, so that there are as many as before',
      change: (keys: string[]) => keys.splice(5, 1, 'zz-new'),
    },
    { reason: 'all but a few are deleted', change: (keys: string[]) => keys.splice(3) },
  ])('misses nothing that is there all the time, when between pages $reason', async ({ change }) => {
    const list = new PagedList(250);
    list.meanwhile.set(2, change);
    const rows = await readAllPages(list.read, 'x', keyOf);
    expect(rows).toEqual(list.keys);
  });

  it('never misses what is there all the time, whatever others do meanwhile', async () => {
    const deed = fc.record({ before: fc.integer({ min: 1, max: 12 }), remove: fc.nat(400), add: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 90, max: 420 }), fc.array(deed, { maxLength: 4 }), async (count, deeds) => {
        const list = new PagedList(count);
        const survivors = new Set(list.keys);
        for (const { before, remove, add } of deeds) {
          list.meanwhile.set(before, (keys) => {
            const [gone] = keys.splice(remove % Math.max(1, keys.length), 1);
            if (gone !== undefined) survivors.delete(gone);
            if (add) keys.push(`new-${before}-${remove}`);
          });
        }
        const read = await readAllPages(list.read, 'x', keyOf).catch((error: unknown) => error);
        // Or it says that the list kept changing.
        const rows = read instanceof AuthentikError ? survivors : new Set(read as readonly string[]);
        expect([...survivors].filter((key) => !rows.has(key))).toEqual([]);
      }),
    );
  });

  it('gives up on a list that changes all the time', async () => {
    const list = new PagedList(250);
    for (let request = 1; request < 100; request += 1) list.meanwhile.set(request, (keys) => void keys.shift());
    await expect(readAllPages(list.read, 'x', keyOf)).rejects.toMatchObject({ reason: 'Unreachable' });
  });

  it.each([
    { reason: 'an object that is no list', body: {}, failure: 'Unreachable' },
    { reason: 'pages that go in circles', body: { pagination: { next: 1, count: 1 }, results: [] }, failure: 'Unreachable' },
    {
      reason: 'more than any Authentik holds',
      body: { pagination: { next: 2, count: 1e9 }, results: [{ pk: '1' }] },
      failure: 'TooMuchData',
    },
    { reason: 'pages without rows and without an end', body: { pagination: { next: 9, count: 5 }, results: [] }, failure: 'Unreachable' },
  ])('refuses $reason', async ({ body, failure }) => {
    await expect(readAllPages(async () => Promise.resolve(body), 'x', keyOf)).rejects.toMatchObject({ reason: failure });
  });
});
