import { z } from 'zod';
import type { ApiServer } from './api-server.ts';

const list = z.object({
  items: z.array(
    z.looseObject({
      type: z.string(),
      reason: z.string(),
      note: z.string().default(''),
      regarding: z.object({ kind: z.string(), name: z.string() }),
      series: z.object({ count: z.number() }).optional(),
    }),
  ),
});

/** An event as `kubectl describe` shows it. */
export interface SeenEvent {
  readonly type: string;
  readonly reason: string;
  readonly note: string;
  readonly about: string;
  /** How often it was recorded. */
  readonly count: number;
}

/** All events of a namespace. The operator hands them over a moment after the status. */
export async function eventsIn(api: ApiServer, namespace: string): Promise<readonly SeenEvent[]> {
  const { items } = list.parse(await api.get(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`));
  return items.map(({ type, reason, note, regarding, series }) => ({
    type,
    reason,
    note,
    about: `${regarding.kind}/${regarding.name}`,
    count: series?.count ?? 1,
  }));
}
