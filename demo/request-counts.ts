/** Requests to Authentik by the operator so far, from its metrics in the text format of Prometheus. A retried one counts each time. */
export function requestCounts(metrics: string): { readonly reads: number; readonly writes: number } {
  const samples = metrics.matchAll(/^afo_authentik_requests_total\{.*\bmethod="(?<method>\w+)".*\} (?<value>\d+)$/gm);
  let [reads, writes] = [0, 0];
  for (const { groups } of samples) {
    const value = Number(groups?.['value']);
    if (groups?.['method'] === 'GET') reads += value;
    else writes += value;
  }
  return { reads, writes };
}
