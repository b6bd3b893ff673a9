import { systemClock } from '../runtime/clock.ts';

/**
 * Aborts after a time or with another signal, and knows which of the two it was. To be cleared when what it guards has ended, else the
 * long-lived signal keeps it.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #cancelTimer: () => void;
  readonly #stop: AbortSignal;
  readonly #onStop = (): void => this.#end('stopped');
  #ending: 'timed out' | 'stopped' | undefined;

  constructor(ms: number, stop: AbortSignal) {
    this.#stop = stop;
    this.#cancelTimer = systemClock.setTimeout(() => this.#end('timed out'), ms);
    if (stop.aborted) this.#end('stopped');
    else stop.addEventListener('abort', this.#onStop, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Undefined unless it was this deadline that ended things. */
  get ending(): 'timed out' | 'stopped' | undefined {
    return this.#ending;
  }

  clear(): void {
    this.#cancelTimer();
    this.#stop.removeEventListener('abort', this.#onStop);
  }

  #end(ending: 'timed out' | 'stopped'): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#controller.abort();
  }
}
