/** Judges the policies bound to a flow, a step or a prompt form. */
import { POLICY, POLICY_BINDING } from '../catalogue/policies.ts';
import { type Json, text } from '../json.ts';
import type { Row } from '../model.ts';
import type { World } from '../world.ts';
import { judgeExpression, type PolicyContext } from './expressions.ts';

export interface Judgement {
  passes: boolean;
  message: string | null;
}

/** The static rules of a password policy; leaked-password and strength checks need services that a stand-in hasn't. */
function judgePassword(policy: Row, context: PolicyContext): Judgement {
  const value = context.promptData[text(policy.values.password_field)];
  if (typeof value !== 'string') return { passes: false, message: 'Password not set in context' };
  const count = (pattern: RegExp): number => value.match(pattern)?.length ?? 0;
  const charset = text(policy.values.symbol_charset);
  const rules: [string, number][] = [
    ['length_min', value.length],
    ['amount_digits', count(/[0-9]/g)],
    ['amount_lowercase', count(/[a-z]/g)],
    ['amount_uppercase', count(/[A-Z]/g)],
    ['amount_symbols', value.split('').filter((character) => charset.includes(character)).length],
  ];
  const broken = policy.values.check_static_rules === true && rules.some(([field, actual]) => actual < Number(policy.values[field]));
  return broken ? { passes: false, message: text(policy.values.error_message) || 'Invalid password.' } : { passes: true, message: null };
}

/** By policy type; the types that aren't here need more than a stand-in knows, and pass. */
const JUDGES: Record<string, (policy: Row, context: PolicyContext) => Judgement> = {
  DummyPolicy: (policy) => ({ passes: policy.values.result === true, message: null }),
  ExpressionPolicy: (policy, context) => ({ passes: judgeExpression(text(policy.values.expression), context), message: null }),
  PasswordPolicy: judgePassword,
  EventMatcherPolicy: () => ({ passes: false, message: null }),
};

/** One policy. Throws when it can't be judged, as a failing expression does. */
export function judgePolicy(policy: Row, context: PolicyContext): Judgement {
  return JUDGES[policy.model.className]?.(policy, context) ?? { passes: true, message: null };
}

function judgeBinding(binding: Row, context: PolicyContext & { userRow: Row | null }, world: World): boolean {
  const { policy, group, user } = binding.values;
  const passes = ((): boolean => {
    if (typeof user === 'number') return context.userRow?.pk === user;
    if (typeof group === 'string')
      return context.userRow !== null && world.access.groupsOf(context.userRow).some((row) => row.pk === group);
    const row = world.store.get(POLICY, policy);
    try {
      return row !== null && judgePolicy(row, context).passes;
    } catch {
      return binding.values.failure_result === true;
    }
  })();
  return binding.values.negate === true ? !passes : passes;
}

/** Whether what is bound to `target` lets pass: nothing bound, or by its mode any or all of it. */
export function targetPasses(
  target: { pk: Json; mode: Json | undefined },
  context: PolicyContext & { userRow: Row | null },
  world: World,
): boolean {
  const bindings = world.store
    .all(POLICY_BINDING)
    .filter((binding) => binding.values.target === target.pk && binding.values.enabled === true);
  if (bindings.length === 0) return true;
  const results = bindings.map((binding) => judgeBinding(binding, context, world));
  return target.mode === 'all' ? results.every(Boolean) : results.some(Boolean);
}
