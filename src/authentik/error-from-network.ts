import type { Reason } from '../runtime/reasons.ts';
import { AuthentikError, describeCall, isCreate, type Call } from './errors.ts';

/** Why a request ended without an answer, beside what the network said. */
export type Ending = 'failed' | 'timed out' | 'stopped' | 'too large';

interface Explanation {
  /** Whether the request may have reached Authentik before it failed. */
  readonly sent: boolean;
  readonly message: (host: string, call: Call) => string;
}

const UNKNOWN_NAME: Explanation = {
  sent: false,
  message: (host) => `The name ${host} does not resolve: check the host in url, and DNS.`,
};
const NO_ROUTE: Explanation = {
  sent: false,
  message: (host) => `There is no way to ${host}: check the host in url, and network policies.`,
};
const UNTRUSTED: Explanation = {
  sent: false,
  message: (host) => `The certificate of ${host} is signed by nobody we trust: put the authority that signed it into caBundleRef.`,
};
const CUT: Explanation = {
  sent: true,
  message: (host, call) => `${host} cut the connection before it answered ${describeCall(call)}.`,
};

/** By the codes of Node's net and dns modules and of OpenSSL. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: {
    sent: false,
    message: (host) => `${host} accepts no connections: check host and port in url, and that Authentik runs.`,
  },
  ENOTFOUND: UNKNOWN_NAME,
  EAI_AGAIN: UNKNOWN_NAME,
  EAI_NODATA: UNKNOWN_NAME,
  EHOSTUNREACH: NO_ROUTE,
  ENETUNREACH: NO_ROUTE,
  ECONNRESET: CUT,
  EPIPE: CUT,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  CERT_HAS_EXPIRED: { sent: false, message: (host) => `The certificate of ${host} has expired: renew it.` },
  CERT_NOT_YET_VALID: { sent: false, message: (host) => `The certificate of ${host} is not valid yet: check the clocks.` },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    sent: false,
    message: (host) => `The certificate of ${host} is for another name: check the host in url.`,
  },
  // May come in the middle of a connection, too.
  EPROTO: { sent: true, message: (host) => `${host} does not speak TLS as expected: check http or https in url.` },
  ERR_SSL_WRONG_VERSION_NUMBER: { sent: false, message: (host) => `${host} does not speak TLS: check http or https in url.` },
  HPE_INVALID_CONSTANT: { sent: true, message: (host) => `${host} does not speak HTTP: check http or https, and the port, in url.` },
};

/** Says what a request means that got no answer, or none that could be read. Always transient. */
export function errorFromNetwork(call: Call, thrown: unknown, ending: Ending = 'failed'): AuthentikError {
  const host = URL.parse(call.base)?.host ?? call.base;
  const fail = (message: string, sent: boolean, reason: Reason = 'Unreachable'): AuthentikError =>
    new AuthentikError(reason, message, {
      ambiguous: sent && isCreate(call),
      ...(sent ? {} : { refused: true }),
      cause: causeWithoutRequest(thrown),
    });
  switch (ending) {
    case 'timed out':
      return fail(`${host} did not answer ${describeCall(call)} within ${call.timeoutMs / 1000} s.`, true);
    case 'stopped':
      return fail(`${describeCall(call)} was called off because the connection is being closed.`, true);
    case 'too large':
      return fail(`${host} answered ${describeCall(call)} with more data than Authentik ever sends: check url.`, true, 'TooMuchData');
    case 'failed': {
      const code = codeOf(thrown);
      const known = EXPLANATIONS[code];
      if (known !== undefined) return fail(known.message(host, call), known.sent);
      return fail(`${describeCall(call)} failed on the way to ${host} (${code}).`, true);
    }
  }
}

/** The code of an error or of what caused it; connecting to several addresses at once fails with one error for all of them. */
export function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown';
  if ('code' in thrown && typeof thrown.code === 'string' && thrown.code in EXPLANATIONS) return thrown.code;
  const inner = thrown instanceof AggregateError ? (thrown.errors[0] as unknown) : thrown.cause;
  if (inner instanceof Error) return codeOf(inner);
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : 'unknown';
}

/** HTTP libraries hang the whole request on their errors, with its token; what is logged as cause must not hold that. */
function causeWithoutRequest(thrown: unknown): Error | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const cause = new Error(codeOf(thrown));
  cause.stack = thrown.stack ?? '';
  return cause;
}
