import pino from 'pino';
import { loadKubeConfig, type PooledKubeConfig } from '../../src/kube/kubeconfig.ts';
import { KubeObjectStore } from '../../src/kube/object-store.ts';
import type { ManagedObject } from '../../src/runtime/object.ts';
import { StoreConflictError, type ObjectChange } from '../../src/runtime/store.ts';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import { eventually } from '../bed/eventually.ts';

const FINALIZER = 'authentik.oceanenterprise.io/finalizer';
const TIMEOUT = 60_000;

const prompt = (name: string) =>
  JSON.stringify({
    apiVersion: 'authentik.oceanenterprise.io/v1alpha1',
    kind: 'AuthentikPrompt',
    metadata: { name },
    spec: { name, fieldKey: 'username', type: 'username', label: 'User name' },
  });

const ready = (status: 'True' | 'False') => [
  { type: 'Ready', status, lastTransitionTime: '2026-01-01T00:00:00Z', reason: 'Reconciled', message: 'as a real API server stores it' },
];

describe('KubeObjectStore on a real API server', () => {
  let controlPlane: ControlPlane;
  let kubeConfig: PooledKubeConfig;
  let namespace: string;
  let store: KubeObjectStore;
  let changes: ObjectChange[];

  const seen = (name = 'user') => store.get({ kind: 'AuthentikPrompt', namespace, name });
  const object = (): ManagedObject => {
    const found = seen();
    if (found === undefined) throw new Error('the store does not have it');
    return found;
  };

  beforeEach(async () => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
    namespace = await controlPlane.createNamespace('store');
    await controlPlane.kubectl(['create', '--filename=-'], { namespace, input: prompt('user') });
    kubeConfig = loadKubeConfig({ file: controlPlane.kubeconfigPath });
    store = new KubeObjectStore({
      kubeConfig,
      group: 'authentik.oceanenterprise.io',
      version: 'v1alpha1',
      kinds: [
        { kind: 'AuthentikPrompt', plural: 'authentikprompts' },
        { kind: 'AuthentikFlow', plural: 'authentikflows' },
      ],
      namespaces: [namespace],
      logger: pino({ level: 'silent' }),
    });
    changes = [];
    store.subscribe((change) => changes.push(change));
    store.start();
    await store.synced();
  }, TIMEOUT);

  afterEach(async () => {
    store.stop();
    await kubeConfig.close();
  });

  it(
    'follows an object from its creation to its end',
    async () => {
      expect(seen()).toMatchObject({
        kind: 'AuthentikPrompt',
        metadata: { name: 'user', namespace, generation: 1 },
        spec: { fieldKey: 'username' },
      });
      expect(object().metadata).not.toHaveProperty('managedFields');
      await controlPlane.kubectl(['create', '--filename=-'], { namespace, input: prompt('second') });
      await eventually(() => expect(seen('second')).toBeDefined());
      await controlPlane.kubectl(['patch', 'akprompt', 'second', '--type=merge', '--patch={"spec":{"label":"Name"}}'], { namespace });
      await eventually(() => expect(seen('second')).toMatchObject({ metadata: { generation: 2 }, spec: { label: 'Name' } }));
      await controlPlane.kubectl(['delete', 'akprompt', 'second'], { namespace });
      await eventually(() => expect(seen('second')).toBeUndefined());
      expect(
        changes.filter(({ key }) => key.name === 'second').map(({ previous, object: now }) => [previous !== undefined, now !== undefined]),
      ).toEqual([
        [false, true],
        [true, true],
        [true, false],
      ]);
    },
    TIMEOUT,
  );

  it(
    'writes the status as a whole: what is left out vanishes',
    async () => {
      await store.writeStatus(object(), { observedGeneration: 1, uuid: 'b7b5', conditions: ready('True') });
      const written = await store.writeStatus(object(), { observedGeneration: 1, conditions: ready('False') });
      expect(written.status).toEqual({ observedGeneration: 1, conditions: ready('False') });
      expect(seen()).toEqual(written);
      expect(written).toMatchObject({ spec: { fieldKey: 'username' }, metadata: { generation: 1 } });
      const { stdout } = await controlPlane.kubectl(['get', 'akprompt', 'user', '--output=jsonpath={.status}'], { namespace });
      expect(JSON.parse(stdout)).toEqual(written.status);
      await eventually(() => expect(changes.at(-1)?.object?.status).toEqual(written.status));
      expect(seen()).toEqual(written);
    },
    TIMEOUT,
  );

  it('refuses to write over what it has not seen', async () => {
    const old = object();
    await controlPlane.kubectl(['annotate', 'akprompt', 'user', 'somebody=was-here'], { namespace });
    await expect(store.writeStatus(old, { observedGeneration: 1 })).rejects.toThrow(StoreConflictError);
    await expect(store.setFinalizer(old, FINALIZER, true)).rejects.toThrow(StoreConflictError);
  });

  it('says what the schema has against a status', async () => {
    const writing = store.writeStatus(object(), { conditions: [{ ...ready('True')[0], status: 'Perhaps' }] });
    await expect(writing).rejects.toMatchObject({
      reason: 'StoreUnavailable',
      message: expect.stringMatching(
        /^could not write the status of AuthentikPrompt .*: HTTP 422: .*Unsupported value: "Perhaps"/,
      ) as string,
    });
  });

  it(
    'holds a deleted object by its finalizer until it is let go',
    async () => {
      const held = await store.setFinalizer(object(), FINALIZER, true);
      expect(held.metadata.finalizers).toEqual([FINALIZER]);
      await controlPlane.kubectl(['delete', 'akprompt', 'user', '--wait=false'], { namespace });
      await eventually(() => expect(object().metadata.deletionTimestamp).toBeDefined());
      const last = await store.writeStatus(object(), { observedGeneration: 1, conditions: ready('False') });
      await store.setFinalizer(last, FINALIZER, false);
      await eventually(() => expect(seen()).toBeUndefined());
      expect(store.list('AuthentikPrompt')).toEqual([]);
      await expect(store.setFinalizer(last, FINALIZER, false)).resolves.toMatchObject({ metadata: { finalizers: [] } });
      await expect(store.writeStatus(last, { observedGeneration: 2 })).rejects.toThrow('is gone');
    },
    TIMEOUT,
  );
});
