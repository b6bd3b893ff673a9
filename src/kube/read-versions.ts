/** How many versions that were read before anybody watched them are remembered. */
const MAX_REMEMBERED = 1_000;

/** What was read last while nobody watched: a resourceVersion, or undefined for nothing. Compared with the first list of a watch. */
export class ReadVersions {
  readonly #versions = new Map<string, string | undefined>();
  #forgot = false;

  remember(id: string, resourceVersion: string | undefined): void {
    this.#versions.delete(id);
    this.#versions.set(id, resourceVersion);
    if (this.#versions.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#versions.keys()) {
      this.#versions.delete(oldest);
      this.#forgot = true;
      return;
    }
  }

  forget(id: string): void {
    this.#versions.delete(id);
  }

  /** Whether somebody may have read something else. What nobody has read yet is news to nobody. */
  differ(id: string, resourceVersion: string | undefined): boolean {
    return this.#versions.has(id) ? this.#versions.get(id) !== resourceVersion : this.#forgot;
  }
}
