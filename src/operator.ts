import * as k8s from '@kubernetes/client-node';
import type { AuthentikConnectionSpec } from './api/v1alpha1/authentik-connection.ts';
import { FINALIZER, FORCE_DELETE_ANNOTATION, GROUP, PAUSED_ANNOTATION, VERSION } from './api/v1alpha1/group.ts';
import { KINDS } from './api/v1alpha1/kinds.ts';
import type { Session } from './authentik/session.ts';
import type { Config } from './config.ts';
import { connectionController, openSession } from './controllers/authentik-connection.ts';
import { flowController } from './controllers/authentik-flow.ts';
import { policyController } from './controllers/authentik-policy.ts';
import { promptController } from './controllers/authentik-prompt.ts';
import { stageController } from './controllers/authentik-stage.ts';
import { Connections } from './controllers/connections.ts';
import { DriftWatch } from './controllers/drift-watch.ts';
import { enrollmentController } from './controllers/enrollment-binding.ts';
import { Sessions } from './controllers/sessions.ts';
import { topicsInAuthentik } from './controllers/topics.ts';
import { KubeConfigMapWriter } from './kube/config-map-writer.ts';
import { KubeEventRecorder } from './kube/event-recorder.ts';
import type { PooledKubeConfig } from './kube/kubeconfig.ts';
import { namespaceLabels } from './kube/namespace-labels.ts';
import { KubeObjectStore } from './kube/object-store.ts';
import { OperatorBase } from './kube/operator-base.ts';
import { KubeSourceStore } from './kube/source-store.ts';
import type { Metrics } from './metrics.ts';
import { SecretReader } from './resources/secret-reader.ts';
import { systemClock } from './runtime/clock.ts';
import type { Controller } from './runtime/controller.ts';
import { dependencyTopic } from './runtime/deletion.ts';
import { DependencyIndex } from './runtime/dependency-index.ts';
import { Dispatcher } from './runtime/dispatcher.ts';
import type { EventRecorder } from './runtime/events.ts';
import type { Logger } from './runtime/logger.ts';
import { keyOf, type ManagedObject, type ObjectKey } from './runtime/object.ts';
import { Reconciler } from './runtime/reconciler.ts';
import type { Redaction } from './runtime/redaction.ts';
import type { ObjectChange } from './runtime/store.ts';
import { Workqueue } from './runtime/workqueue.ts';

/** The first retry comes quickly; a server that is down is asked every two minutes in the end. */
const RETRY = { baseDelayMs: 500, maxDelayMs: 120_000 };
/** How long running passes may take to end when we are told to stop, in milliseconds; below Kubernetes' grace of 30 s. */
const STOP_GRACE_MS = 20_000;

/** What the operator is given. */
export interface OperatorParts {
  readonly config: Config;
  readonly kubeConfig: PooledKubeConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly redaction: Redaction;
  readonly version: string;
}

/** The operator: all parts, wired. `start` returns once the caches are synced; nothing is written before `work` is called. */
export class FlowOperator extends OperatorBase {
  readonly #parts: OperatorParts;
  readonly #store: KubeObjectStore;
  readonly #sources: KubeSourceStore;
  readonly #events: KubeEventRecorder;
  readonly #sessions = new Sessions();
  readonly #queue: Workqueue;
  readonly #reconciler: Reconciler<Session>;
  readonly #dispatcher: Dispatcher<Session>;
  readonly #drift: DriftWatch;
  #working = false;

  constructor(parts: OperatorParts) {
    super(parts.kubeConfig, parts.log);
    const { config, kubeConfig, log, metrics } = parts;
    this.#parts = parts;
    this.#store = new KubeObjectStore({
      kubeConfig,
      group: GROUP,
      version: VERSION,
      kinds: KINDS,
      namespaces: config.watchNamespaces,
      logger: log,
      onRestart: (kind, reason) => metrics.watchRestarted(kind, reason),
    });
    this.#sources = new KubeSourceStore({ kubeConfig, logger: log, onRestart: (kind, reason) => metrics.watchRestarted(kind, reason) });
    this.#events = new KubeEventRecorder({
      events: kubeConfig.makeApiClient(k8s.EventsV1Api),
      logger: log,
      instance: config.podName ?? 'authentik-flow-operator',
    });
    this.#queue = new Workqueue({ ...RETRY, logger: log });
    metrics.watchQueue(() => this.#queue.depth);
    const index = new DependencyIndex();
    const events = this.#redactedEvents();
    const { controllers, connections } = this.#controllers(events);
    const environment = {
      store: this.#store,
      redact: (text: string) => parts.redaction.scrub(text),
      index,
      events,
      metrics,
      finalizer: FINALIZER,
      annotations: { paused: PAUSED_ANNOTATION, forceDelete: FORCE_DELETE_ANNOTATION },
      now: timestamp,
    };
    this.#reconciler = new Reconciler(controllers, environment, log);
    this.#dispatcher = new Dispatcher({
      controllers,
      reconciler: this.#reconciler,
      store: this.#store,
      sources: this.#sources,
      index,
      queue: this.#queue,
      extraTopics: (object) => topicsInAuthentik(object, connections.urlOf(object)),
    });
    this.#drift = new DriftWatch({
      store: this.#store,
      sessions: this.#sessions,
      clock: systemClock,
      log,
      wake: (topic) => this.#dispatcher.wake(topic),
      resync: (connection) => this.#resync(connection),
    });
    this.#store.subscribe((change) => this.#connectionChanged(change));
  }

  /** Whether every kind has been listed. */
  get synced(): boolean {
    return this.#store.hasSynced;
  }

  /** Begins to reconcile. Connections come first: whatever was Ready before a restart stays so, without a moment of doubt. */
  async work(): Promise<void> {
    this.#working = true;
    const connections = this.#store.list('AuthentikConnection');
    await Promise.all(connections.map(async (connection) => this.#reconciler.reconcile(keyOf(connection))));
    for (const connection of connections) this.#drift.watch(connection as ManagedObject<AuthentikConnectionSpec>);
    this.#dispatcher.start(this.#parts.config.workers);
  }

  /** Ends what runs, in order, and gives it a while to end well. */
  async shutDown(): Promise<void> {
    this.#drift.stop();
    await this.#dispatcher.stop(STOP_GRACE_MS);
    await this.#events.flush();
    this.stop();
  }

  override stop(): void {
    super.stop();
    this.#store.stop();
    this.#sources.stop();
    this.#sessions.close();
  }

  protected async init(): Promise<void> {
    this.#store.start();
    await this.#store.synced();
  }

  #controllers(events: EventRecorder): { readonly controllers: readonly Controller<Session>[]; readonly connections: Connections } {
    const { config, kubeConfig, log, metrics, redaction, version } = this.#parts;
    const core = kubeConfig.makeApiClient(k8s.CoreV1Api);
    const secrets = new SecretReader(this.#sources, redaction, events);
    const clientOptions = {
      log,
      userAgent: `authentik-flow-operator/${version}`,
      onRequest: (record: Parameters<Metrics['request']>[0]) => metrics.request(record),
    };
    const connection = { secrets, sessions: this.#sessions, clock: systemClock, clientOptions };
    const connections = new Connections({
      store: this.#store,
      sessions: this.#sessions,
      open: async (object) => openSession(object, connection),
      defaultConnection: config.defaultConnection,
      namespaceLabels: namespaceLabels({ core }),
    });
    const managed = { store: this.#store, connections, secrets };
    const controllers = [
      connectionController(connection),
      promptController(managed),
      policyController(managed),
      stageController(managed),
      flowController(managed),
      enrollmentController({ ...managed, configMaps: new KubeConfigMapWriter(core) }),
    ] as readonly Controller<Session>[];
    return { controllers, connections };
  }

  /** Events are read by more people than logs. */
  #redactedEvents(): EventRecorder {
    return { record: (object, type, reason, message) => this.#events.record(object, type, reason, this.#parts.redaction.scrub(message)) };
  }

  #resync(connection: ObjectKey): void {
    this.#dispatcher.enqueue(connection);
    this.#dispatcher.wake(dependencyTopic(connection));
  }

  #connectionChanged({ key, previous, object }: ObjectChange): void {
    if (key.kind !== 'AuthentikConnection' || !this.#working) return;
    if (object === undefined) {
      // The session stays: what hangs on the connection may still have to be cleaned up.
      this.#drift.forget(key);
    } else if (previous?.metadata.generation !== object.metadata.generation) {
      this.#drift.watch(object as ManagedObject<AuthentikConnectionSpec>);
    }
  }
}

/** RFC 3339 to the second, as Kubernetes writes times. */
function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}
