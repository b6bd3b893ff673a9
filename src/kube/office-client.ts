import * as k8s from '@kubernetes/client-node';
import type { Office } from '../runtime/office.ts';

/**
 * A client whose writes begin only while the office is held, and are called off when it ends. Reads are everybody's, and so is the
 * Lease itself, which must be given away afterwards: it is written with a client of `makeApiClient`.
 */
export function officeClient<T extends k8s.ApiType>(kubeConfig: k8s.KubeConfig, type: k8s.ApiConstructor<T>, office: Office): T {
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig has no current cluster');
  // The last thing that client-node does before it sends.
  const applySecurityAuthentication = async (context: k8s.RequestContext): Promise<void> => {
    await kubeConfig.applySecurityAuthentication(context);
    if (context.getHttpMethod() === k8s.HttpMethod.GET) return;
    office.assertHeld();
    const signals = [office.signal, context.getSignal()].filter((signal) => signal !== undefined);
    context.setSignal(AbortSignal.any(signals));
  };
  return new type(
    k8s.createConfiguration({
      baseServer: new k8s.ServerConfiguration(cluster.server, {}),
      authMethods: { default: { getName: () => 'office', applySecurityAuthentication } },
    }),
  );
}
