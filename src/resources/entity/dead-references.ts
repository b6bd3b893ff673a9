import type { Session } from '../../authentik/session.ts';
import type { Field } from '../../catalogue/field.ts';
import { targetOf } from '../../catalogue/references.ts';
import type { Body } from './desired.ts';

/**
 * Values that were on record, without references to what is gone by now: Authentik would refuse the whole body for one of them.
 * A single reference becomes null where it may, and is left alone where it may not; a set loses the member.
 */
export async function withoutDeadReferences(fields: readonly Field[], values: Body, session: Session): Promise<Body> {
  const alive = new Map<string, ReadonlySet<unknown>>();
  const result: Record<string, unknown> = {};
  for (const [api, value] of Object.entries(values)) {
    const field = fields.find((candidate) => candidate.api === api);
    if (field?.type !== 'reference' && field?.type !== 'referenceSet') {
      result[api] = value;
      continue;
    }
    const { path, numerous } = targetOf(field.to);
    if (numerous === true) {
      // Never listed; what is refused for them says so itself.
      result[api] = value;
      continue;
    }
    const keys = alive.get(path) ?? new Set((await session.cache.list(path)).map((row) => row.pk));
    alive.set(path, keys);
    if (field.type === 'referenceSet') result[api] = (value as readonly unknown[]).filter((key) => keys.has(key));
    else if (value === null || keys.has(value)) result[api] = value;
    else if (field.nullable) result[api] = null;
  }
  return result;
}
