/** How often each was asked of Authentik. */
export interface RequestCounts {
  readonly reads: number;
  readonly writes: number;
  /** Pages that the operator opened as a visitor without an account, to see whether sign-up works. */
  readonly visits: number;
}

const SAMPLE = /^afo_authentik_requests_total\{.*\bmethod="(?<method>\w+)".*\bpath="(?<path>[^"]*)".*\} (?<value>\d+)$/gm;
const VISITED = /^\/(?:api\/v3\/)?(?:flows\/executor|if\/flow|application)\//;

/** Requests to Authentik by the operator so far, from its metrics in the text format of Prometheus. A retried one counts each time. */
export function requestCounts(metrics: string): RequestCounts {
  const counts = { reads: 0, writes: 0, visits: 0 };
  for (const { groups } of metrics.matchAll(SAMPLE)) {
    const kind = VISITED.test(groups?.['path'] ?? '') ? 'visits' : groups?.['method'] === 'GET' ? 'reads' : 'writes';
    counts[kind] += Number(groups?.['value']);
  }
  return counts;
}
