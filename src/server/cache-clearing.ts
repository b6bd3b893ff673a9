import type { AuthentikClient } from '../authentik/client.ts';
import { AuthentikError } from '../authentik/errors.ts';
import type { PolicyCaches } from '../authentik/session.ts';
import type { Clock } from '../runtime/clock.ts';

const PATHS = ['/policies/all/cache_clear/', '/flows/instances/cache_clear/'];
/** Whoever comes within this time shares one clearing, in milliseconds: each makes the server plan every visitor's flow anew. */
const TOGETHER_MS = 200;

/**
 * Makes one Authentik forget what policies decided and which plans it made from that: it keeps both for five minutes, and doesn't notice
 * changes of policies and their bindings by itself. Without the permission the change takes effect five minutes later, which is no failure.
 */
export class CacheClearing implements PolicyCaches {
  readonly #client: Pick<AuthentikClient, 'post'>;
  readonly #clock: Clock;
  #due = false;
  #next: Promise<void> | undefined;

  constructor(client: Pick<AuthentikClient, 'post'>, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Resolves once the caches have been cleared after this call. */
  async clear(): Promise<void> {
    this.#due = true;
    this.#next ??= this.#soon();
    return this.#next;
  }

  /** Tries again what failed before: the change that it was about is made, and nothing else would remind us. */
  async clearDue(): Promise<void> {
    if (this.#due) await this.clear();
  }

  async #soon(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#clock.setTimeout(resolve, TOGETHER_MS);
    });
    // Whoever comes from now on may have changed something that this doesn't clear.
    this.#next = undefined;
    this.#due = false;
    try {
      for (const path of PATHS) await this.#clearOne(path);
    } catch (error) {
      this.#due = true;
      throw error;
    }
  }

  async #clearOne(path: string): Promise<void> {
    try {
      await this.#client.post(path, {});
    } catch (error) {
      if (!(error instanceof AuthentikError && error.reason === 'PermissionDenied')) throw error;
    }
  }
}
