import { classOf, type Reason, type ReasonClass } from './reasons.ts';

/**
 * A failure that says what it means: its reason decides whether a human must act, something else must happen first, or time heals it.
 * Its message is shown to users in conditions and events, so it holds no secret, no HTML, and says what to do.
 */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError';
  readonly reason: Reason;
  /** How long to wait before trying again, in milliseconds, where that is known. */
  readonly retryAfterMs: number | undefined;
  readonly #refused: boolean | undefined;

  constructor(reason: Reason, message: string, options: { cause?: unknown; retryAfterMs?: number | undefined; refused?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.retryAfterMs = options.retryAfterMs;
    this.#refused = options.refused;
  }

  /** What the log should say besides, such as the id of a request: true once, and so not for the message. Holds no secrets. */
  get context(): Readonly<Record<string, unknown>> {
    return {};
  }

  get class(): ReasonClass {
    return classOf(this.reason);
  }

  /** The other side has answered: if a create hasn't taken place by now, it never will. */
  get settled(): boolean {
    return this.refused;
  }

  /** The other side said no, or never heard of it: certainly nothing was changed. */
  get refused(): boolean {
    return (
      this.#refused ??
      (this.class === 'terminal' || this.reason === 'PermissionDenied' || this.reason === 'Unauthorized' || this.reason === 'RateLimited')
    );
  }
}

/** Turns whatever was thrown into an {@link OperatorError}; unknown things become `InternalError` and keep their cause for the log. */
export function toOperatorError(thrown: unknown): OperatorError {
  if (thrown instanceof OperatorError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new OperatorError('InternalError', message, { cause: thrown });
}
