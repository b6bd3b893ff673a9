/**
 * The few Python expressions that a stand-in has to judge: messages, and then `return` of a literal or of a name that isn't there, `raise`
 * of an error, and those of the stock flows. Anything else is an error, as an expression that fails is on the real server: the binding's
 * `failure_result` decides.
 */
import { asText, type Json } from '../json.ts';
import { isOwnPath } from './own-path.ts';
import type { FlowPage } from './plan.ts';

/** An expression that failed; its text is what the visitor is told. */
export class ExpressionError extends Error {}

/** The value of a Python literal: a string, a number, a list, True, False, None. Throws on anything else. */
function valueOf(source: string): Json {
  if (/^[A-Za-z_]\w*$/.test(source) && !['True', 'False', 'None'].includes(source))
    throw new ExpressionError(`name '${source}' is not defined`);
  const json = source
    .replaceAll(/'((?:\\.|[^'\\])*)'/g, (_whole, inner: string) => JSON.stringify(inner))
    .replaceAll(/\bTrue\b/g, 'true')
    .replaceAll(/\bFalse\b/g, 'false')
    .replaceAll(/\bNone\b/g, 'null');
  try {
    return JSON.parse(json) as Json;
  } catch {
    throw new ExpressionError(`the stand-in can't judge ${source}`);
  }
}

/** The value of `return <literal>`. Throws on anything else. */
export function literal(source: string): Json {
  const returned = /^\s*return\s+([\s\S]+?)\s*$/.exec(source)?.[1];
  if (returned === undefined) throw new ExpressionError(`the stand-in can't judge ${source}`);
  return valueOf(returned);
}

/** What a policy expression may look at. */
export interface PolicyContext {
  /** How the visitor proved who they are, if at all. */
  authenticatedBy: string | null;
  promptData: Record<string, Json>;
  /** The user that the flow is about, or that calls. */
  user: Record<string, Json> | null;
  /** The visitor's page; null where nobody visits. */
  page: FlowPage | null;
  /** Sets where the redirect stage of the visitor's plan leads. */
  leadTo: (target: string) => void;
}

/** What a policy, or all that is bound to something, comes to. The messages are for the visitor, of what passes too. */
export interface Judgement {
  passes: boolean;
  messages: string[];
}

interface Known {
  /** A part of the expression's text that no other has. */
  holds: string;
  judge: (context: PolicyContext, source: string) => boolean;
}

/** Who tests a policy in the admin UI visits no page, and the expression fails. */
function pageOf({ page }: PolicyContext): FlowPage {
  if (page === null) throw new ExpressionError("'NoneType' object has no attribute 'session'");
  return page;
}

/** The policy of our chart's redirect: what it knows of its own hosts is in its text. */
function leadsOn(context: PolicyContext, source: string): boolean {
  const { query, host } = pageOf(context);
  const next = query.get('next') ?? '';
  const homes = [...source.matchAll(/(["'])(https?:\/\/.+?\/)\1/g)].map((home) => home[2] ?? '');
  const own = source.includes("build_absolute_uri('/')") ? [`http://${host}/`] : [];
  if ([...own, ...homes].some((home) => next.startsWith(home))) context.leadTo(next);
  return !isOwnPath(next);
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
    judge: (context) => !pageOf(context).query.has('next'),
  },
  { holds: "context['flow_plan'].context['redirect_stage_target'] = next", judge: leadsOn },
];

/** `ak_message("…")` at the beginning of what is left. */
const MESSAGE = /^\s*ak_message\((.+)\)[^\S\n]*(?:\n|$)/;
const RAISE = /^\s*raise\s+\w+\((.*)\)\s*$/;

/** Whether the expression passes, and what it says to the visitor. Throws when it fails or can't be judged. */
export function judgeExpression(source: string, context: PolicyContext): Judgement {
  const known = KNOWN.find(({ holds }) => source.includes(holds));
  if (known !== undefined) return { passes: known.judge(context, source), messages: [] };
  const messages: string[] = [];
  let rest = source.replaceAll(/^\s*#.*$/gm, '').trim();
  for (let said = MESSAGE.exec(rest); said !== null; said = MESSAGE.exec(rest)) {
    messages.push(asText(valueOf(said[1]?.trim() ?? '')));
    rest = rest.slice(said[0].length);
  }
  const raised = RAISE.exec(rest)?.[1];
  if (raised !== undefined) throw new ExpressionError(raised === '' ? '' : asText(valueOf(raised)));
  const value = ['', 'pass'].includes(rest.trim()) ? null : literal(rest);
  return { passes: Array.isArray(value) ? value.length > 0 : Boolean(value), messages };
}

/** What a prompt's `initial_value` or `placeholder` expression gives; the stock ones read a field of the user, or give nothing. */
export function promptValue(source: string, user: Record<string, Json> | null): Json {
  const field = /^try:\s+return user\.(\w+)\s+except:\s+return ''$/.exec(source)?.[1];
  if (field !== undefined) return user?.[field] ?? '';
  if (source.includes('user.attributes.get("settings"')) return '';
  return literal(source);
}
