/** Runs tasks of one key one after the other, in the order they were asked for, and tasks of different keys side by side. */
export class KeyedLock {
  readonly #last = new Map<string, Promise<unknown>>();

  /**
   * Runs `task` once every earlier task of `key` has ended, well or badly, and settles as it does.
   * Not reentrant: a task that asks for its own key waits for itself.
   */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const { promise: done, resolve: release } = Promise.withResolvers();
    this.#last.set(key, done);
    try {
      await before;
      return await task();
    } finally {
      release(undefined);
      if (this.#last.get(key) === done) this.#last.delete(key);
    }
  }

  /** How many keys have a task running. */
  get size(): number {
    return this.#last.size;
  }
}
