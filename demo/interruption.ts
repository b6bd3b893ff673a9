/** What a Ctrl-C means: first whatever waits for it, else the end of the demo; a second one ends at once. */
export class Interruption {
  readonly #controller = new AbortController();
  #awaited: (() => void) | undefined;

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.#interrupt());
  }

  get happened(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Resolves at the next Ctrl-C, which then means nothing else. */
  async awaited(): Promise<void> {
    return new Promise((resolve) => {
      this.#awaited = resolve;
    });
  }

  /** The promise, or a rejection as soon as the demo is interrupted. What was begun goes on unwatched. */
  async orInterrupted<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#controller;
    promise.catch(() => undefined);
    return new Promise<T>((resolve, reject) => {
      const interrupted = (): void => reject(new Error('interrupted'));
      signal.addEventListener('abort', interrupted, { once: true });
      if (signal.aborted) interrupted();
      promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', interrupted));
    });
  }

  #interrupt(): void {
    if (this.#awaited !== undefined) {
      this.#awaited();
      this.#awaited = undefined;
    } else if (this.happened) {
      process.exit(130);
    } else {
      this.#controller.abort();
    }
  }
}
