import { systemClock, type Clock } from './clock.ts';
import { OperatorError } from './errors.ts';

/**
 * The time in which this process may write, in Authentik and in the store. It has an end that is known beforehand and moved on while
 * things go well, so that a process that was paused, or whose event loop was blocked, notices by the clock that its time has passed.
 */
export interface Office {
  /** Aborts when the time is over: whatever is under way then is called off. */
  readonly signal: AbortSignal;
  /** To be called right before each write. Throws when the time is over, or hasn't begun. */
  assertHeld(): void;
}

/** An office that is taken, kept and lost. Nobody holds it at first. */
export class TermOfOffice implements Office {
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  #until = -Infinity;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** The office is certainly ours until then, by our own clock; `Infinity` when nobody competes for it. */
  extend(untilMs: number): void {
    this.#until = Math.max(this.#until, untilMs);
  }

  /** Ends it for good: who lost it starts a new process. */
  end(): void {
    this.#ending.abort(new NotInOfficeError());
  }

  assertHeld(): void {
    if (this.#ending.signal.aborted || this.#clock.now() >= this.#until) throw new NotInOfficeError();
  }
}

/** Certainly nothing was sent. Whoever leads now does it. */
export class NotInOfficeError extends OperatorError {
  override readonly name = 'NotInOfficeError';

  constructor() {
    super('StoreUnavailable', 'this replica may not write: it does not hold the Lease', { refused: true });
  }
}
