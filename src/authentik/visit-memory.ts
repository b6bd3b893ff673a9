import type { Verification } from './verification.ts';

/** What was seen, and whether it still counts. */
interface Entry {
  readonly epoch: number;
  readonly fingerprint: string;
  readonly seen: Verification;
}

/**
 * Remembers what looks from outside came to, so that one is repeated only when something changed: what the fingerprint is made of, or
 * something in Authentik that nobody here sees otherwise, after which everything is forgotten.
 */
export class VisitMemory {
  #epoch = 0;
  /** How often one subject alone was forgotten. */
  readonly #own = new Map<string, number>();
  readonly #entries = new Map<string, Entry>();
  /** When each subject was last known to be as it is. */
  readonly #noted = new Map<string, number>();

  /** Begins a look. What it comes to is remembered by the function that this answers, unless everything was forgotten meanwhile. */
  begin(subject: string, fingerprint: string): (seen: Verification) => void {
    const epoch = this.#epochOf(subject);
    return (seen) => {
      this.#entries.set(subject, { epoch, fingerprint, seen });
    };
  }

  /** What the last look came to; undefined when another one is due. */
  recall(subject: string, fingerprint: string): Verification | undefined {
    const entry = this.#entries.get(subject);
    return entry?.epoch === this.#epochOf(subject) && entry.fingerprint === fingerprint ? entry.seen : undefined;
  }

  /** Forgets what was seen of one subject. */
  drop(subject: string): void {
    this.#entries.delete(subject);
  }

  /** Forgets everything: something that visitors see may have changed. */
  forget(): void {
    this.#epoch += 1;
    this.#entries.clear();
  }

  /** Forgets one subject: something that its visitors see has changed. */
  forgetOf(subject: string): void {
    this.#own.set(subject, (this.#own.get(subject) ?? 0) + 1);
    this.#entries.delete(subject);
  }

  /** Whether it was forgotten, with everything or alone, since this was last asked or {@link note}d; never the first time. */
  forgottenSinceNoted(subject: string): boolean {
    const noted = this.#noted.get(subject);
    if (noted === undefined) this.note(subject);
    return noted !== undefined && noted < this.#epochOf(subject);
  }

  /** Remembers that the subject is known as of now. */
  note(subject: string): void {
    this.#noted.set(subject, this.#epochOf(subject));
  }

  #epochOf(subject: string): number {
    return this.#epoch + (this.#own.get(subject) ?? 0);
  }
}
