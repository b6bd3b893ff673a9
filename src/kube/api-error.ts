import * as k8s from '@kubernetes/client-node';
import { z } from 'zod';
import { OperatorError } from '../runtime/errors.ts';

/** Longer messages of the API server are cut: they end up in conditions and events. */
const MAX_MESSAGE = 300;

/** What the API server sends with every refusal (`meta/v1.Status`). */
const statusSchema = z.object({ message: z.string().optional(), reason: z.string().optional() });

/** What errors have in common, wherever they were made: a socket's error need not be an instance of our `Error`. */
const errorSchema = z.object({
  name: z.string().optional(),
  message: z.string().optional(),
  code: z.unknown().optional(),
  statusCode: z.number().optional(),
  cause: z.unknown().optional(),
});

/** The HTTP status of a failed call, or undefined when there was no answer. */
export function statusCodeOf(error: unknown): number | undefined {
  return error instanceof k8s.ApiException ? error.code : errorSchema.safeParse(error).data?.statusCode;
}

/** Whether client-node gave up a watch on which nothing had come for a while. */
export function isWatchTimeout(error: unknown): boolean {
  return errorSchema.safeParse(error).data?.name === 'TimeoutError';
}

/** One line that says what went wrong: client-node's own message holds the whole body and all headers, so it is never shown. */
export function describeApiError(error: unknown): string {
  const code = statusCodeOf(error);
  const text = error instanceof k8s.ApiException ? messageOf(error.body) : reasonOf(error);
  const parts = [code === undefined ? undefined : `HTTP ${code}`, text].filter((part) => part !== undefined && part !== '');
  return shorten(parts.join(': ').replace(/\s+/g, ' ').trim());
}

/** A right that RBAC refused. */
export interface MissingRight {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Undefined where the right is one to all of them. */
  readonly name?: string | undefined;
  /** Undefined for what is in no namespace. */
  readonly namespace?: string | undefined;
}

/** `secrets "smtp" is forbidden: User "…" cannot get resource "secrets" in API group "" in the namespace "shop"` */
const FORBIDDEN = /cannot (\w+) resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]+)")?/;
const NAMED = /^[\w./]+ "([^"]+)" is forbidden/;

/** The right that the API server says is missing; undefined when it refused for another reason, such as a namespace that is going. */
export function missingRight(error: unknown): MissingRight | undefined {
  if (statusCodeOf(error) !== 403 || !(error instanceof k8s.ApiException)) return undefined;
  const message = messageOf(error.body) ?? '';
  const [, verb, resource, group = '', namespace] = FORBIDDEN.exec(message) ?? [];
  if (verb === undefined || resource === undefined) return undefined;
  return { verb, group, resource, name: NAMED.exec(message)?.[1], namespace };
}

/** As a Role or ClusterRole lists it. */
export function ruleOf({ verb, group, resource, name, namespace }: MissingRight): string {
  const names = name === undefined ? '' : `, resourceNames: ["${name}"]`;
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  return `{apiGroups: ["${group}"], resources: ["${resource}"]${names}, verbs: ["${verb}"]}${where}`;
}

/** A failed call as the engine understands it; `what` says what was tried, e.g. `write the status of Flow ns/name`. */
export function storeUnavailable(what: string, error: unknown): OperatorError {
  const retryAfterMs = retryAfterOf(error);
  const missing = missingRight(error);
  if (missing !== undefined) {
    const told = `could not ${what}: give the operator's ServiceAccount the rule ${ruleOf(missing)} (${describeApiError(error)})`;
    return new OperatorError('KubernetesPermissionDenied', told, { refused: true });
  }
  return new OperatorError(
    'StoreUnavailable',
    `could not ${what}: ${describeApiError(error)}`,
    retryAfterMs === undefined ? {} : { retryAfterMs },
  );
}

function messageOf(body: unknown): string | undefined {
  let status: unknown = body;
  if (typeof body === 'string') {
    try {
      status = JSON.parse(body);
    } catch {
      return undefined;
    }
  }
  const parsed = statusSchema.safeParse(status);
  return parsed.success ? (parsed.data.message ?? parsed.data.reason) : undefined;
}

/** `fetch` says only "fetch failed"; the cause says why. */
function reasonOf(error: unknown): string {
  const { message, cause } = errorSchema.safeParse(error).data ?? { message: String(error), cause: undefined };
  const why = errorSchema.safeParse(cause).data;
  if (why?.message !== undefined && why.message !== '') return why.message;
  return typeof why?.code === 'string' ? why.code : (message ?? 'unknown error');
}

function retryAfterOf(error: unknown): number | undefined {
  if (!(error instanceof k8s.ApiException)) return undefined;
  const seconds = Number(error.headers['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}

function shorten(text: string): string {
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE - 1)}…`;
}
