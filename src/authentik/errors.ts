import { OperatorError } from '../runtime/errors.ts';
import type { Reason } from '../runtime/reasons.ts';
import type { FieldMessages } from './field-messages.ts';

/** What is known of a failed call beside its reason and message. */
export interface FailureDetails {
  readonly status?: number;
  readonly fields?: FieldMessages;
  readonly requestID?: string | undefined;
  readonly notFound?: boolean;
  readonly ambiguous?: boolean;
  readonly refused?: boolean;
  readonly settled?: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** A call to Authentik that failed. Its message holds no secret, no HTML and no more than some 300 characters of foreign text. */
export class AuthentikError extends OperatorError {
  override readonly name = 'AuthentikError';
  /** Absent when no answer came. */
  readonly status: number | undefined;
  /** What Authentik said about single fields of a refused body. */
  readonly fields: FieldMessages;
  /** Authentik's own id of the request, to be found in its log (`X-authentik-id`). */
  readonly requestID: string | undefined;
  /** Authentik itself said that there is no such object; false for a 404 of anything in between. */
  readonly notFound: boolean;
  /** A create that may have happened all the same. Look it up before trying again. */
  readonly ambiguous: boolean;
  readonly #settled: boolean;

  constructor(reason: Reason, message: string, details: FailureDetails = {}) {
    super(reason, message, {
      ...(details.cause === undefined ? {} : { cause: details.cause }),
      ...(details.retryAfterMs === undefined ? {} : { retryAfterMs: details.retryAfterMs }),
      ...(details.refused === undefined ? {} : { refused: details.refused }),
    });
    this.status = details.status;
    this.fields = details.fields ?? {};
    this.requestID = details.requestID;
    this.notFound = details.notFound ?? false;
    this.ambiguous = details.ambiguous ?? false;
    this.#settled = details.settled ?? false;
  }

  override get settled(): boolean {
    return this.#settled || this.refused;
  }

  override get context(): Readonly<Record<string, unknown>> {
    return { status: this.status, authentikRequestID: this.requestID };
  }
}

/** The request that a failure is about, and what must not be quoted of it. */
export interface Call {
  readonly method: string;
  /** Below `/api/v3`, without a query string. */
  readonly path: string;
  /** Scheme, host and sub-path: what the user wrote as url. */
  readonly base: string;
  readonly timeoutMs: number;
  /** The token and secret values of the body. */
  readonly secrets: readonly string[];
  /** The permission that it takes, as `app_label.codename`, where that is known. */
  readonly right?: string | undefined;
}

/** How messages name a call. */
export function describeCall(call: Call): string {
  return `${call.method} ${call.path}`;
}

/** Only a create is ambiguous: everything else that is sent to Authentik can be sent again. */
export function isCreate(call: Call): boolean {
  return call.method === 'POST';
}
