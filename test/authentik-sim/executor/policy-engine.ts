/** Judges the policies bound to a flow, a step or a prompt form. */
import { POLICY, POLICY_BINDING } from '../catalogue/policies.ts';
import { type Json, text } from '../json.ts';
import type { Row } from '../model.ts';
import type { World } from '../world.ts';
import { ExpressionError, judgeExpression, type Judgement, type PolicyContext } from './expressions.ts';
import { judgePassword } from './password-policy.ts';

/** What binds a policy sees besides: who visits, as far as known. */
export type VisitorContext = PolicyContext & { userRow: Row | null };

const PASSES: Judgement = { passes: true, messages: [] };
const FAILS: Judgement = { passes: false, messages: [] };

/** By policy type; the types that aren't here need more than a stand-in knows, and pass. Nobody has a reputation here, so everybody's is 0. */
const JUDGES: Record<string, (policy: Row, context: PolicyContext) => Judgement> = {
  DummyPolicy: (policy) => ({ passes: policy.values.result === true, messages: ['dummy'] }),
  ExpressionPolicy: (policy, context) => judgeExpression(text(policy.values.expression), context),
  PasswordPolicy: judgePassword,
  EventMatcherPolicy: () => FAILS,
  ReputationPolicy: (policy) => ({ passes: Number(policy.values.threshold) >= 0, messages: [] }),
};

/** One policy. One that fails to run comes to `failureResult`, and says why. */
export function judgePolicy(policy: Row, context: PolicyContext, failureResult = false): Judgement & { failed: boolean } {
  try {
    return { ...(JUDGES[policy.model.className]?.(policy, context) ?? PASSES), failed: false };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { passes: failureResult, messages: [error.message], failed: true };
  }
}

/** A group or a user lets in whom it names, and when negated everybody else who is known; never somebody unknown. */
function judgeMembership({ group, user, negate }: Row['values'], { userRow }: VisitorContext, world: World): Judgement {
  if (userRow === null) return FAILS;
  const belongs = typeof user === 'number' ? userRow.pk === user : world.access.groupsOf(userRow).some((row) => row.pk === group);
  return belongs === (negate !== true) ? PASSES : FAILS;
}

function judgeBinding({ values }: Row, context: VisitorContext, world: World): Judgement {
  const policy = world.store.get(POLICY, values.policy);
  if (policy === null) return judgeMembership(values, context, world);
  const judged = judgePolicy(policy, context, values.failure_result === true);
  // What failed to run is not turned round.
  return values.negate === true && !judged.failed ? { ...judged, passes: !judged.passes } : judged;
}

/** Whether what is bound to `target` lets pass: nothing bound, or by its mode any or all of it. */
export function judgeTarget(target: { pk: Json; mode: Json | undefined }, context: VisitorContext, world: World): Judgement {
  const judged = world.store
    .all(POLICY_BINDING)
    .filter((binding) => binding.values.target === target.pk && binding.values.enabled === true)
    .sort((a, b) => Number(a.values.order) - Number(b.values.order) || a.seq - b.seq)
    .map((binding) => judgeBinding(binding, context, world));
  const results = judged.map(({ passes }) => passes);
  return {
    passes: judged.length === 0 || (target.mode === 'all' ? results.every(Boolean) : results.some(Boolean)),
    messages: judged.flatMap(({ messages }) => messages),
  };
}
