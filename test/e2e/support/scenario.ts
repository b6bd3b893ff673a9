import { randomBytes } from 'node:crypto';
import { jest } from '@jest/globals';
import { API_VERSION } from '../../../src/api/v1alpha1/group.ts';
import type { Config } from '../../../src/config.ts';
import { connectControlPlane, type ControlPlane } from '../../bed/control-plane.ts';
import { eventually } from '../../bed/eventually.ts';
import { resolveAuthentikTarget, type AuthentikTarget } from '../environment/authentik-target.ts';
import { ApiServer } from './api-server.ts';
import { AuthentikSide } from './authentik-side.ts';
import { isReady, kstatusProblems, verdict } from './conditions.ts';
import { eventsIn, type SeenEvent } from './events.ts';
import { History, PATIENCE_MS } from './history.ts';
import { connection, tokenSecret, type Manifest } from './manifests.ts';
import { startOperatorHere, type OperatorHere } from './operator-here.ts';
import type { StoredObject } from './stored-object.ts';

interface ScenarioOptions {
  /** What to run against; by default the server of the environment, else a fresh stand-in. Ended with the scenario. */
  readonly authentik?: () => Promise<AuthentikTarget>;
  /** How many namespaces; one unless given. The operator watches all of them. */
  readonly namespaces?: number;
  /** Applies the token Secret and a connection called `default` in the first namespace. By default yes, with an empty spec. */
  readonly connection?: false | Readonly<Record<string, unknown>>;
  readonly operator?: (namespaces: readonly string[]) => Partial<Config>;
  /** False leaves starting the operator to the test. */
  readonly started?: false;
}

/** How long a whole set-up or tear-down may take, in milliseconds. */
const HOOK_TIMEOUT_MS = 3 * PATIENCE_MS;
/** How long one test may take, in milliseconds: longer than any wait in it, so that the wait that fails says what it waited for. */
const TEST_TIMEOUT_MS = 4 * PATIENCE_MS;

/** A namespace of its own, an Authentik, and an operator between them: what a user has who reads the guide. */
export class Scenario {
  readonly controlPlane: ControlPlane;
  readonly api: ApiServer;
  readonly target: AuthentikTarget;
  /** Authentik without the operator. */
  readonly authentik: AuthentikSide;
  readonly history = new History();
  readonly namespaces: readonly string[];
  readonly #options: ScenarioOptions;
  readonly #suffix = randomBytes(3).toString('hex');
  readonly #operators: OperatorHere[] = [];
  readonly #cleanUps: (() => Promise<unknown>)[] = [];
  #running: OperatorHere | undefined;

  private constructor(parts: {
    controlPlane: ControlPlane;
    target: AuthentikTarget;
    namespaces: readonly string[];
    options: ScenarioOptions;
  }) {
    this.controlPlane = parts.controlPlane;
    this.api = new ApiServer(parts.controlPlane);
    this.target = parts.target;
    this.authentik = new AuthentikSide(parts.target.client);
    this.namespaces = parts.namespaces;
    this.#options = parts.options;
  }

  static async open(options: ScenarioOptions = {}): Promise<Scenario> {
    const controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
    const target = await (options.authentik ?? resolveAuthentikTarget)();
    const namespaces = await Promise.all(Array.from({ length: options.namespaces ?? 1 }, async () => controlPlane.createNamespace('e2e')));
    const scenario = new Scenario({ controlPlane, target, namespaces, options });
    await scenario.history.follow(scenario.api, namespaces);
    if (options.started !== false) await scenario.startOperator();
    if (options.connection !== false) {
      await scenario.apply(tokenSecret(target.token), connection(target.url, options.connection));
      await scenario.ready('AuthentikConnection', 'default');
    }
    return scenario;
  }

  get namespace(): string {
    return this.namespaces[0] ?? '';
  }

  /** A name that nobody else has, on a server that others use as well. */
  name(base: string): string {
    return `e2e-${base}-${this.#suffix}`;
  }

  /** Applies manifests one after another, in the first namespace unless another is given. */
  async apply(...manifests: readonly Manifest[]): Promise<void> {
    await this.applyIn(this.namespace, ...manifests);
  }

  async applyIn(namespace: string, ...manifests: readonly Manifest[]): Promise<void> {
    for (const manifest of manifests) {
      const stored = await this.api.apply(manifest, namespace);
      if (manifest.apiVersion === API_VERSION) await this.#seen(stored);
    }
  }

  /** Changes a part of a spec, as `kubectl patch` does. */
  async patchSpec(kind: string, name: string, spec: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#seen(await this.api.patch(kind, this.namespace, name, { spec }));
  }

  /** Sets annotations; null removes one. */
  async annotate(kind: string, name: string, annotations: Readonly<Record<string, string | null>>): Promise<void> {
    await this.api.patch(kind, this.namespace, name, { metadata: { annotations } });
  }

  /** The object as last seen. Throws when there is none. */
  see(kind: string, name: string, namespace = this.namespace): StoredObject {
    const object = this.history.latest(kind, namespace, name);
    if (object === undefined) throw new Error(`there is no ${kind} ${namespace}/${name}`);
    return object;
  }

  /** Waits until the object is as told, and answers it. */
  async until(
    kind: string,
    name: string,
    holds: (object: StoredObject) => boolean,
    what: string,
    options: { namespace?: string; timeoutMs?: number } = {},
  ): Promise<StoredObject> {
    const { namespace = this.namespace, timeoutMs = PATIENCE_MS } = options;
    const found = (): StoredObject | undefined => {
      const object = this.history.latest(kind, namespace, name);
      return object !== undefined && holds(object) ? object : undefined;
    };
    await this.history.until(() => found() !== undefined, `${kind} ${name} ${what}`, timeoutMs);
    return this.see(kind, name, namespace);
  }

  /** Waits until it is Ready for its present generation. */
  async ready(kind: string, name: string, namespace?: string): Promise<StoredObject> {
    return this.until(kind, name, isReady, 'is Ready', namespace === undefined ? {} : { namespace });
  }

  /** Waits for a judgement on the present generation, such as `Ready=False/Conflict`. */
  async judged(kind: string, name: string, wanted: string, namespace?: string): Promise<StoredObject> {
    const [type = ''] = wanted.split('=');
    const holds = (object: StoredObject): boolean =>
      verdict(object, type) === wanted && object.status?.observedGeneration === object.metadata.generation;
    return this.until(kind, name, holds, `says ${wanted}`, namespace === undefined ? {} : { namespace });
  }

  /** Deletes objects at once and waits until all are gone. */
  async remove(...objects: readonly (readonly [kind: string, name: string])[]): Promise<void> {
    for (const [kind, name] of objects) await this.api.remove(kind, this.namespace, name);
    await this.history.until(
      () => objects.every(([kind, name]) => this.history.latest(kind, this.namespace, name) === undefined),
      `${objects.map((object) => object.join(' ')).join(', ')} gone`,
    );
  }

  /** The watch comes a moment after the write; until then `ready` would speak of the object as it was. */
  async #seen({ kind, metadata }: StoredObject): Promise<void> {
    const isThere = ({ metadata: { uid, generation } }: StoredObject): boolean => uid === metadata.uid && generation >= metadata.generation;
    await this.history.until(
      () => this.history.versions(kind, metadata.namespace, metadata.name).some(isThere),
      `${kind} ${metadata.name} is applied`,
    );
  }

  /** Events about one object, or about all. */
  async events(about?: string, namespace = this.namespace): Promise<readonly SeenEvent[]> {
    const events = await eventsIn(this.api, namespace);
    return about === undefined ? events : events.filter((event) => event.about === about);
  }

  /** Waits for an event: events come a moment after the status. */
  async event(about: string, reason: string): Promise<SeenEvent> {
    return eventually(
      async () => {
        const events = await this.events(about);
        const found = events.find((event) => event.reason === reason);
        if (found === undefined) throw new Error(`${about} has only the events ${events.map((event) => event.reason).join(', ')}`);
        return found;
      },
      { message: `${about} has an event ${reason}`, timeout: PATIENCE_MS },
    );
  }

  /** With the rights of the chart's ServiceAccount, in all namespaces. */
  get operatorKubeconfig(): string {
    return process.env['BED_OPERATOR_KUBECONFIG'] ?? '';
  }

  async startOperator(): Promise<OperatorHere> {
    const settings = { watchNamespaces: [...this.namespaces], ...this.#options.operator?.(this.namespaces) };
    this.#running = await startOperatorHere(this.operatorKubeconfig, settings);
    this.#operators.push(this.#running);
    return this.#running;
  }

  async stopOperator(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  /** What all operators of this scenario logged. */
  get log(): readonly string[] {
    return this.#operators.flatMap(({ log }) => log);
  }

  /** All that this scenario's operators have let anybody see, by where. */
  async said(): Promise<Readonly<Record<'objects' | 'events' | 'log' | 'metrics', string>>> {
    const metrics = await Promise.all(this.#operators.map(async (operator) => operator.metrics.registry.metrics()));
    return {
      objects: JSON.stringify(this.history.all()),
      events: JSON.stringify(await this.events()),
      log: this.log.join(''),
      metrics: metrics.join(''),
    };
  }

  /** Something to undo when the scenario ends, after the objects are gone; the last comes first. */
  afterwards(cleanUp: () => Promise<unknown>): void {
    this.#cleanUps.unshift(cleanUp);
  }

  /** What was wrong, by the rules of kstatus, with any status of any object that was there for a moment. */
  kstatusProblems(): readonly string[] {
    return this.history.all().flatMap(kstatusProblems);
  }

  /** Deletes everything as a user would, and ends. Throws when the operator doesn't let its objects go, or has asked what Authentik's schema doesn't know. */
  async close(): Promise<void> {
    try {
      if (this.#running === undefined) await this.startOperator();
      await this.removeAll();
      const violations = this.target.sim?.schemaViolations ?? [];
      if (violations.length > 0) throw new Error(`the official schema says otherwise: ${JSON.stringify(violations, null, 1)}`);
    } finally {
      await this.stopOperator();
      this.history.stop();
      for (const cleanUp of this.#cleanUps) await cleanUp();
      for (const namespace of this.namespaces) await this.api.removeNamespace(namespace);
      this.api.close();
      await this.target.stop();
    }
  }

  /** Deletes all objects, connections last: without them there is nobody to ask. */
  async removeAll(): Promise<void> {
    const connections = (): readonly StoredObject[] => this.history.present().filter(({ kind }) => kind === 'AuthentikConnection');
    const others = (): readonly StoredObject[] => this.history.present().filter(({ kind }) => kind !== 'AuthentikConnection');
    for (const objects of [others, connections]) {
      await Promise.all(objects().map(async ({ kind, metadata }) => this.api.remove(kind, metadata.namespace, metadata.name)));
      await this.history.until(() => objects().length === 0, 'every object is let go');
    }
  }
}

/**
 * A scenario for all tests of the `describe` that calls it (or of the file), and with it the check that every test makes: no status
 * that was ever written broke the rules of kstatus.
 */
export function useScenario(options: ScenarioOptions = {}): () => Scenario {
  let scenario: Scenario | undefined;
  jest.setTimeout(TEST_TIMEOUT_MS);
  beforeAll(async () => {
    scenario = await Scenario.open(options);
  }, HOOK_TIMEOUT_MS);
  afterEach(() => {
    expect(scenario?.kstatusProblems()).toEqual([]);
  });
  afterAll(async () => scenario?.close(), HOOK_TIMEOUT_MS);
  return () => {
    if (scenario === undefined) throw new Error('the scenario was not set up');
    return scenario;
  };
}
