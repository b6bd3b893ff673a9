import type { EventRecorder } from './events.ts';

/** Keeps what is said until it is true for everybody. */
export class LaterEvents implements EventRecorder {
  readonly #recorder: EventRecorder;
  readonly #waiting: (() => void)[] = [];

  constructor(recorder: EventRecorder) {
    this.#recorder = recorder;
  }

  record(...event: Parameters<EventRecorder['record']>): void {
    this.#waiting.push(() => this.#recorder.record(...event));
  }

  tell(): void {
    for (const say of this.#waiting.splice(0)) say();
  }
}
