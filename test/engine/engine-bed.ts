import { Engine, type EngineParts } from '../../src/engine.ts';
import { silentLogger } from '../../src/authentik/silent-logger.ts';
import type { Condition } from '../../src/runtime/conditions.ts';
import { formatKey, type ManagedObject } from '../../src/runtime/object.ts';
import { Redaction } from '../../src/runtime/redaction.ts';
import { MemoryStore } from '../../src/runtime/testing/memory-store.ts';
import { eventually } from '../bed/eventually.ts';
import { MemoryCredentials } from './memory-credentials.ts';
import { MemorySources } from './memory-sources.ts';

const TOKEN_SECRET = { name: 'authentik-token', key: 'token' };

/** An object's name, and its namespace where it isn't `market`. */
export type Address = string | { readonly name: string; readonly namespace: string };

/** The engine as it ships, with a store in memory in the place of the API server: a scenario takes milliseconds. */
export class EngineBed {
  readonly store: MemoryStore;
  readonly sources: MemorySources;
  readonly credentials: MemoryCredentials;
  /** `Kind/namespace/name Reason: message`, in order. */
  readonly events: string[] = [];
  /** `Kind outcome` of every pass, in order. */
  readonly passes: string[] = [];
  /** What was written into Secrets, by name. */
  readonly links = new Map<string, Readonly<Record<string, string>>>();
  /** What went wrong inside and nobody handled. */
  readonly errors: unknown[] = [];
  readonly engine: Engine;

  /** With `former`, another process that goes on with what that one's store has. */
  constructor(options: Partial<EngineParts> = {}, former?: EngineBed) {
    this.store = former?.store ?? new MemoryStore();
    this.sources = former?.sources ?? new MemorySources();
    this.credentials = former?.credentials ?? new MemoryCredentials();
    const log = { ...silentLogger, error: (fields: object, text: string) => void this.errors.push({ text, ...fields }), child: () => log };
    this.engine = new Engine({
      store: this.store,
      sources: this.sources,
      credentials: this.credentials,
      secretWriter: {
        check: async () => Promise.resolve(),
        apply: async (_owner, name, data) => Promise.resolve(void this.links.set(name, data)),
        remove: async (_owner, name) => Promise.resolve(void this.links.delete(name)),
      },
      configMaps: { apply: async () => Promise.resolve(), remove: async () => Promise.resolve() },
      namespaceLabels: async () => Promise.resolve({}),
      events: {
        record: (object, _type, reason, message) =>
          void this.events.push(`${object.kind}/${object.metadata.namespace}/${object.metadata.name} ${reason}: ${message}`),
      },
      metrics: { reconciled: (kind, outcome) => void this.passes.push(`${kind} ${outcome}`), driftCorrected: () => undefined },
      redaction: new Redaction(),
      log,
      clientOptions: { userAgent: 'engine-bed' },
      workers: 4,
      retry: { baseDelayMs: 50, maxDelayMs: 1000 },
      ...options,
    });
    if (former !== undefined) this.store.announce();
  }

  /** What a user does. */
  apply(kind: string, at: Address, spec: object, annotations?: Record<string, string>, createdAt?: string): ManagedObject {
    const { name, namespace } = addressOf(at);
    const options = { ...(annotations === undefined ? {} : { annotations }), ...(createdAt === undefined ? {} : { createdAt }) };
    return this.store.apply(kind, name, spec, { namespace, ...options });
  }

  /** A connection called `default` with a token, in the namespace. */
  connect(server: { readonly url: string; readonly token: string }, spec: object = {}, namespace = 'market'): ManagedObject {
    this.sources.set('Secret', namespace, TOKEN_SECRET.name, { [TOKEN_SECRET.key]: server.token });
    const connection = { url: server.url, tokenSecretRef: TOKEN_SECRET, driftPollInterval: '0s', ...spec };
    return this.apply('AuthentikConnection', { name: 'default', namespace }, connection);
  }

  delete(kind: string, at: Address): void {
    this.store.delete({ kind, ...addressOf(at) });
  }

  get(kind: string, at: Address): ManagedObject | undefined {
    return this.store.get({ kind, ...addressOf(at) });
  }

  status(kind: string, at: Address): Readonly<Record<string, unknown>> {
    return (this.get(kind, at)?.status ?? {}) as Readonly<Record<string, unknown>>;
  }

  condition(kind: string, at: Address, type: string): Condition | undefined {
    return (this.status(kind, at)['conditions'] as readonly Condition[] | undefined)?.find((condition) => condition.type === type);
  }

  /** `True/Reconciled`, for the present generation only; `gone` when there is no such object. */
  ready(kind: string, at: Address): string {
    const object = this.get(kind, at);
    if (object === undefined) return 'gone';
    const ready = this.condition(kind, at, 'Ready');
    return ready?.observedGeneration === object.metadata.generation ? `${ready.status}/${ready.reason}` : 'not judged yet';
  }

  /** Resolves once the object's Ready condition reads like that. */
  async until(kind: string, at: Address, ready: string, timeout = 10_000): Promise<void> {
    await eventually(
      () => {
        const is = this.ready(kind, at);
        if (is !== ready) throw new Error(`${is}: ${this.condition(kind, at, 'Ready')?.message ?? ''}`);
      },
      { timeout, interval: 5, message: `${formatKey({ kind, ...addressOf(at) })} ${ready}` },
    );
  }

  /** Resolves once `holds` answers true. */
  async eventually(message: string, holds: () => Promise<boolean> | boolean, timeout = 10_000): Promise<void> {
    await eventually(
      async () => {
        if (!(await holds())) throw new Error('not yet');
      },
      { timeout, interval: 5, message },
    );
  }

  /** Resolves once nothing runs and nothing is about to; what waits for its time to be retried doesn't count. */
  async quiet(timeout = 10_000): Promise<void> {
    const { queue } = this.engine;
    let turns = 0;
    await eventually(
      () => {
        turns = queue.depth + queue.running === 0 ? turns + 1 : 0;
        if (turns < QUIET_TURNS) throw new Error(`${queue.depth} keys wait, ${queue.running} run`);
      },
      { timeout, interval: 1, message: 'nothing to do' },
    );
  }

  /** Lets nobody work any more, as if the process had ended. What is in the store stays. */
  async stop(): Promise<void> {
    await this.engine.drain(2000);
    this.engine.close();
  }
}

/** A key that was woken by the end of another's pass shows by then. */
const QUIET_TURNS = 5;

function addressOf(at: Address): { readonly name: string; readonly namespace: string } {
  return typeof at === 'string' ? { name: at, namespace: 'market' } : at;
}
