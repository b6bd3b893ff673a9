import type { ApiObject } from '../../authentik/api-object.ts';
import type { Judgement } from '../../runtime/conditions.ts';
import { POLICIES_ON_TARGET, STAGES_ON_FLOW } from './bound-kinds.ts';
import type { Bound } from './flow-bindings.ts';

/** The CRD's own limit for `unmanagedBindings`. */
const MAX_LISTED = 100;

/** What a flow's status says of the flow and of what is bound to it. */
export function statusOfFlow(row: ApiObject, bound: Bound, publicURL: string): Readonly<Record<string, unknown>> {
  return {
    policyBindingModelID: row['policybindingmodel_ptr_id'],
    flowURL: `${publicURL}/if/flow/${String(row['slug'])}/`,
    stageCount: bound.stages === undefined ? countOf(row['stages']) : bound.stages.plan.matched.length + bound.stages.unmanaged.length,
    unmanagedBindings: unlessEmpty(unmanaged(bound).slice(0, MAX_LISTED)),
  };
}

/** Advisory: whether something is bound to the flow that nobody declared. */
export function unmanagedJudgement(bound: Bound): Judgement {
  const type = 'UnmanagedBindings';
  const found = unmanaged(bound);
  return found.length === 0
    ? { type, status: 'False', reason: 'NotApplicable', message: 'nothing is bound to the flow that the spec does not declare' }
    : { type, status: 'True', reason: 'UnmanagedBindingsFound', message: `kept, though not declared: ${found.join(', ')}` };
}

/** By order, as they run; stages first. */
function unmanaged({ stages, policies }: Bound): readonly string[] {
  const taken = new Set(stages?.wanted.map(({ order }) => order));
  const bindings = byOrder(stages?.unmanaged ?? []).map((row) =>
    taken.has(Number(row['order'])) ? `${STAGES_ON_FLOW.describe(row)} (which a declared stage has too)` : STAGES_ON_FLOW.describe(row),
  );
  return [...new Set([...bindings, ...policies.flatMap((set) => byOrder(set.unmanaged).map(POLICIES_ON_TARGET.describe))])];
}

function byOrder(rows: readonly ApiObject[]): readonly ApiObject[] {
  return [...rows].sort((a, b) => Number(a['order']) - Number(b['order']));
}

function countOf(value: unknown): number | undefined {
  return Array.isArray(value) ? value.length : undefined;
}

function unlessEmpty<T>(values: readonly T[]): readonly T[] | undefined {
  return values.length === 0 ? undefined : values;
}
