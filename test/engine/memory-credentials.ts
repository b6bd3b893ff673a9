import type { CredentialKeeper } from '../../src/runtime/store.ts';

/** Copies of credentials in memory, which outlive an engine as the operator's own Secret outlives a process. */
export class MemoryCredentials implements CredentialKeeper {
  readonly held = new Map<string, string>();

  async keep(uid: string, key: string, value: string): Promise<void> {
    this.held.set(`${uid}.${key}`, value);
    return Promise.resolve();
  }

  async recall(uid: string, key: string): Promise<string | undefined> {
    return Promise.resolve(this.held.get(`${uid}.${key}`));
  }

  async retain(uids: ReadonlySet<string>): Promise<void> {
    for (const entry of this.held.keys()) if (!uids.has(entry.split('.')[0] ?? '')) this.held.delete(entry);
    return Promise.resolve();
  }
}
