import type { Condition } from '../conditions.ts';
import type { Controller, Policies } from '../controller.ts';
import { DependencyIndex } from '../dependency-index.ts';
import type { External, Observation } from '../external.ts';
import type { Logger } from '../logger.ts';
import { keyOf, type ManagedObject, type ObjectKey } from '../object.ts';
import { Reconciler, type Next } from '../reconciler.ts';
import { MemoryStore } from './memory-store.ts';

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};

/** What a spec of the fake kind declares. */
export interface ThingSpec {
  readonly value: string;
  readonly needs?: string;
  readonly policies?: Policies;
}

/** One thing outside the cluster. */
export interface Thing {
  readonly uuid: string;
  readonly value: string;
}

/** A kind whose counterpart is one value in a map: enough for every law of the engine, and nothing of Authentik. */
export class FakeWorld {
  readonly store = new MemoryStore();
  readonly index = new DependencyIndex();
  readonly things = new Map<string, Thing>();
  /** Everything done outside, in order, such as `create a`. */
  readonly deeds: string[] = [];
  readonly events: string[] = [];
  readonly blockers: string[] = [];
  /** Throws in the place of a deed, before or after it took effect. */
  readonly faults = new Map<string, { readonly when: 'before' | 'after'; readonly error: Error }>();
  connectError: Error | undefined;
  settleError: Error | undefined;
  differenceCause: 'Secret' | undefined;
  readonly controller: Controller<string>;
  readonly reconciler: Reconciler<string>;
  #made = 0;
  #clock = 0;

  constructor() {
    this.controller = this.#controller();
    this.reconciler = new Reconciler(
      [this.controller],
      {
        store: this.store,
        redact: (text) => text,
        index: this.index,
        events: { record: (_object, type, reason, message) => void this.events.push(`${type} ${reason}: ${message}`) },
        metrics: { reconciled: () => undefined, driftCorrected: () => undefined },
        finalizer: 'test/finalizer',
        annotations: { paused: 'test/paused', forceDelete: 'test/force-delete' },
        now: () => new Date(Date.UTC(2026, 0, 1) + 1000 * this.#clock++).toISOString(),
      },
      SILENT,
    );
  }

  /** One pass over the object called `name`. */
  async pass(name: string): Promise<Next> {
    return this.reconciler.reconcile(this.key(name));
  }

  key(name: string): ObjectKey {
    return { kind: 'Thing', namespace: 'market', name };
  }

  status(name: string): Readonly<Record<string, unknown>> {
    return (this.store.get(this.key(name))?.status ?? {}) as Record<string, unknown>;
  }

  /** `Ready=True/Reconciled` for every condition, by type. */
  conditions(name: string): Readonly<Record<string, string>> {
    const conditions = (this.status(name)['conditions'] ?? []) as readonly Condition[];
    return Object.fromEntries(conditions.map((condition) => [condition.type, `${condition.status}/${condition.reason}`]));
  }

  #controller(): Controller<string> {
    const spec = (object: ManagedObject): ThingSpec => object.spec as ThingSpec;
    return {
      kind: 'Thing',
      manages: 'object',
      conditions: [],
      externalName: (object) => object.metadata.name.replace(/-rival$/, ''),
      dependencies: (object) => (spec(object).needs === undefined ? [] : [this.key(spec(object).needs ?? '')]),
      sources: () => [],
      claim: (object) => `thing "${object.metadata.name.replace(/-rival$/, '')}"`,
      server: () => 'there',
      policies: (object) => spec(object).policies ?? { adoption: 'IfMatch', deletion: undefined },
      connect: () =>
        this.connectError === undefined
          ? Promise.resolve({ session: 'session', status: {}, url: 'there' })
          : Promise.reject(this.connectError),
      resolveReferences: () => Promise.resolve(undefined),
      readSecrets: () => Promise.resolve(undefined),
      readyAfter: (object) => (spec(object).needs === undefined ? [] : [this.key(spec(object).needs ?? '')]),
      external: (object) => this.#external(object),
      externalForDeletion: (object) => this.#external(object),
    };
  }

  #external(object: ManagedObject): External {
    const name = keyOf(object).name.replace(/-rival$/, '');
    const { value } = object.spec as ThingSpec;
    const observe = (): Observation => {
      const thing = this.things.get(name);
      if (thing === undefined) return { exists: false, differences: [], status: {}, before: {} };
      const cause = this.differenceCause === undefined ? {} : { cause: this.differenceCause };
      return {
        exists: true,
        uuid: thing.uuid,
        differences: thing.value === value ? [] : [{ field: 'value', ...cause }],
        status: {},
        before: { value: thing.value },
      };
    };
    const put = (uuid: string, content: string): void => void this.things.set(name, { uuid, value: content });
    return {
      observe: () => Promise.resolve(observe()),
      create: async () => this.#do(`create ${name}`, () => put(`uuid-${++this.#made}`, value), observe),
      update: async () => this.#do(`update ${name}`, () => put(this.things.get(name)?.uuid ?? '', value), observe),
      delete: async () =>
        this.#do(
          `delete ${name}`,
          () => this.things.delete(name),
          () => undefined,
        ),
      restore: async (_observed, before) =>
        this.#do(
          `restore ${name}`,
          () => put(this.things.get(name)?.uuid ?? '', String(before['value'])),
          () => undefined,
        ),
      blockers: () => Promise.resolve(this.blockers),
      settle: () => (this.settleError === undefined ? Promise.resolve({}) : Promise.reject(this.settleError)),
    };
  }

  async #do<T>(deed: string, effect: () => void, answer: () => T): Promise<T> {
    const fault = this.faults.get(deed);
    this.faults.delete(deed);
    if (fault?.when === 'before') throw fault.error;
    this.deeds.push(deed);
    effect();
    if (fault?.when === 'after') throw fault.error;
    return Promise.resolve(answer());
  }
}
