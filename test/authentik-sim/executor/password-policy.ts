/**
 * Password policies: static rules, then strength. The words were heard from a live 2025.12.4. Looking a password up among leaked ones would
 * ask the outside, so that always passes here.
 */
import zxcvbn from 'zxcvbn';
import { type JsonObject, text } from '../json.ts';
import type { Row } from '../model.ts';
import type { Judgement, PolicyContext } from './expressions.ts';

const PASSES: Judgement = { passes: true, messages: [] };
/** As much of a password as the server estimates the strength of. */
const ESTIMATED_LENGTH = 72;

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
  return broken ? { passes: false, messages: [text(values.error_message)] } : PASSES;
}

/** The score has to be above the threshold, not at it; what the visitor is told is never the policy's own message. */
function judgeStrength({ values }: Row, password: string, user: JsonObject | null): Judgement {
  const known = [user?.username, user?.name, user?.email].filter((value) => typeof value === 'string' && value !== '') as string[];
  const { score, feedback } = zxcvbn(password.slice(0, ESTIMATED_LENGTH), known);
  if (score > Number(values.zxcvbn_score_threshold)) return PASSES;
  return { passes: false, messages: ['Password is too weak.', ...feedback.suggestions.map((said) => said.replace(/\.?$/, '.'))] };
}

/** Judges the field that the policy names, of what was filled in. */
export function judgePassword(policy: Row, { promptData, user }: PolicyContext): Judgement {
  const password = promptData[text(policy.values.password_field)];
  if (typeof password !== 'string') return { passes: false, messages: ['Password not set in context'] };
  const { check_static_rules: byRules, check_zxcvbn: byStrength } = policy.values;
  const judged = byRules === true ? judgeStaticRules(policy, password) : PASSES;
  return judged.passes && byStrength === true ? judgeStrength(policy, password, user) : judged;
}
