import { formatKey, type ObjectKey } from './object.ts';

/** Remembers which objects care about which topics, both ways. A topic is any string, such as another object's key or a claim. */
export class DependencyIndex {
  readonly #topics = new Map<string, ReadonlySet<string>>();
  readonly #owners = new Map<string, Map<string, ObjectKey>>();
  readonly #needs = new Map<string, readonly ObjectKey[]>();

  /** Replaces the topics of `owner`; none forgets it. */
  set(owner: ObjectKey, topics: readonly string[]): void {
    const id = formatKey(owner);
    for (const topic of this.#topics.get(id) ?? []) {
      const owners = this.#owners.get(topic);
      owners?.delete(id);
      if (owners?.size === 0) this.#owners.delete(topic);
    }
    if (topics.length === 0) {
      this.#topics.delete(id);
      return;
    }
    this.#topics.set(id, new Set(topics));
    for (const topic of topics) {
      const owners = this.#owners.get(topic) ?? new Map<string, ObjectKey>();
      owners.set(id, owner);
      this.#owners.set(topic, owners);
    }
  }

  /** Replaces what `owner` can't do without, as it declares it now; none forgets it. */
  setNeeds(owner: ObjectKey, needs: readonly ObjectKey[]): void {
    if (needs.length === 0) this.#needs.delete(formatKey(owner));
    else this.#needs.set(formatKey(owner), needs);
  }

  /** What `owner` can't do without. */
  needs(owner: ObjectKey): readonly ObjectKey[] {
    return this.#needs.get(formatKey(owner)) ?? [];
  }

  /** Who cares about `topic`. */
  owners(topic: string): readonly ObjectKey[] {
    return [...(this.#owners.get(topic)?.values() ?? [])];
  }
}
