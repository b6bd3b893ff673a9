import * as k8s from '@kubernetes/client-node';
import { KubeCredentialKeeper } from '../../src/kube/credential-keeper.ts';
import { loadKubeConfig, type PooledKubeConfig } from '../../src/kube/kubeconfig.ts';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';

const NAME = 'operator-credentials';

describe('copies of credentials, on a real API server', () => {
  let controlPlane: ControlPlane;
  let kubeConfig: PooledKubeConfig;
  let namespace: string;

  const keeper = (name = NAME): KubeCredentialKeeper =>
    new KubeCredentialKeeper(kubeConfig.makeApiClient(k8s.CoreV1Api), { namespace, name });

  beforeAll(async () => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
    kubeConfig = loadKubeConfig({ file: controlPlane.kubeconfigPath });
    namespace = await controlPlane.createNamespace('credentials');
    await controlPlane.kubectl(['create', 'secret', 'generic', NAME], { namespace });
  });

  afterAll(() => kubeConfig.close());

  it('outlive the process, are written once, and are forgotten with their owner', async () => {
    const first = keeper();
    await first.keep('uid-1', 'token', 'tök en');
    await first.keep('uid-1', 'ca', 'pem');
    await first.keep('uid-2', 'token', 'other');
    const version = async (): Promise<string> =>
      (await controlPlane.kubectl(['get', 'secret', NAME, '--output=jsonpath={.metadata.resourceVersion}'], { namespace })).stdout;
    const written = await version();
    await first.keep('uid-1', 'token', 'tök en');
    expect(await version()).toBe(written);
    const second = keeper();
    expect(await second.recall('uid-1', 'token')).toBe('tök en');
    await second.retain(new Set(['uid-2']));
    const third = keeper();
    expect(await third.recall('uid-1', 'token')).toBeUndefined();
    expect(await third.recall('uid-2', 'token')).toBe('other');
  });

  it('say which Secret is missing', async () => {
    await expect(keeper('nowhere').keep('uid-1', 'token', 'x')).rejects.toThrow(`read Secret ${namespace}/nowhere`);
  });
});
