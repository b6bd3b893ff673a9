import type { FlowModel } from './flow-model.ts';
import type { Finding, Severity } from './rule.ts';
import { RULES, type RuleId } from './rules.ts';

/** One thing that is advised. */
export interface Advice extends Finding {
  readonly rule: RuleId;
  readonly severity: Severity;
}

/** What should be known about a flow, the worst first; the same flow gives the same advice in the same order. */
export function advise(flow: FlowModel): readonly Advice[] {
  return RULES.flatMap(({ id, severity, check }) => check(flow).map((finding) => ({ ...finding, rule: id, severity })));
}

/** A part of a flow that may take another look to know. */
export type Part = 'policies' | 'links';

/**
 * Whether knowing a part could bring advice that isn't given as long as it isn't known. Where it couldn't, nobody needs to look: nothing
 * bound and nothing linked is the worst that there can be.
 */
export function isWorthKnowing(flow: FlowModel, part: Part): boolean {
  return advise(atWorst(flow, part)).length > advise(flow).length;
}

function atWorst(flow: FlowModel, part: Part): FlowModel {
  if (part === 'links') return { ...flow, linkedBy: flow.linkedBy ?? [] };
  return {
    ...flow,
    policies: flow.policies ?? [],
    stages: flow.stages?.map((place) => ({ ...place, policies: place.policies ?? [] })),
  };
}
