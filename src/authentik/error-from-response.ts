import { z } from 'zod';
import type { Reason } from '../runtime/reasons.ts';
import { AuthentikError, describeCall, isCreate, type Call, type FailureDetails } from './errors.ts';
import { fieldMessages, type FieldMessages } from './field-messages.ts';
import { plainText } from './plain-text.ts';
import { retryAfterMs } from './retry-after.ts';

/** An answer as it came over the wire. */
export interface RawResponse {
  readonly status: number;
  /** Undefined when the header is missing. */
  readonly header: (name: string) => string | undefined;
  readonly text: string;
}

const Detail = z.looseObject({ detail: z.string() });
const RouterError = z.looseObject({ error: z.string() });

/** The parsed body of a JSON answer; undefined for anything else, also for JSON that is cut off. */
export function jsonOf(response: RawResponse): unknown {
  if (!/\bjson\b/i.test(response.header('content-type') ?? '')) return undefined;
  try {
    return JSON.parse(response.text);
  } catch {
    return undefined;
  }
}

/**
 * Says what an answer other than success means.
 *
 * Facts about Authentik, seen on 2025.12 and 2026.2: a bad token is 403, never 401, and only `detail` tells it from a missing permission;
 * an internal error on a write answers 405 with an empty body; an unknown path answers HTML; its router answers
 * 502 and 503 with `{"error": …}` while the backend starts.
 */
export function errorFromResponse(call: Call, response: RawResponse): AuthentikError {
  const { status } = response;
  if (status >= 300 && status < 400) return redirected(call, response);
  if (status === 405 && response.text === '')
    return serverFailed(call, response, 'an empty 405, which is how it reports an internal error');
  if (status === 429) return throttled(call, response);
  if (status >= 502 && status <= 504) return unavailable(call, response);
  if (status >= 500) return serverFailed(call, response, String(status));
  const body = jsonOf(response);
  if (body === undefined) return foreign(call, response);
  if (status === 401 || status === 403) return refused(call, response, detailOf(body));
  if (status === 400)
    return invalid(
      call,
      response,
      fieldMessages(body, (text) => quoted(call, text)),
    );
  if (status === 404) return missing(call, response, detailOf(body));
  const said = detailOf(body);
  return failure(
    'InternalError',
    `Authentik answered ${describeCall(call)} with ${status}${said === '' ? '.' : `: ${quoted(call, said)}`}`,
    response,
  );
}

/** A successful status whose body isn't what Authentik sends. Whether a create took place is then unknown. */
export function unusableAnswer(call: Call, response: RawResponse): AuthentikError {
  const message = `${call.base} answered ${describeCall(call)} with ${response.status}, but not in JSON: check that url is Authentik's own address.`;
  return failure('Unreachable', message, response, { ambiguous: isCreate(call) });
}

function redirected(call: Call, response: RawResponse): AuthentikError {
  const target = URL.parse(response.header('location') ?? '', `${call.base}/`);
  const where = target === null ? 'to nowhere' : quoted(call, `to ${target.origin}${target.pathname}`);
  // The token goes nowhere but to the url that the user named, so a redirect is never followed.
  return failure(
    'Unreachable',
    `${call.base} redirected ${describeCall(call)} ${where}: set url to the address that answers itself.`,
    response,
    { refused: true },
  );
}

function serverFailed(call: Call, response: RawResponse, what: string): AuthentikError {
  // The request id is for the log only: in the message it would make every retry look like news, and cost a status write each.
  return failure('ServerError', `Authentik failed on ${describeCall(call)} with ${what}.`, response, {
    ambiguous: isCreate(call),
    settled: true,
  });
}

function throttled(call: Call, response: RawResponse): AuthentikError {
  const details = { retryAfterMs: retryAfterMs(response.header('retry-after'), detailOf(jsonOf(response))) };
  return failure('RateLimited', `Authentik asked to slow down (429 on ${describeCall(call)}).`, response, details);
}

function unavailable(call: Call, response: RawResponse): AuthentikError {
  const router = RouterError.safeParse(jsonOf(response));
  const said = router.success ? `: ${quoted(call, router.data.error)}` : '';
  return failure(
    'Unreachable',
    `${call.base} answered ${describeCall(call)} with ${response.status}${said}; Authentik is down or still starting.`,
    response,
    {
      ambiguous: isCreate(call),
      retryAfterMs: retryAfterMs(response.header('retry-after')),
    },
  );
}

/** A client error without JSON comes from a proxy, a firewall or another web site; above all, its 404 doesn't mean that an object is gone. */
function foreign(call: Call, response: RawResponse): AuthentikError {
  const message = `${call.base} answered ${describeCall(call)} with ${response.status}, but not as Authentik's API does: check url and what stands in between.`;
  return failure('Unreachable', message, response, { refused: true });
}

function refused(call: Call, response: RawResponse, detail: string): AuthentikError {
  if (/token|credential|authenticat|inactive/i.test(detail) || response.status === 401) {
    return failure('Unauthorized', `Authentik refused the token: ${quoted(call, detail)}`, response);
  }
  const lacks = call.right === undefined ? 'a permission for' : `${call.right}, which it takes to`;
  return failure('PermissionDenied', `The token's user lacks ${lacks} ${describeCall(call)}: ${quoted(call, detail)}`, response);
}

function invalid(call: Call, response: RawResponse, fields: FieldMessages): AuthentikError {
  const [first, ...others] = Object.entries(fields).map(([field, messages]) =>
    field === 'non_field_errors' ? messages.join(' ') : `${field}: ${messages.join(' ')}`,
  );
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const said = first === undefined ? 'no reason given' : quoted(call, first);
  return failure('InvalidSpec', `Authentik refused ${describeCall(call)}: ${said}${more}`, response, { fields });
}

function missing(call: Call, response: RawResponse, detail: string): AuthentikError {
  if (detail === '') return foreign(call, response);
  // Transient on purpose: callers for whom absence means something look at `notFound`; for all others it was there a moment ago.
  return failure('ServerError', `Authentik has nothing for ${describeCall(call)}: ${quoted(call, detail)}`, response, {
    notFound: true,
    refused: true,
  });
}

function failure(reason: Reason, message: string, response: RawResponse, details: FailureDetails = {}): AuthentikError {
  return new AuthentikError(reason, message, { status: response.status, requestID: response.header('x-authentik-id'), ...details });
}

function detailOf(body: unknown): string {
  const parsed = Detail.safeParse(body);
  return parsed.success ? parsed.data.detail : '';
}

function quoted(call: Call, text: string): string {
  return plainText(text, call.secrets);
}
