import { formatKey, type ObjectKey } from './object.ts';

/** Remembers which objects care about which topics, both ways. A topic is any string, such as another object's key or a claim. */
export class DependencyIndex {
  readonly #topics = new Map<string, ReadonlySet<string>>();
  readonly #owners = new Map<string, Map<string, ObjectKey>>();

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

  /** Who cares about `topic`. */
  owners(topic: string): readonly ObjectKey[] {
    return [...(this.#owners.get(topic)?.values() ?? [])];
  }
}
