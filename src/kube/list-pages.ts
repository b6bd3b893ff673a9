import type * as k8s from '@kubernetes/client-node';
import { z } from 'zod';
import { statusCodeOf } from './api-error.ts';
import { getJson, type Query, type Representation } from './raw-get.ts';

/** Objects a request; one answer of 10,000 objects would take 370 MB while it is parsed. */
const PAGE_SIZE = 500;

const pageSchema = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullable(),
});

export interface Listed<T> {
  readonly objects: readonly T[];
  /** Where a watch begins that misses nothing. */
  readonly resourceVersion: string;
}

/** What to read, and how. */
export interface ListRequest<T> {
  readonly path: string;
  readonly query: Query;
  readonly as?: Representation | undefined;
  /** Makes an object of what the server sent; undefined leaves it out. Called for a page before the next is asked for. */
  readonly parse: (raw: unknown) => T | undefined;
}

/**
 * Reads a whole collection, page by page, and keeps nothing of a page but what `parse` makes of it: most of an object is `managedFields`.
 * When it takes so long that the server forgets where it was (410), reads it in one go.
 */
export async function listAll<T>(
  config: k8s.KubeConfig,
  { path, query, as, parse }: ListRequest<T>,
  signal?: AbortSignal,
): Promise<Listed<T>> {
  const objects: T[] = [];
  let continueToken: string | undefined;
  for (;;) {
    let page: z.infer<typeof pageSchema>;
    try {
      page = pageSchema.parse(await getJson(config, path, { ...query, limit: PAGE_SIZE, continue: continueToken }, { signal, as }));
    } catch (error) {
      if (continueToken === undefined || statusCodeOf(error) !== 410) throw error;
      page = pageSchema.parse(await getJson(config, path, query, { signal, as }));
      objects.length = 0;
    }
    for (const raw of page.items ?? []) {
      const object = parse(raw);
      if (object !== undefined) objects.push(object);
    }
    continueToken = page.metadata.continue;
    if (continueToken === undefined || continueToken === '') return { objects, resourceVersion: page.metadata.resourceVersion };
  }
}
