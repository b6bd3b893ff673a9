/** Password policies: the static rules. Looking a password up among leaked ones would ask the outside, so that always passes here. */
import { text } from '../json.ts';
import type { Row } from '../model.ts';
import type { Judgement, PolicyContext } from './expressions.ts';

/** Whichever rule is broken, the message is the policy's own: an empty one when it has none. */
function judgeStaticRules({ values }: Row, password: string): Judgement {
  const count = (pattern: RegExp): number => password.match(pattern)?.length ?? 0;
  // Code points, as Python counts.
  const characters = Array.from(password);
  const charset = text(values.symbol_charset);
  const rules: [string, number][] = [
    ['length_min', characters.length],
    ['amount_digits', count(/[0-9]/g)],
    ['amount_lowercase', count(/[a-z]/g)],
    ['amount_uppercase', count(/[A-Z]/g)],
    ['amount_symbols', characters.filter((character) => charset.includes(character)).length],
  ];
  const broken = rules.some(([field, actual]) => actual < Number(values[field]));
  return broken ? { passes: false, messages: [text(values.error_message)] } : { passes: true, messages: [] };
}

/** Judges the field that the policy names, of what was filled in. */
export function judgePassword(policy: Row, context: PolicyContext): Judgement {
  const password = context.promptData[text(policy.values.password_field)];
  if (typeof password !== 'string') return { passes: false, messages: ['Password not set in context'] };
  return policy.values.check_static_rules === true ? judgeStaticRules(policy, password) : { passes: true, messages: [] };
}
