/**
 * The few Python expressions that a stand-in has to judge: `return` of a literal, and those of the stock flows. Anything else is an error,
 * as an expression that fails is on the real server: the binding's `failure_result` decides.
 */
import type { Json } from '../json.ts';

/** The value of `return <literal>`: strings, numbers, lists, True, False, None. Throws on anything else. */
export function literal(source: string): Json {
  const returned = /^\s*return\s+([\s\S]+?)\s*$/.exec(source)?.[1];
  if (returned === undefined) throw new SyntaxError(`not a simple return: ${source}`);
  const json = returned
    .replaceAll(/'((?:\\.|[^'\\])*)'/g, (_whole, inner: string) => JSON.stringify(inner))
    .replaceAll(/\bTrue\b/g, 'true')
    .replaceAll(/\bFalse\b/g, 'false')
    .replaceAll(/\bNone\b/g, 'null');
  return JSON.parse(json) as Json;
}

/** What a policy expression may look at. */
export interface PolicyContext {
  /** How the visitor proved who they are, if at all. */
  authenticatedBy: string | null;
  promptData: Record<string, Json>;
  /** The user that the flow is about, or that calls. */
  user: Record<string, Json> | null;
  /** What the visitor's page was opened with; null where nobody visits. */
  query: URLSearchParams | null;
}

interface Known {
  /** A part of the expression's text that no other has. */
  holds: string;
  judge: (context: PolicyContext) => boolean;
}

function hasNext({ query }: PolicyContext): boolean {
  if (query === null) throw new Error("'NoneType' object has no attribute 'session'");
  return query.has('next');
}

/** Expressions of the default blueprints and of our own charts. Single sign-on never happens here; the administrator's password is always set. */
const KNOWN: readonly Known[] = [
  { holds: 'return ak_is_sso_flow', judge: () => false },
  { holds: "return 'username' not in context.get('prompt_data'", judge: ({ promptData }) => !('username' in promptData) },
  { holds: 'auth_webauthn_pwl', judge: ({ authenticatedBy }) => authenticatedBy !== 'auth_webauthn_pwl' },
  { holds: 'hasattr(flow_plan.context.get("pending_user"), "backend")', judge: ({ authenticatedBy }) => authenticatedBy === null },
  { holds: 'USER_ATTRIBUTE_CHANGE_EMAIL', judge: () => true },
  { holds: 'akadmin.has_usable_password', judge: () => false },
  {
    holds: "return 'next' not in request.http_request.session.get('authentik/flows/get', {})",
    judge: (context) => !hasNext(context),
  },
];

/** Whether the expression passes. Throws when it can't be judged. */
export function judgeExpression(source: string, context: PolicyContext): boolean {
  const known = KNOWN.find(({ holds }) => source.includes(holds));
  if (known !== undefined) return known.judge(context);
  const value = literal(source.replaceAll(/^\s*#.*$/gm, '').trim());
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** What a prompt's `initial_value` or `placeholder` expression gives; the stock ones read a field of the user, or give nothing. */
export function promptValue(source: string, user: Record<string, Json> | null): Json {
  const field = /^try:\s+return user\.(\w+)\s+except:\s+return ''$/.exec(source)?.[1];
  if (field !== undefined) return user?.[field] ?? '';
  if (source.includes('user.attributes.get("settings"')) return '';
  return literal(source);
}
