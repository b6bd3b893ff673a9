import { formatKey, type ObjectKey } from '../../src/runtime/object.ts';
import type { SourceData, SourceKey, SourceStore } from '../../src/runtime/store.ts';

/** Secrets and ConfigMaps in memory, which tells their owners of changes as the watch on the API server does. */
export class MemorySources implements SourceStore {
  readonly #held = new Map<string, SourceData>();
  readonly #owners = new Map<string, { readonly owner: ObjectKey; readonly sources: readonly SourceKey[] }>();
  #version = 0;
  #listener: ((owner: ObjectKey, source: SourceKey) => void) | undefined;

  /** What a user does; `undefined` deletes it. */
  set(
    kind: SourceKey['kind'],
    namespace: string,
    name: string,
    data: Readonly<Record<string, string>> | undefined,
    labels: Readonly<Record<string, string>> = {},
  ): void {
    const key = { kind, namespace, name };
    if (data === undefined) this.#held.delete(formatKey(key));
    else this.#held.set(formatKey(key), { resourceVersion: String(++this.#version), labels, data });
    for (const { owner, sources } of this.#owners.values())
      if (sources.some((source) => formatKey(source) === formatKey(key))) this.#listener?.(owner, key);
  }

  async read(key: SourceKey): Promise<SourceData | undefined> {
    return Promise.resolve(this.#held.get(formatKey(key)));
  }

  track(owner: ObjectKey, sources: readonly SourceKey[]): void {
    if (sources.length === 0) this.#owners.delete(formatKey(owner));
    else this.#owners.set(formatKey(owner), { owner, sources });
  }

  subscribe(listener: (owner: ObjectKey, source: SourceKey) => void): void {
    this.#listener = listener;
  }
}
