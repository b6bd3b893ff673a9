/** Shorter values would blank out half of every text; nobody's secret should be that short. */
const SHORTEST = 4;

/**
 * Knows every secret value that the operator has read, and takes them out of texts. The one place that redacts: logs, conditions
 * and events pass through it.
 */
export class Redaction {
  readonly #values = new Set<string>();

  /** Remembers a secret value for the rest of the process. */
  add(value: string): void {
    if (value.length < SHORTEST) return;
    this.#values.add(value);
    // As it would appear inside a URL, a JSON text or a Basic header.
    this.#values.add(encodeURIComponent(value));
    this.#values.add(JSON.stringify(value).slice(1, -1));
    this.#values.add(Buffer.from(value).toString('base64'));
  }

  scrub(text: string): string {
    let clean = text;
    for (const value of this.#values) clean = clean.replaceAll(value, '[redacted]');
    return clean;
  }
}
