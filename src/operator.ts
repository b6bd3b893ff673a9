import * as k8s from '@kubernetes/client-node';
import { GROUP, VERSION } from './api/v1alpha1/group.ts';
import { KINDS } from './api/v1alpha1/kinds.ts';
import type { Config } from './config.ts';
import { Engine } from './engine.ts';
import type { SignsOfLife } from './fitness.ts';
import { KEEPS_NOTHING, KubeCredentialKeeper } from './kube/credential-keeper.ts';
import { KubeConfigMapWriter } from './kube/config-map-writer.ts';
import { KubeSecretWriter } from './kube/secret-writer.ts';
import { KubeEventRecorder } from './kube/event-recorder.ts';
import type { PooledKubeConfig } from './kube/kubeconfig.ts';
import { namespaceLabels } from './kube/namespace-labels.ts';
import type { RestartReason } from './kube/informer.ts';
import { KubeObjectStore } from './kube/object-store.ts';
import { officeClient } from './kube/office-client.ts';
import { OperatorBase } from './kube/operator-base.ts';
import { KubeSourceStore } from './kube/source-store.ts';
import type { Metrics } from './metrics.ts';
import type { Logger } from './runtime/logger.ts';
import type { Office } from './runtime/office.ts';
import type { Redaction } from './runtime/redaction.ts';

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
  /** While it is held, the operator may write. */
  readonly office: Office;
}

/** The engine on a Kubernetes API server. `start` returns once the caches are synced; nothing is written before `work` is called. */
export class FlowOperator extends OperatorBase {
  readonly #store: KubeObjectStore;
  readonly #sources: KubeSourceStore;
  readonly #events: KubeEventRecorder;
  readonly #engine: Engine;

  constructor(parts: OperatorParts) {
    super(parts.kubeConfig, parts.log);
    const { config, kubeConfig, log, metrics, redaction, version, office } = parts;
    const onRestart = (kind: string, reason: RestartReason): void => metrics.watchRestarted(kind, reason);
    this.#store = new KubeObjectStore({
      kubeConfig,
      group: GROUP,
      version: VERSION,
      kinds: KINDS,
      namespaces: config.watchNamespaces,
      logger: log,
      customObjects: officeClient(kubeConfig, k8s.CustomObjectsApi, office),
      onRestart,
    });
    this.#sources = new KubeSourceStore({ kubeConfig, logger: log, onRestart, onUntracked: (key) => redaction.forget(key) });
    this.#events = new KubeEventRecorder({
      events: officeClient(kubeConfig, k8s.EventsV1Api, office),
      logger: log,
      instance: config.podName ?? 'authentik-flow-operator',
    });
    const core = officeClient(kubeConfig, k8s.CoreV1Api, office);
    this.#engine = new Engine({
      store: this.#store,
      sources: this.#sources,
      configMaps: new KubeConfigMapWriter(core, config.configMapNames),
      secretWriter: new KubeSecretWriter(core, config.invitationSecretNames),
      credentials: config.credentialsSecret === undefined ? KEEPS_NOTHING : new KubeCredentialKeeper(core, config.credentialsSecret),
      namespaceLabels: namespaceLabels({ core }),
      events: this.#events,
      metrics,
      redaction,
      log,
      clientOptions: { userAgent: `authentik-flow-operator/${version}`, onRequest: (record) => metrics.request(record), office },
      defaultConnection: config.defaultConnection,
      workers: config.workers,
      requireSecretLabel: config.requireSecretLabel,
    });
    metrics.watchQueue(() => this.#engine.queue.depth);
  }

  /** How the operator gets on, for its probes. */
  get signs(): SignsOfLife {
    const { longestRunMs, standstillMs } = this.#engine.queue;
    const { hasSynced, trouble, stillMs } = this.#store;
    return { synced: hasSynced, watchTrouble: trouble, longestPassMs: longestRunMs, standstillMs, watchStillMs: stillMs };
  }

  /** Begins to reconcile. */
  work(): void {
    this.#engine.work();
  }

  /** Ends what runs, in order, and gives it a while to end well. */
  async shutDown(): Promise<void> {
    await this.#engine.drain(STOP_GRACE_MS);
    await this.#events.flush();
    this.stop();
  }

  override stop(): void {
    super.stop();
    this.#store.stop();
    this.#sources.stop();
    this.#engine.close();
  }

  protected async init(): Promise<void> {
    this.#store.start();
    await this.#store.synced();
  }
}
