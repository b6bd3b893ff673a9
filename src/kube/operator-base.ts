import type { OperatorLogger } from '@dot-i/k8s-operator';
import * as k8s from '@kubernetes/client-node';
import type { Logger } from '../runtime/logger.ts';
import type { PooledKubeConfig } from './kubeconfig.ts';

/**
 * The package is CommonJS: to an ES module its default export is the object of all its exports. It is loaded after client-node,
 * which it requires: Jest refuses to `require` an ES module that is still being loaded.
 */
const { default: exported } = await import('@dot-i/k8s-operator');
const { default: Operator } = exported;

/**
 * The life cycle of `@dot-i/k8s-operator`'s base class, and nothing else of it: in 1.3.9 its watches exit the process when they break and when
 * they are stopped, deletions get lost, errors of handlers and writes are swallowed, and URLs are built from a field that client-node no longer
 * has. `docs/adr/0001-operator-base-class.md` has the details. Whoever calls one of those methods is told what to use in its place.
 */
export abstract class OperatorBase extends Operator {
  protected readonly log: Logger;

  constructor(kubeConfig: PooledKubeConfig, log: Logger) {
    super(loggerFor(log));
    this.log = log;
    // The base class has loaded a default one, which may be of another cluster.
    this.kubeConfig = kubeConfig;
    this.k8sApi = kubeConfig.makeApiClient(k8s.CoreV1Api);
  }

  /** Nothing of the base class runs; its own would end the process. */
  override stop(): void {
    this.log.debug({}, 'the base class is stopped');
  }

  protected override watchResource(): Promise<never> {
    return refused('watchResource', 'KubeObjectStore, whose watches outlive the API server');
  }

  protected override setResourceStatus(): Promise<never> {
    return refused('setResourceStatus', 'KubeObjectStore, which says when a write fails');
  }

  protected override patchResourceStatus(): Promise<never> {
    return refused('patchResourceStatus', 'KubeObjectStore, which says when a write fails');
  }

  /** The base class's `handleResourceFinalizer` ends here, too. */
  protected override setResourceFinalizers(): Promise<never> {
    return refused('setResourceFinalizers', 'KubeObjectStore, which says when a write fails');
  }

  protected override getCustomResourceApiUri(): never {
    throw new Error('getCustomResourceApiUri builds no right address with this client-node; use its API classes');
  }

  protected override registerCustomResourceDefinition(): Promise<never> {
    return refused('registerCustomResourceDefinition', 'the chart, by whoever may install CRDs');
  }
}

async function refused(method: string, instead: string): Promise<never> {
  return Promise.reject(new Error(`${method} of @dot-i/k8s-operator is not safe to use (docs/adr/0001); use ${instead}`));
}

function loggerFor(log: Logger): OperatorLogger {
  return {
    debug: (message) => log.debug({}, message),
    info: (message) => log.info({}, message),
    warn: (message) => log.warn({}, message),
    error: (message) => log.error({}, message),
  };
}
