import type { Json } from './json.ts';

/** One request that reached the stand-in. */
export interface RequestLog {
  method: string;
  /** Whole path, with `/api/v3`, without the query. */
  path: string;
  query: string;
  /** Path template of the official schema, below `/api/v3`; null for a path that isn't in it. */
  template: string | null;
  /** Null while it's being answered, and when the connection was cut. */
  status: number | null;
  body: Json | undefined;
  at: Date;
}

export interface Counts {
  /** GET on the API, without the flow executor. */
  reads: number;
  /** Everything else on the API, without the flow executor. */
  writes: number;
  /** Requests to the flow executor, whoever sent them. */
  executor: number;
}

export function count(log: readonly RequestLog[]): Counts {
  const counts = { reads: 0, writes: 0, executor: 0 };
  for (const { method, path } of log) {
    if (!path.startsWith('/api/v3/')) continue;
    if (path.startsWith('/api/v3/flows/executor/')) counts.executor += 1;
    else if (method === 'GET' || method === 'HEAD') counts.reads += 1;
    else counts.writes += 1;
  }
  return counts;
}
