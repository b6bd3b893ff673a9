import { createHash } from 'node:crypto';

const BASE = 'authentik-flow-operator';

/**
 * The Lease for whoever cares for these namespaces (none named: all of them). Operators of different namespaces don't compete; two of
 * the same namespaces do, whatever they are called. The chart names it after the release instead, which stays the same when the
 * namespaces change.
 */
export function leaseNameFor(namespaces: readonly string[]): string {
  if (namespaces.length === 0) return BASE;
  const set = [...new Set(namespaces)].sort().join(',');
  return `${BASE}-${createHash('sha256').update(set).digest('hex').slice(0, 10)}`;
}
