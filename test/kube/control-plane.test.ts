import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import { eventually } from '../bed/eventually.ts';
import { run } from '../bed/run.ts';
import { resolveTools } from '../bed/tools.ts';

/** Deleting a namespace takes its controller some 5 s, and two test files share two cores (milliseconds). */
const TIMEOUT = 60_000;

/** A ConfigMap, the smallest object there is. */
function configMap(name: string, owner?: { readonly name: string; readonly uid: string }): string {
  const ownerReferences = owner === undefined ? [] : [{ apiVersion: 'v1', kind: 'ConfigMap', ...owner }];
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ownerReferences }, data: { key: 'value' } });
}

describe('the control plane of the test bed', () => {
  let controlPlane: ControlPlane;

  beforeAll(() => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
  });

  it('is a Kubernetes 1.36 that kubectl and helm talk to', async () => {
    const { stdout } = await controlPlane.kubectl(['version']);
    expect(stdout).toMatch(/^Server Version: v1\.36\./m);
    const { stdout: helm } = await controlPlane.helm(['version', '--short']);
    expect(helm).toMatch(/^v[34]\./);
    await expect(controlPlane.helm(['list', '--all-namespaces'])).resolves.toMatchObject({ code: 0 });
  });

  it(
    'deletes a namespace with what is in it',
    async () => {
      const namespace = await controlPlane.createNamespace('doomed');
      await controlPlane.kubectl(['create', '--filename=-'], { namespace, input: configMap('content') });
      await controlPlane.kubectl(['delete', 'namespace', namespace, '--wait=false']);
      await eventually(
        async () => {
          const { stderr } = await controlPlane.kubectl(['get', 'namespace', namespace], { expectFailure: true });
          expect(stderr).toContain('NotFound');
        },
        { timeout: 45_000, message: 'the namespace is gone' },
      );
      // The name is free again, and empty: nothing was left behind in the store.
      await controlPlane.kubectl(['create', 'namespace', namespace]);
      const { stdout } = await controlPlane.kubectl(['get', 'configmaps', '--output=name'], { namespace });
      expect(stdout).toBe('');
    },
    TIMEOUT,
  );

  it(
    'collects what an owner leaves behind, and nothing else',
    async () => {
      const namespace = await controlPlane.createNamespace('owned');
      await controlPlane.kubectl(['create', '--filename=-'], { namespace, input: configMap('owner') });
      const { stdout: uid } = await controlPlane.kubectl(['get', 'configmap', 'owner', '--output=jsonpath={.metadata.uid}'], { namespace });
      await controlPlane.kubectl(['create', '--filename=-'], { namespace, input: configMap('owned', { name: 'owner', uid }) });
      await controlPlane.kubectl(['create', '--filename=-'], { namespace, input: configMap('independent') });
      await controlPlane.kubectl(['delete', 'configmap', 'owner'], { namespace });
      await eventually(
        async () => {
          const { stdout } = await controlPlane.kubectl(['get', 'configmaps', '--output=name'], { namespace });
          expect(stdout.trim()).toBe('configmap/independent');
        },
        { timeout: 45_000, message: 'the owned object is gone' },
      );
    },
    TIMEOUT,
  );

  it('gives a ServiceAccount the rights of its roles only', async () => {
    const namespace = await controlPlane.createNamespace('limited');
    await controlPlane.kubectl(['create', 'serviceaccount', 'reader'], { namespace });
    await controlPlane.kubectl(['create', 'role', 'reader', '--verb=get', '--resource=configmaps', '--resource-name=visible'], {
      namespace,
    });
    await controlPlane.kubectl(['create', 'rolebinding', 'reader', '--role=reader', `--serviceaccount=${namespace}:reader`], { namespace });
    await controlPlane.kubectl(['create', '--filename=-'], { namespace, input: configMap('visible') });
    const { kubectl } = await resolveTools();
    const kubeconfig = await controlPlane.serviceAccountKubeconfig(namespace, 'reader');
    // No --namespace: the kubeconfig's context names it.
    const asReader = async (...args: string[]): ReturnType<typeof run> => run(kubectl, [`--kubeconfig=${kubeconfig}`, ...args]);

    await expect(asReader('get', 'configmap', 'visible', '--output=name')).resolves.toMatchObject({
      code: 0,
      stdout: 'configmap/visible\n',
    });
    for (const args of [
      ['get', 'configmap', 'other'],
      ['get', 'configmaps'],
      ['delete', 'configmap', 'visible'],
      ['get', 'namespaces'],
    ]) {
      const { code, stderr } = await asReader(...args);
      expect({ args, code }).toEqual({ args, code: 1 });
      expect(stderr).toContain(`User "system:serviceaccount:${namespace}:reader" cannot`);
    }
  });

  it('says which command failed, and how', async () => {
    await expect(controlPlane.kubectl(['get', 'configmap', 'absent'])).rejects.toThrow(
      /kubectl get configmap absent failed \(exit 1\): .*not found/,
    );
    await expect(controlPlane.kubectl(['get', 'namespaces'], { expectFailure: true })).rejects.toThrow(
      /succeeded, which the caller did not expect/,
    );
  });
});
