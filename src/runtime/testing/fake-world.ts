import type { Condition } from '../conditions.ts';
import type { Controller, Policies } from '../controller.ts';
import { DependencyIndex } from '../dependency-index.ts';
import { OperatorError } from '../errors.ts';
import type { External, Observation } from '../external.ts';
import type { Logger } from '../logger.ts';
import { keyOf, type ManagedObject, type ObjectKey } from '../object.ts';
import type { Patience } from '../patience.ts';
import { printOf } from '../print.ts';
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
  readonly faults = new Map<string, { readonly when: 'before' | 'after' | 'later'; readonly error: Error }>();
  connectError: Error | undefined;
  settleError: Error | undefined;
  differenceCause: 'Secret' | undefined;
  /** What becomes of a value that is accepted. */
  keeps: (value: string) => string = (value) => value;
  readonly controller: Controller<string>;
  reconciler: Reconciler<string>;
  /** Lists that miss what is there: for so many looks. */
  misses = 0;
  /** Creates that were sent and take effect only when they arrive. */
  readonly underWay: (() => void)[] = [];
  /** Creates that took effect while what another one had made was still there. */
  doubles = 0;
  #made = 0;
  #nowMs = Date.UTC(2026, 0, 1);

  readonly #patience: Patience | undefined;

  constructor(patience?: Patience) {
    this.#patience = patience;
    this.controller = this.#controller();
    this.reconciler = this.#process();
  }

  /** Time passes. */
  advance(ms: number): void {
    this.#nowMs += ms;
  }

  /** The process is gone, and another one begins with what the store has. */
  restart(): void {
    this.reconciler = this.#process();
  }

  #timestamp(): string {
    return new Date(this.#nowMs).toISOString();
  }

  #process(): Reconciler<string> {
    return new Reconciler(
      [this.controller],
      {
        store: this.store,
        redact: (text) => text,
        specProblem: () => undefined,
        ...(this.#patience === undefined ? {} : { patience: this.#patience }),
        index: this.index,
        events: { record: (_object, type, reason, message) => void this.events.push(`${type} ${reason}: ${message}`) },
        metrics: { reconciled: () => undefined, driftCorrected: () => undefined },
        finalizer: 'test/finalizer',
        annotations: { paused: 'test/paused', forceDelete: 'test/force-delete', abandon: 'test/abandon' },
        startedAt: this.#timestamp(),
        now: () => {
          this.#nowMs += 1000;
          return this.#timestamp();
        },
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

  object(name: string): ManagedObject {
    const object = this.store.get(this.key(name));
    if (object === undefined) throw new Error(`there is no ${name}`);
    return object;
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
      const missed = this.misses > 0;
      if (missed) this.misses -= 1;
      const thing = missed ? undefined : this.things.get(name);
      if (thing === undefined) return { exists: false, differences: [], status: {}, before: {} };
      const cause = this.differenceCause === undefined ? {} : { cause: this.differenceCause };
      return {
        exists: true,
        uuid: thing.uuid,
        differences: thing.value === value ? [] : [{ field: 'value', from: thing.value, to: value, ...cause }],
        status: {},
        before: { value: thing.value },
        declared: { value: printOf(value) },
        print: (field) => (field === 'value' ? printOf(thing.value) : undefined),
      };
    };
    const put = (uuid: string, content: string): void => void this.things.set(name, { uuid, value: this.keeps(content) });
    return {
      observe: () => Promise.resolve(observe()),
      refresh: () => Promise.resolve(observe()),
      intent: () => ({ value: printOf(value) }),
      create: async () => {
        // As Authentik does: names are unique.
        if (this.things.has(name)) throw new OperatorError('Progressing', 'name taken', { refused: true, retryAfterMs: 1000 });
        const arrive = (): void => {
          if (this.things.has(name)) this.doubles += 1;
          else put(`uuid-${++this.#made}`, value);
        };
        return this.#do(`create ${name}`, arrive, observe);
      },
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
          () => {
            if ('value' in before) put(this.things.get(name)?.uuid ?? '', String(before['value']));
          },
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
    if (fault?.when === 'later') {
      this.underWay.push(effect);
      throw fault.error;
    }
    this.deeds.push(deed);
    effect();
    if (fault?.when === 'after') throw fault.error;
    return Promise.resolve(answer());
  }
}
