import { createHmac, randomBytes } from 'node:crypto';

/** More than an operator of 10,000 objects needs; the oldest go first. */
const MAX_REMEMBERED = 20_000;

/**
 * What was sent out of Secrets, for as long as the process lives: a Secret whose labels changed has another version and the same values,
 * and needs no write. The key is random and never leaves the process, so nobody can try out passwords on what it makes.
 */
export class SentSecrets {
  readonly #key = randomBytes(32);
  readonly #digests = new Map<string, string>();

  remember(id: string, values: Readonly<Record<string, unknown>>): void {
    this.#digests.delete(id);
    this.#digests.set(id, this.#digest(values));
    if (this.#digests.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#digests.keys()) {
      this.#digests.delete(oldest);
      return;
    }
  }

  knows(id: string, values: Readonly<Record<string, unknown>>): boolean {
    return this.#digests.get(id) === this.#digest(values);
  }

  #digest(values: Readonly<Record<string, unknown>>): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify(Object.entries(values).sort()))
      .digest('base64');
  }
}
