import type * as k8s from '@kubernetes/client-node';
import { z } from 'zod';
import { statusCodeOf } from './api-error.ts';
import { getJson, type Query } from './raw-get.ts';

/** Objects a request; one answer of 10,000 objects would take 370 MB while it is parsed. */
const PAGE_SIZE = 500;

const pageSchema = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullable(),
});

export interface Listed {
  readonly items: readonly unknown[];
  /** Where a watch begins that misses nothing. */
  readonly resourceVersion: string;
}

/** Reads a whole collection, page by page. When it takes so long that the server forgets where it was (410), reads it in one go. */
export async function listAll(config: k8s.KubeConfig, path: string, query: Query, signal?: AbortSignal): Promise<Listed> {
  const items: unknown[] = [];
  let continueToken: string | undefined;
  for (;;) {
    let page: z.infer<typeof pageSchema>;
    try {
      page = pageSchema.parse(await getJson(config, path, { ...query, limit: PAGE_SIZE, continue: continueToken }, signal));
    } catch (error) {
      if (continueToken === undefined || statusCodeOf(error) !== 410) throw error;
      page = pageSchema.parse(await getJson(config, path, query, signal));
      items.length = 0;
    }
    items.push(...(page.items ?? []));
    continueToken = page.metadata.continue;
    if (continueToken === undefined || continueToken === '') return { items, resourceVersion: page.metadata.resourceVersion };
  }
}
