import pino from 'pino';
import { loadKubeConfig, type PooledKubeConfig } from '../../src/kube/kubeconfig.ts';
import { KubeSourceStore } from '../../src/kube/source-store.ts';
import type { SourceKey } from '../../src/runtime/store.ts';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import { eventually } from '../bed/eventually.ts';

const TIMEOUT = 60_000;
const OWNER = { kind: 'AuthentikStage', namespace: 'any', name: 'email' };

describe('KubeSourceStore on a real API server, with rights to one Secret by name', () => {
  let controlPlane: ControlPlane;
  let kubeConfig: PooledKubeConfig;
  let namespace: string;
  let store: KubeSourceStore;
  let told: SourceKey[];
  const secret = (name: string): SourceKey => ({ kind: 'Secret', namespace, name });
  const createSecret = (name: string, password: string) =>
    controlPlane.kubectl(['create', 'secret', 'generic', name, `--from-literal=password=${password}`], { namespace });

  beforeEach(async () => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
    namespace = await controlPlane.createNamespace('source');
    await controlPlane.kubectl(['create', 'serviceaccount', 'operator'], { namespace });
    await controlPlane.kubectl(['create', 'role', 'one', '--verb=get,list,watch', '--resource=secrets', '--resource-name=smtp'], {
      namespace,
    });
    await controlPlane.kubectl(['create', 'rolebinding', 'one', '--role=one', `--serviceaccount=${namespace}:operator`], { namespace });
    kubeConfig = loadKubeConfig({ file: await controlPlane.serviceAccountKubeconfig(namespace, 'operator') });
    store = new KubeSourceStore({ kubeConfig, logger: pino({ level: 'silent' }) });
    told = [];
    store.subscribe((_owner, source) => told.push(source));
  }, TIMEOUT);

  afterEach(async () => {
    store.stop();
    await kubeConfig.close();
  });

  it(
    'reads it and hears when it appears, changes and goes',
    async () => {
      expect(await store.read(secret('smtp'))).toBeUndefined();
      store.track(OWNER, [secret('smtp')]);
      await createSecret('smtp', 'one');
      await eventually(() => expect(told).toHaveLength(1));
      expect((await store.read(secret('smtp')))?.data).toEqual({ password: 'one' });
      await controlPlane.kubectl(['patch', 'secret', 'smtp', '--patch={"stringData":{"password":"two"}}'], { namespace });
      await eventually(() => expect(told).toHaveLength(2));
      expect((await store.read(secret('smtp')))?.data).toEqual({ password: 'two' });
      await controlPlane.kubectl(['delete', 'secret', 'smtp'], { namespace });
      await eventually(() => expect(told).toHaveLength(3));
      expect(await store.read(secret('smtp'))).toBeUndefined();
    },
    TIMEOUT,
  );

  it(
    'watches the metadata of a namespace where it may and many are named',
    async () => {
      await controlPlane.kubectl(['create', 'role', 'all', '--verb=get,list,watch', '--resource=secrets'], { namespace });
      await controlPlane.kubectl(['create', 'rolebinding', 'all', '--role=all', `--serviceaccount=${namespace}:operator`], { namespace });
      const names = Array.from({ length: 12 }, (_, place) => `smtp-${place}`);
      for (const name of names) store.track({ ...OWNER, name }, [secret(name)]);
      // As whoever names it does: what nobody has read yet is news to nobody.
      expect(await store.read(secret('smtp-11'))).toBeUndefined();
      // Named before there was any of them, noticed by the one watch.
      await createSecret('smtp-11', 'one');
      await eventually(() => expect(told).toEqual([secret('smtp-11')]));
      expect((await store.read(secret('smtp-11')))?.data).toEqual({ password: 'one' });
      await controlPlane.kubectl(['patch', 'secret', 'smtp-11', '--patch={"stringData":{"password":"two"}}'], { namespace });
      await eventually(() => expect(told).toHaveLength(2));
      expect((await store.read(secret('smtp-11')))?.data).toEqual({ password: 'two' });
    },
    TIMEOUT,
  );

  it('says that it may not read another', async () => {
    await createSecret('other', 'private');
    await expect(store.read(secret('other'))).rejects.toMatchObject({
      reason: 'KubernetesPermissionDenied',
      message: expect.stringMatching(
        new RegExp(`^the operator may not read Secret ${namespace}/other: give its .* \\(HTTP 403: secrets "other" is forbidden`),
      ) as string,
    });
  });
});
