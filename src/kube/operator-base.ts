import type { OperatorLogger, ResourceEvent, ResourceMeta } from '@dot-i/k8s-operator';
import * as k8s from '@kubernetes/client-node';
import { z } from 'zod';
import type { Logger } from '../runtime/logger.ts';
import { storeUnavailable } from './api-error.ts';
import { Informer } from './informer.ts';
import type { CacheChange } from './object-cache.ts';
import type { PooledKubeConfig } from './kubeconfig.ts';
import { FIELD_MANAGER } from './field-manager.ts';

/**
 * The package is CommonJS: to an ES module its default export is the object of all its exports. It is loaded after client-node,
 * which it requires: Jest refuses to `require` an ES module that is still being loaded.
 */
const { default: exported } = await import('@dot-i/k8s-operator');
const { default: Operator, ResourceEventType } = exported;

const MERGE_PATCH = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch);

/** Of a watched object only the names are checked; a handler that wants more checks it. */
const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().default(''), uid: z.string(), resourceVersion: z.string() }),
});
type WatchedObject = z.infer<typeof objectSchema>;

/**
 * `@dot-i/k8s-operator`'s base class, made fit for production. What it does unsafely in 1.3.9 is replaced: it exits the process when
 * a watch breaks and when it is stopped, loses deletions, swallows errors of handlers and writes, and builds URLs from a field that
 * client-node no longer has. `docs/adr/0001-operator-base-class.md` has the details. Nothing here ends the process.
 */
export abstract class OperatorBase extends Operator {
  protected readonly log: Logger;
  readonly #customObjects: k8s.CustomObjectsApi;
  readonly #informers: Informer<WatchedObject>[] = [];

  constructor(kubeConfig: PooledKubeConfig, log: Logger) {
    super(loggerFor(log));
    this.log = log;
    // The base class has loaded a default one, which may be of another cluster.
    this.kubeConfig = kubeConfig;
    this.k8sApi = kubeConfig.makeApiClient(k8s.CoreV1Api);
    this.#customObjects = kubeConfig.makeApiClient(k8s.CustomObjectsApi);
  }

  /** Ends the watches. */
  override stop(): void {
    for (const informer of this.#informers) informer.stop();
    this.#informers.length = 0;
  }

  /**
   * Watches a resource until {@link stop}, through whatever happens to the API server; resolves once all objects have been read.
   * Events of one watch are handled one after the other. A handler that rejects is logged; it isn't called again for that event.
   */
  protected override async watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: (event: ResourceEvent) => Promise<void>,
    namespace?: string,
  ): Promise<void> {
    const apiVersion = group === '' ? version : `${group}/${version}`;
    const path = resourcePath(group, version, plural, namespace);
    let handled: Promise<void> = Promise.resolve();
    const handle = async (event: ResourceEvent) => {
      try {
        await onEvent(event);
      } catch (error) {
        this.log.error({ path, name: event.meta.name, err: error }, 'the handler of an event failed');
      }
    };
    const informer = new Informer<WatchedObject>({
      kubeConfig: this.kubeConfig,
      path,
      // Core lists don't repeat apiVersion and kind with every item.
      parse: (raw) => withoutManagedFields(objectSchema.parse({ apiVersion, kind: plural, ...z.looseObject({}).parse(raw) })),
      onChange: (change) => {
        const event = toEvent(`${plural}.${apiVersion}`, change);
        handled = handled.then(() => handle(event));
      },
      logger: this.log,
    });
    this.#informers.push(informer);
    informer.start();
    await informer.synced;
  }

  protected override getCustomResourceApiUri(group: string, version: string, plural: string, namespace?: string): string {
    const cluster = this.kubeConfig.getCurrentCluster();
    if (cluster === null) throw new Error('the kubeconfig has no current cluster');
    return cluster.server + resourcePath(group, version, plural, namespace);
  }

  /** Throws: CRDs are installed by the chart, by whoever may do that. */
  protected override registerCustomResourceDefinition(): Promise<never> {
    return Promise.reject(new Error('the operator installs no CRDs; the chart does'));
  }

  /** Replaces the status; throws when that fails, also when `meta` isn't the newest version. */
  protected override async setResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    const body = { apiVersion: meta.apiVersion, kind: meta.kind, metadata: metadataOf(meta), status };
    return await this.#write(meta, 'write the status of', (target) =>
      this.#customObjects.replaceNamespacedCustomObjectStatus({ ...target, body, fieldManager: FIELD_MANAGER }),
    );
  }

  /** Merges into the status; throws when that fails, also when `meta` isn't the newest version. */
  protected override async patchResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    const body = { metadata: metadataOf(meta), status };
    return await this.#write(meta, 'patch the status of', (target) =>
      this.#customObjects.patchNamespacedCustomObjectStatus({ ...target, body, fieldManager: FIELD_MANAGER }, MERGE_PATCH),
    );
  }

  /** Throws when that fails, also when `meta` isn't the newest version. */
  protected override async setResourceFinalizers(meta: ResourceMeta, finalizers: string[]): Promise<void> {
    const body = { metadata: { ...metadataOf(meta), finalizers } };
    await this.#write(meta, 'write the finalizers of', (target) =>
      this.#customObjects.patchNamespacedCustomObject({ ...target, body, fieldManager: FIELD_MANAGER }, MERGE_PATCH),
    );
  }

  async #write(meta: ResourceMeta, what: string, send: (target: Target) => Promise<unknown>): Promise<ResourceMeta> {
    try {
      return toMeta(meta.id, objectSchema.parse(await send(targetOf(meta))));
    } catch (error) {
      throw storeUnavailable(`${what} ${meta.kind} ${meta.namespace ?? ''}/${meta.name}`, error);
    }
  }
}

interface Target {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
}

/** An id is `<plural>.<group>/<version>`, as the base class makes them. */
function targetOf({ id, namespace, name }: ResourceMeta): Target {
  const [, plural, group, version] = /^([^.]+)\.([^/]+)\/(.+)$/.exec(id) ?? [];
  if (plural === undefined || group === undefined || version === undefined || namespace === undefined) {
    throw new Error(`${id} is no namespaced custom resource`);
  }
  return { group, version, plural, namespace, name };
}

function metadataOf({ name, namespace, resourceVersion }: ResourceMeta): object {
  return { name, namespace, resourceVersion };
}

function resourcePath(group: string, version: string, plural: string, namespace: string | undefined): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespace === undefined || namespace === '' ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`;
}

function toEvent(id: string, { previous, object }: CacheChange<WatchedObject>): ResourceEvent {
  const subject = object ?? previous;
  if (subject === undefined) throw new Error('a change of nothing');
  const type =
    object === undefined ? ResourceEventType.Deleted : previous === undefined ? ResourceEventType.Added : ResourceEventType.Modified;
  // The base class's handleResourceFinalizer changes what it is given.
  return { meta: toMeta(id, subject), type, object: structuredClone(subject) };
}

function toMeta(id: string, { apiVersion, kind, metadata }: WatchedObject): ResourceMeta {
  const { name, namespace, resourceVersion } = metadata;
  return { id, name, resourceVersion, apiVersion, kind, ...(namespace === '' ? {} : { namespace }) };
}

function withoutManagedFields(object: WatchedObject): WatchedObject {
  const metadata = { ...object.metadata };
  delete metadata['managedFields'];
  return { ...object, metadata };
}

function loggerFor(log: Logger): OperatorLogger {
  return {
    debug: (message) => log.debug({}, message),
    info: (message) => log.info({}, message),
    warn: (message) => log.warn({}, message),
    error: (message) => log.error({}, message),
  };
}
