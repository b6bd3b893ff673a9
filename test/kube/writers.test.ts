import * as k8s from '@kubernetes/client-node';
import pino from 'pino';
import { KubeConfigMapWriter } from '../../src/kube/config-map-writer.ts';
import { KubeEventRecorder } from '../../src/kube/event-recorder.ts';
import { loadKubeConfig, type PooledKubeConfig } from '../../src/kube/kubeconfig.ts';
import { parseManagedObject } from '../../src/kube/managed-object.ts';
import { namespaceLabels } from '../../src/kube/namespace-labels.ts';
import type { ManagedObject } from '../../src/runtime/object.ts';
import { NotOursError } from '../../src/runtime/store.ts';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';

const TIMEOUT = 60_000;
const PROMPT = JSON.stringify({
  apiVersion: 'authentik.oceanenterprise.io/v1alpha1',
  kind: 'AuthentikPrompt',
  metadata: { name: 'user' },
  spec: { name: 'user', fieldKey: 'username', type: 'username', label: 'User name' },
});

describe('what is written beside a custom resource, on a real API server', () => {
  let controlPlane: ControlPlane;
  let kubeConfig: PooledKubeConfig;
  let namespace: string;
  let owner: ManagedObject;

  beforeAll(async () => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
    kubeConfig = loadKubeConfig({ file: controlPlane.kubeconfigPath });
    namespace = await controlPlane.createNamespace('writers');
    const { stdout } = await controlPlane.kubectl(['create', '--filename=-', '--output=json'], { namespace, input: PROMPT });
    owner = parseManagedObject(JSON.parse(stdout));
  }, TIMEOUT);

  afterAll(() => kubeConfig.close());

  it(
    'Events show in kubectl describe, repetitions counted',
    async () => {
      const recorder = new KubeEventRecorder({
        events: kubeConfig.makeApiClient(k8s.EventsV1Api),
        logger: pino({ level: 'silent' }),
        instance: 'test',
      });
      recorder.record(owner, 'Warning', 'SecretNotFound', 'Secret smtp does not exist');
      await recorder.flush();
      recorder.record(owner, 'Warning', 'SecretNotFound', 'Secret smtp does not exist');
      await recorder.flush();
      recorder.record(owner, 'Normal', 'Created', 'x'.repeat(2_000));
      await recorder.flush();
      const { stdout } = await controlPlane.kubectl(['describe', 'akprompt', 'user'], { namespace });
      expect(stdout).toMatch(/Warning +SecretNotFound +.*\(x2 over .*\) +authentik-flow-operator +Secret smtp does not exist/);
      expect(stdout).toMatch(/Normal +Created +.*authentik-flow-operator +x{1000}…/);
    },
    TIMEOUT,
  );

  it('the labels of a namespace', async () => {
    const labelsOf = namespaceLabels({ core: kubeConfig.makeApiClient(k8s.CoreV1Api) });
    expect(await labelsOf(namespace)).toMatchObject({ 'kubernetes.io/metadata.name': namespace });
    expect(await labelsOf('no-such-namespace')).toBeUndefined();
  });

  it(
    'a ConfigMap that belongs to its owner',
    async () => {
      const writer = new KubeConfigMapWriter(kubeConfig.makeApiClient(k8s.CoreV1Api));
      const get = async (field: string) => {
        const { stdout } = await controlPlane.kubectl(['get', 'configmap', 'urls', `--output=jsonpath={${field}}`, '--ignore-not-found'], {
          namespace,
        });
        return stdout;
      };
      await writer.apply(owner, 'urls', { url: 'https://one.example' });
      await writer.apply(owner, 'urls', { url: 'https://two.example' });
      expect(JSON.parse(await get('.data'))).toEqual({ url: 'https://two.example' });
      // The garbage collector of the bed heeds such references, but takes 40 s to learn of a kind that is new to it.
      const { apiVersion, kind, metadata } = owner;
      expect(JSON.parse(await get('.metadata.ownerReferences'))).toEqual([
        { apiVersion, kind, name: 'user', uid: metadata.uid, controller: true },
      ]);
      await writer.remove(owner, 'urls');
      expect(await get('.data')).toBe('');

      await controlPlane.kubectl(['create', 'configmap', 'theirs'], { namespace });
      await expect(writer.apply(owner, 'theirs', {})).rejects.toThrow(NotOursError);
    },
    TIMEOUT,
  );
});
