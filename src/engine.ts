import { ABANDON_ANNOTATION, FINALIZER, FORCE_DELETE_ANNOTATION, PAUSED_ANNOTATION } from './api/v1alpha1/group.ts';
import type { AuthentikConnectionSpec } from './api/v1alpha1/authentik-connection.ts';
import type { ClientOptions } from './authentik/client.ts';
import type { Session } from './authentik/session.ts';
import { connectionController, openSession } from './controllers/authentik-connection.ts';
import { flowController } from './controllers/authentik-flow.ts';
import { policyController } from './controllers/authentik-policy.ts';
import { promptController } from './controllers/authentik-prompt.ts';
import { stageController } from './controllers/authentik-stage.ts';
import { Connections, type DefaultConnection } from './controllers/connections.ts';
import { DriftWatch } from './controllers/drift-watch.ts';
import { enrollmentController } from './controllers/enrollment-binding.ts';
import { Sessions } from './controllers/sessions.ts';
import { topicsInAuthentik } from './controllers/topics.ts';
import { SecretReader } from './resources/secret-reader.ts';
import { systemClock } from './runtime/clock.ts';
import type { Controller } from './runtime/controller.ts';
import { dependencyTopic } from './runtime/deletion.ts';
import { DependencyIndex } from './runtime/dependency-index.ts';
import { Dispatcher } from './runtime/dispatcher.ts';
import type { ReconcileMetrics } from './runtime/environment.ts';
import type { EventRecorder } from './runtime/events.ts';
import type { Logger } from './runtime/logger.ts';
import { keyOf, type ManagedObject, type ObjectKey } from './runtime/object.ts';
import { scrubbed } from './runtime/quoted.ts';
import { Reconciler } from './runtime/reconciler.ts';
import type { Redaction } from './runtime/redaction.ts';
import type { ConfigMapWriter, NamespaceLabels, ObjectChange, ObjectStore, SourceStore } from './runtime/store.ts';
import { Workqueue, type WorkqueueOptions } from './runtime/workqueue.ts';

/** The first retry comes quickly; a server that is down is asked every two minutes in the end. */
const RETRY = { baseDelayMs: 500, maxDelayMs: 120_000 };

/** What the engine is given: where objects, Secrets and ConfigMaps live, and who hears of what it does. */
export interface EngineParts {
  readonly store: ObjectStore;
  readonly sources: SourceStore;
  readonly configMaps: ConfigMapWriter;
  readonly namespaceLabels: NamespaceLabels;
  readonly events: EventRecorder;
  readonly metrics: ReconcileMetrics;
  readonly redaction: Redaction;
  readonly log: Logger;
  /** For every client of an Authentik. */
  readonly clientOptions: Pick<ClientOptions, 'onRequest' | 'userAgent' | 'office'>;
  readonly defaultConnection?: DefaultConnection | undefined;
  readonly workers: number;
  readonly retry?: Pick<WorkqueueOptions, 'baseDelayMs' | 'maxDelayMs'>;
}

/** The operator without Kubernetes: every controller and service, wired to a store. Nothing is written before {@link work} is called. */
export class Engine {
  readonly queue: Workqueue;
  readonly #parts: EngineParts;
  readonly #sessions = new Sessions();
  readonly #reconciler: Reconciler<Session>;
  readonly #dispatcher: Dispatcher<Session>;
  readonly #drift: DriftWatch;
  #working = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    const { store, sources, log, metrics, redaction } = parts;
    this.queue = new Workqueue({ ...(parts.retry ?? RETRY), logger: log });
    const index = new DependencyIndex();
    const events = redacted(parts.events, redaction);
    const { controllers, connections } = this.#controllers(events);
    const environment = {
      store,
      redact: (text: string, namespaces: readonly string[]) => redaction.scrub(text, namespaces),
      index,
      events,
      metrics,
      finalizer: FINALIZER,
      annotations: { paused: PAUSED_ANNOTATION, forceDelete: FORCE_DELETE_ANNOTATION, abandon: ABANDON_ANNOTATION },
      startedAt: timestamp(),
      now: timestamp,
    };
    this.#reconciler = new Reconciler(controllers, environment, log);
    this.#dispatcher = new Dispatcher({
      controllers,
      reconciler: this.#reconciler,
      store,
      sources,
      index,
      queue: this.queue,
      extraTopics: (object) => topicsInAuthentik(object, connections.urlOf(object)),
    });
    this.#drift = new DriftWatch({
      store,
      sessions: this.#sessions,
      clock: systemClock,
      log,
      wake: (topic) => this.#dispatcher.wake(topic),
      resync: (connection) => this.#resync(connection),
    });
    store.subscribe((change) => this.#connectionChanged(change));
  }

  /** Begins to reconcile. Connections come first: whatever was Ready before a restart stays so, without a moment of doubt. */
  async work(): Promise<void> {
    this.#working = true;
    const connections = this.#parts.store.list('AuthentikConnection');
    await Promise.all(connections.map(async (connection) => this.#reconciler.reconcile(keyOf(connection))));
    for (const connection of connections) this.#drift.watch(connection as ManagedObject<AuthentikConnectionSpec>);
    this.#dispatcher.start(this.#parts.workers);
  }

  /** Takes no new work, and gives what runs `graceMs` to end well. */
  async drain(graceMs: number): Promise<void> {
    this.#drift.stop();
    await this.#dispatcher.stop(graceMs);
  }

  /** Ends every connection to an Authentik. */
  close(): void {
    this.#sessions.close();
  }

  #controllers(events: EventRecorder): { readonly controllers: readonly Controller<Session>[]; readonly connections: Connections } {
    const { store, sources, redaction, log, clientOptions, configMaps, namespaceLabels, defaultConnection } = this.#parts;
    const secrets = new SecretReader(sources, redaction, events);
    const connection = { secrets, sessions: this.#sessions, clock: systemClock, clientOptions: { ...clientOptions, log } };
    const connections = new Connections({
      store,
      sessions: this.#sessions,
      open: async (object) => openSession(object, connection),
      defaultConnection,
      namespaceLabels,
    });
    const managed = { store, connections, secrets };
    const controllers = [
      connectionController(connection),
      promptController(managed),
      policyController(managed),
      stageController(managed),
      flowController(managed),
      enrollmentController({ ...managed, configMaps }),
    ] as readonly Controller<Session>[];
    return { controllers, connections };
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

/** Events are read by more people than logs. */
function redacted(events: EventRecorder, redaction: Redaction): EventRecorder {
  const redact = (text: string, namespaces: readonly string[]): string => redaction.scrub(text, namespaces);
  return { record: (object, type, reason, message) => events.record(object, type, reason, scrubbed(object, reason, message, { redact })) };
}

/** RFC 3339 to the second, as Kubernetes writes times. */
function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}
