import type * as k8s from '@kubernetes/client-node';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { CredentialKeeper } from '../runtime/store.ts';
import { statusCodeOf, storeUnavailable } from './api-error.ts';
import { FIELD_MANAGER } from './field-manager.ts';
import type { Plain } from './plain.ts';

type Secret = Plain<k8s.V1Secret>;

/** The calls that the keeper makes; a part of {@link k8s.CoreV1Api}. */
export interface SecretCalls {
  readNamespacedSecret(request: { namespace: string; name: string }): Promise<Secret>;
  patchNamespacedSecret(
    request: { namespace: string; name: string; body: object; fieldManager: string },
    options?: k8s.ConfigurationOptions,
  ): Promise<Secret>;
}

/**
 * Keeps credentials in one Secret of the operator's own namespace, which the chart makes: the operator can read and patch just that one, and
 * needs no right to write Secrets anywhere else. A key of it is `<uid>.<key>`.
 */
export class KubeCredentialKeeper implements CredentialKeeper {
  readonly #core: SecretCalls;
  readonly #at: { readonly namespace: string; readonly name: string };
  /** What is known to be in it; undefined before the first look. */
  #held: Map<string, string> | undefined;

  constructor(core: SecretCalls, at: { readonly namespace: string; readonly name: string }) {
    this.#core = core;
    this.#at = at;
  }

  async keep(uid: string, key: string, value: string): Promise<void> {
    const held = await this.#read();
    if (held.get(`${uid}.${key}`) !== value) await this.#patch({ [`${uid}.${key}`]: encode(value) });
  }

  async recall(uid: string, key: string): Promise<string | undefined> {
    return (await this.#read()).get(`${uid}.${key}`);
  }

  async retain(uids: ReadonlySet<string>): Promise<void> {
    const held = await this.#read();
    const gone = [...held.keys()].filter((entry) => !uids.has(entry.slice(0, entry.indexOf('.'))));
    if (gone.length > 0) await this.#patch(Object.fromEntries(gone.map((entry) => [entry, null])));
  }

  async #read(): Promise<ReadonlyMap<string, string>> {
    if (this.#held !== undefined) return this.#held;
    try {
      return this.#accept(await this.#core.readNamespacedSecret(this.#at));
    } catch (error) {
      throw storeUnavailable(`read Secret ${this.#at.namespace}/${this.#at.name}`, error);
    }
  }

  /** A merge patch names only what changes, so that two writers don't undo each other. */
  async #patch(data: Readonly<Record<string, string | null>>): Promise<void> {
    try {
      this.#accept(
        await this.#core.patchNamespacedSecret(
          { ...this.#at, body: { data }, fieldManager: FIELD_MANAGER },
          setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
        ),
      );
    } catch (error) {
      if (statusCodeOf(error) === 404) this.#held = undefined;
      throw storeUnavailable(`patch Secret ${this.#at.namespace}/${this.#at.name}`, error);
    }
  }

  #accept(secret: Secret): ReadonlyMap<string, string> {
    this.#held = new Map(Object.entries(secret.data ?? {}).map(([entry, value]) => [entry, Buffer.from(value, 'base64').toString()]));
    return this.#held;
  }
}

/** Where there is no such Secret: deletion has what the process remembers. */
export const KEEPS_NOTHING: CredentialKeeper = {
  keep: async () => Promise.resolve(),
  recall: async () => Promise.resolve(undefined),
  retain: async () => Promise.resolve(),
};

function encode(value: string): string {
  return Buffer.from(value).toString('base64');
}
