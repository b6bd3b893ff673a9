import { KINDS } from '../../../src/api/v1alpha1/kinds.ts';
import type { ApiServer } from './api-server.ts';
import { verdict } from './conditions.ts';
import { ON_REAL_SERVER } from './only-stand-in.ts';
import type { StoredObject } from './stored-object.ts';

/** How long a test waits for the operator, in milliseconds: the machine may be busy with other test files, and a real server does two writes a second. */
export const PATIENCE_MS = ON_REAL_SERVER ? 120_000 : 30_000;

interface Record {
  readonly versions: StoredObject[];
  gone: boolean;
}

/**
 * Every version of every object of ours in some namespaces, from a watch: nothing that a user could have seen is missed, and whoever
 * waits for something is told at once. What an earlier object of the same name went through is kept, too.
 */
export class History {
  readonly #records = new Map<string, Record>();
  readonly #listeners = new Set<() => void>();
  readonly #ends: (() => void)[] = [];

  /** Begins to follow; call it before anything is applied. */
  async follow(api: ApiServer, namespaces: readonly string[]): Promise<void> {
    await Promise.all(
      namespaces.flatMap((namespace) =>
        KINDS.map(async ({ kind }) => {
          this.#ends.push(await api.follow(kind, namespace, (type, object) => this.#changed(type, object)));
        }),
      ),
    );
  }

  stop(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  /** All versions, oldest first. */
  versions(kind: string, namespace: string, name: string): readonly StoredObject[] {
    return this.#records.get(id(kind, namespace, name))?.versions ?? [];
  }

  /** Undefined when there is none, or none any more. */
  latest(kind: string, namespace: string, name: string): StoredObject | undefined {
    const record = this.#records.get(id(kind, namespace, name));
    return record === undefined || record.gone ? undefined : record.versions.at(-1);
  }

  /** What every object went through. */
  all(): readonly (readonly StoredObject[])[] {
    return [...this.#records.values()].map(({ versions }) => versions);
  }

  /** The objects that are there now. */
  present(): readonly StoredObject[] {
    return [...this.#records.values()].flatMap(({ versions, gone }) => (gone ? [] : versions.slice(-1)));
  }

  /** Resolves as soon as `holds` is true; it is asked at every change. Throws with `what` and what `describe` says. */
  async until(holds: () => boolean, what: string, timeoutMs = PATIENCE_MS): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const listener = (): void => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#listeners.delete(listener);
        reject(new Error(`${what}: not within ${timeoutMs / 1000} s; now:\n${this.describe()}`));
      }, timeoutMs);
      this.#listeners.add(listener);
    });
  }

  /** One line an object: how it stands and what it says. */
  describe(): string {
    return this.present()
      .map((object) => {
        const ready = object.status?.conditions?.find(({ type }) => type === 'Ready');
        const leaving = object.metadata.deletionTimestamp === undefined ? '' : ' (being deleted)';
        return `  ${object.kind}/${object.metadata.name} ${verdict(object)}${leaving}: ${ready?.message ?? 'no status'}`;
      })
      .join('\n');
  }

  #changed(type: string, object: StoredObject): void {
    const key = id(object.kind, object.metadata.namespace, object.metadata.name);
    const record = this.#records.get(key) ?? { versions: [], gone: false };
    this.#records.set(key, record);
    record.gone = type === 'DELETED';
    if (!record.gone) record.versions.push(object);
    for (const listener of [...this.#listeners]) listener();
  }
}

function id(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}
