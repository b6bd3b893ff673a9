import type { CatalogueEntry } from '../catalogue/entity.ts';
import { OperatorError } from '../runtime/errors.ts';

/** The row for a spec's `type`, and the values in the member named after it; an absent member declares nothing. */
export function memberOf(
  entries: readonly CatalogueEntry[],
  spec: { readonly type: string } & Readonly<Record<string, unknown>>,
): { entity: CatalogueEntry; values: Readonly<Record<string, unknown>> } {
  const entity = entries.find((entry) => entry.type === spec.type);
  // The CRD lets only known types through; an operator older than its CRDs would get here.
  if (entity === undefined) throw new OperatorError('InvalidSpec', `this operator does not know type ${spec.type}: upgrade it`);
  return { entity, values: (spec[entity.member] ?? {}) as Readonly<Record<string, unknown>> };
}
