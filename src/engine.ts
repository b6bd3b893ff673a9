import { ABANDON_ANNOTATION, FINALIZER, FORCE_DELETE_ANNOTATION, PAUSED_ANNOTATION } from './api/v1alpha1/group.ts';
import { baseURLOf } from './authentik/base-url.ts';
import { specProblem } from './api/v1alpha1/spec-problem.ts';
import type { ClientOptions } from './authentik/client.ts';
import type { Session } from './authentik/session.ts';
import { connectionController } from './controllers/authentik-connection.ts';
import { flowController } from './controllers/authentik-flow.ts';
import { flowBindingController } from './controllers/flow-binding.ts';
import { groupController } from './controllers/authentik-group.ts';
import { invitationController } from './controllers/authentik-invitation.ts';
import { policyController } from './controllers/authentik-policy.ts';
import { promptController } from './controllers/authentik-prompt.ts';
import { stageController } from './controllers/authentik-stage.ts';
import { RightsInUse } from './controllers/rights-in-use.ts';
import { enrollmentController } from './controllers/enrollment-binding.ts';
import { KeepingCredentials, RecalledCredentials } from './resources/kept-credentials.ts';
import { SecretReader } from './resources/secret-reader.ts';
import { linksShowing } from './resources/links-showing.ts';
import { Referrers } from './resources/referrers.ts';
import { systemClock, type Clock } from './runtime/clock.ts';
import type { Controller } from './runtime/controller.ts';
import { dependencyTopic } from './runtime/deletion.ts';
import { DependencyIndex } from './runtime/dependency-index.ts';
import { Dispatcher } from './runtime/dispatcher.ts';
import type { ReconcileMetrics } from './runtime/environment.ts';
import type { EventRecorder } from './runtime/events.ts';
import type { LaneName } from './runtime/lanes.ts';
import { toOperatorError } from './runtime/errors.ts';
import type { Logger } from './runtime/logger.ts';
import { formatKey, keyOf, parseKey, type ObjectKey } from './runtime/object.ts';
import { scrubbed } from './runtime/quoted.ts';
import { oneATurn } from './runtime/one-a-turn.ts';
import { Reconciler } from './runtime/reconciler.ts';
import { Patience } from './runtime/patience.ts';
import type { Redaction } from './runtime/redaction.ts';
import type {
  ConfigMapWriter,
  CredentialKeeper,
  NamespaceLabels,
  ObjectChange,
  ObjectStore,
  SecretWriter,
  SourceStore,
} from './runtime/store.ts';
import { Connections, type DefaultConnection } from './server/connections.ts';
import { openSession, type OpeningParts } from './server/open-session.ts';
import { Parked } from './server/parked.ts';
import type { Server, ServerListener } from './server/server.ts';
import { Servers } from './server/servers.ts';
import { Sessions } from './server/sessions.ts';
import { topicsInAuthentik } from './server/topics.ts';
import { Workqueue, type WorkqueueOptions } from './runtime/workqueue.ts';

/** The first retry comes quickly; a server that is down is asked every two minutes in the end. */
const RETRY = { baseDelayMs: 500, maxDelayMs: 120_000 };

/** What the engine is given: where objects, Secrets and ConfigMaps live, and who hears of what it does. */
export interface EngineParts {
  readonly store: ObjectStore;
  readonly sources: SourceStore;
  readonly configMaps: ConfigMapWriter;
  readonly secretWriter: SecretWriter;
  readonly credentials: CredentialKeeper;
  readonly namespaceLabels: NamespaceLabels;
  readonly events: EventRecorder;
  readonly metrics: ReconcileMetrics;
  readonly redaction: Redaction;
  readonly log: Logger;
  /** For every client of an Authentik. */
  readonly clientOptions: Pick<ClientOptions, 'onRequest' | 'userAgent' | 'office'>;
  readonly defaultConnection?: DefaultConnection | undefined;
  readonly workers: number;
  /** Uses only Secrets that allow it by their label. */
  readonly requireSecretLabel?: boolean | undefined;
  readonly clock?: Clock;
  readonly retry?: Pick<WorkqueueOptions, 'baseDelayMs' | 'maxDelayMs'>;
}

/** The operator without Kubernetes: every controller and service, wired to a store. Nothing is written before {@link work} is called. */
export class Engine {
  readonly queue: Workqueue;
  readonly #parts: EngineParts;
  readonly #servers: Servers;
  readonly #sessions: Sessions;
  readonly #parked = new Parked();
  readonly #reconciler: Reconciler<Session>;
  readonly #dispatcher: Dispatcher<Session>;
  readonly #connections: Connections;
  readonly #rights: RightsInUse;
  readonly #referrers: Referrers;
  readonly #index = new DependencyIndex();

  constructor(parts: EngineParts) {
    this.#parts = parts;
    const { store, sources, log, metrics, redaction, clientOptions, clock = systemClock } = parts;
    this.queue = new Workqueue({ ...(parts.retry ?? RETRY), logger: log, clock, turn: oneATurn() });
    const index = this.#index;
    this.#referrers = new Referrers(store);
    const events = redacted(parts.events, redaction);
    this.#servers = new Servers({ clock, clientOptions: { ...clientOptions, log }, listener: this.#listener() });
    this.#sessions = new Sessions(this.#servers);
    const secrets = new SecretReader(sources, redaction, events, { requireLabel: parts.requireSecretLabel });
    const opening = { secrets: new KeepingCredentials(secrets, parts.credentials, log), servers: this.#servers, sessions: this.#sessions };
    const undoing = { ...opening, secrets: new RecalledCredentials(secrets, parts.credentials), anyVersion: true as const };
    this.#connections = new Connections({
      store,
      sessions: this.#sessions,
      open: async (object) => openSession(object, undoing),
      defaultConnection: parts.defaultConnection,
      namespaceLabels: parts.namespaceLabels,
      clock,
      park: (object, connection) => this.#parked.add(object, connection),
    });
    this.#rights = new RightsInUse({ store, connections: this.#connections, sessions: this.#sessions });
    const controllers = this.#controllers(opening, secrets);
    const environment = {
      store,
      redact: (text: string, namespaces: readonly string[]) => redaction.scrub(text, namespaces),
      specProblem,
      patience: new Patience(),
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
      passed: (key) => this.#passed(key),
      extraTopics: (object) => topicsInAuthentik(object, this.#connections.addressOf(object)),
      log,
    });
    store.subscribe((change) => this.#changed(change));
  }

  /**
   * Begins to reconcile. What is found waits for its connection without a word: whatever was Ready before a restart stays so, without a
   * moment of doubt, and nobody waits for a server that isn't theirs.
   */
  work(): void {
    for (const connection of this.#parts.store.list('AuthentikConnection')) this.#dispatcher.enqueue(keyOf(connection));
    this.#forgetCredentials();
    this.#dispatcher.start(this.#parts.workers, (key) => this.#laneOf(key));
  }

  /** Takes no new work, and gives what runs `graceMs` to end well. */
  async drain(graceMs: number): Promise<void> {
    await this.#dispatcher.stop(graceMs);
  }

  /** Ends every connection to an Authentik. */
  close(): void {
    this.#sessions.close();
  }

  #controllers(opening: OpeningParts, secrets: SecretReader): readonly Controller<Session>[] {
    const { store, configMaps, secretWriter } = this.#parts;
    const managed = { store, referrers: this.#referrers, connections: this.#connections, secrets };
    return [
      connectionController(opening, this.#rights),
      groupController(managed),
      promptController(managed),
      policyController(managed),
      stageController(managed),
      flowController(managed),
      enrollmentController({ ...managed, configMaps }),
      flowBindingController(managed),
      invitationController({ ...managed, secretWriter }),
    ] as readonly Controller<Session>[];
  }

  /** A connection is looked at by itself; everything else shares its server with whoever uses it, as far as that bears them. */
  #laneOf(key: ObjectKey): LaneName {
    if (key.kind === 'AuthentikConnection') return { name: formatKey(key), limit: 1 };
    const object = this.#parts.store.get(key);
    const connection = object === undefined ? undefined : this.#connections.find(object);
    if (connection === undefined) return { name: 'nowhere', limit: 4 };
    const opened = this.#sessions.get(keyOf(connection));
    return { name: baseURLOf(connection.spec.url), limit: opened?.server.client.maxConcurrentRequests ?? 4 };
  }

  #listener(): ServerListener {
    const holders = (server: Server): readonly ObjectKey[] => this.#servers.holders(server).map(parseKey);
    return {
      wake: (topic) => this.#dispatcher.wake(topic),
      resync: (server) => {
        for (const connection of holders(server)) {
          this.#dispatcher.enqueue(connection, 'routine');
          this.#dispatcher.wake(dependencyTopic(connection), 'routine');
        }
      },
      lookAgain: (server) => {
        for (const connection of holders(server)) this.#dispatcher.enqueue(connection);
      },
      shown: (keys) => this.#shown(keys),
      recovered: (server) => {
        for (const connection of holders(server)) {
          this.#dispatcher.enqueue(connection);
          this.#unpark(formatKey(connection));
        }
      },
    };
  }

  /** Only the sign-up links that show something of it are looked at again. */
  #shown(keys: readonly string[]): void {
    for (const link of linksShowing(keys, { store: this.#parts.store, index: this.#index, referrers: this.#referrers })) {
      const connection = this.#connections.find(link);
      if (connection !== undefined) this.#sessions.get(keyOf(connection))?.server.visits.forgetOf(link.metadata.uid);
      this.#dispatcher.enqueue(keyOf(link));
    }
  }

  #unpark(connection: string): void {
    for (const object of this.#parked.release(connection)) this.#dispatcher.enqueue(object);
  }

  /** Whoever waited for a connection may say what it says now. */
  #passed(key: ObjectKey): void {
    if (key.kind !== 'AuthentikConnection') return;
    this.#sessions.judged(key);
    this.#unpark(formatKey(key));
  }

  #changed(change: ObjectChange): void {
    const { key, previous, object } = change;
    const concerned = this.#rights.concerned(change);
    if (concerned !== undefined) this.#dispatcher.enqueue(concerned);
    if (object === undefined) this.#sessions.objectGone(key, previous?.metadata.uid ?? '');
    if (object !== undefined || key.kind !== 'AuthentikConnection') return;
    this.#unpark(formatKey(key));
    this.#forgetCredentials();
  }

  /** Of connections that are gone, whose objects are gone before them. */
  #forgetCredentials(): void {
    const { store, credentials, log } = this.#parts;
    const uids = new Set(store.list('AuthentikConnection').map(({ metadata }) => metadata.uid));
    credentials.retain(uids).catch((error: unknown) => {
      log.warn({ detail: toOperatorError(error).message }, 'credentials of connections that are gone could not be forgotten');
    });
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
