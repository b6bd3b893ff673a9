/** As many as one poll of the audit log could ever meet; older ones are forgotten. */
const MAX_REMEMBERED = 20_000;

/**
 * Which entries of a server's audit log are of our own making. Every answer of Authentik carries the id of its request, and the entries that
 * the request left carry the same one (seen live).
 */
export class OwnWrites {
  /** In the order in which they were answered. */
  readonly #ids = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();
  #answered = 0;

  /** How many writes have been answered so far. */
  get answered(): number {
    return this.#answered;
  }

  /** A write leaves; what is returned is told the id that its answer carried. */
  begin(): (requestID: string | undefined) => void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const over = promise.then(() => undefined);
    this.#underWay.add(over);
    return (requestID) => {
      this.#answered += 1;
      if (requestID !== undefined) this.#ids.add(requestID);
      for (const id of this.#ids) {
        if (this.#ids.size <= MAX_REMEMBERED) break;
        this.#ids.delete(id);
      }
      this.#underWay.delete(over);
      resolve(undefined);
    };
  }

  /** Resolves once every write that is under way now is answered: its entry may be seen before its answer. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  has(requestID: string | undefined): boolean {
    return requestID !== undefined && this.#ids.has(requestID);
  }
}
