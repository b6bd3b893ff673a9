import type { Ending } from '../authentik/line.ts';
import { exponential } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import { OperatorError } from '../runtime/errors.ts';

/** So many requests in a row without an answer, and nothing is sent any more but a probe now and then. */
const OPENS_AFTER = 4;
/** A server that is back by then was never gone, for all that anybody needs to know; in milliseconds. */
const BLIP_MS = 10_000;
const PROBES = { baseMs: 1000, maxMs: 15_000 };

/** What health works with. */
export interface HealthParts {
  readonly host: string;
  readonly clock: Clock;
  /** Asks the server whether it is there. It does so through requests that are let through, and their endings come back here. */
  readonly probe: () => void;
  /** The server answers again. */
  readonly recovered: () => void;
}

/**
 * Whether a server answers, judged by all requests to it: a circuit breaker. It opens after a few failures in a row, so that nobody waits
 * for a server that hangs, and closes with the first answer; only probes are sent meanwhile. A server that asks for patience (429) gets it
 * from everybody.
 */
export class Health {
  readonly #parts: HealthParts;
  #failures = 0;
  #failingSince = 0;
  #probes = 0;
  #cancelProbe: (() => void) | undefined;
  #patientUntil = 0;
  #stopped = false;

  constructor(parts: HealthParts) {
    this.#parts = parts;
  }

  /** Whether requests are refused since the server doesn't answer. */
  get isOpen(): boolean {
    return this.#failures >= OPENS_AFTER;
  }

  /** Whether it has been so for long enough to tell people. */
  get isDown(): boolean {
    return this.isOpen && this.#parts.clock.now() - this.#failingSince >= BLIP_MS;
  }

  /** Throws when nothing may be sent now; certainly nothing was. */
  admit(): void {
    if (this.isOpen)
      throw new OperatorError('Unreachable', `${this.#parts.host} has stopped to answer; it is asked now and then whether it is back`, {
        refused: true,
      });
    const wait = this.#patientUntil - this.#parts.clock.now();
    if (wait > 0)
      throw new OperatorError('RateLimited', `${this.#parts.host} asked to slow down (429)`, { refused: true, retryAfterMs: wait });
  }

  noted(ending: Ending): void {
    if (this.#stopped || ending.kind === 'called off') return;
    if (ending.kind === 'unanswered') this.#failed();
    else this.#answered(ending.error);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelProbe?.();
  }

  #answered(error: OperatorError | undefined): void {
    if (error?.reason === 'RateLimited' && error.retryAfterMs !== undefined)
      this.#patientUntil = Math.max(this.#patientUntil, this.#parts.clock.now() + error.retryAfterMs);
    const wasOpen = this.isOpen;
    this.#failures = 0;
    this.#probes = 0;
    this.#cancelProbe?.();
    this.#cancelProbe = undefined;
    if (wasOpen) this.#parts.recovered();
  }

  #failed(): void {
    if (this.#failures === 0) this.#failingSince = this.#parts.clock.now();
    this.#failures += 1;
    if (this.#cancelProbe !== undefined) return;
    this.#probes += 1;
    this.#cancelProbe = this.#parts.clock.setTimeout(
      () => {
        this.#cancelProbe = undefined;
        this.#parts.probe();
      },
      exponential(this.#probes, PROBES),
    );
  }
}
