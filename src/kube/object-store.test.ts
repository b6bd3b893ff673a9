import { OperatorError } from '../runtime/errors.ts';
import { FakeClock } from '../runtime/fake-clock.ts';
import { keyOf, type ManagedObject } from '../runtime/object.ts';
import { StoreConflictError, type ObjectChange } from '../runtime/store.ts';
import { KubeObjectStore } from './object-store.ts';
import { ApiServerDouble } from './testing/api-server-double.ts';
import { collection, GROUP, manifest, VERSION } from './testing/custom-resources.ts';
import { MemoryLogger } from './testing/memory-logger.ts';
import { until } from './testing/until.ts';

const FINALIZER = 'authentik.oceanenterprise.io/cleanup';
const FLOWS = collection('flows', 'shop');
const key = { kind: 'Flow', namespace: 'shop', name: 'sign-up' };

describe('KubeObjectStore', () => {
  let server: ApiServerDouble;
  let store: KubeObjectStore;
  let changes: ObjectChange[];
  const clock = new FakeClock();

  const start = async (namespaces?: readonly string[]) => {
    store = new KubeObjectStore({
      kubeConfig: server.kubeConfig(),
      group: GROUP,
      version: VERSION,
      kinds: [
        { kind: 'Flow', plural: 'flows' },
        { kind: 'Stage', plural: 'stages' },
      ],
      logger: new MemoryLogger(),
      clock,
      random: () => 0.5,
      ...(namespaces === undefined ? {} : { namespaces }),
    });
    store.subscribe((change) => changes.push(change));
    store.start();
    await store.synced();
  };
  const current = (): ManagedObject => {
    const object = store.get(key);
    if (object === undefined) throw new Error('the store lost the object');
    return object;
  };
  /** Holds back every event of a watch, so that the informer lags behind. */
  const watchesHang = () => {
    server.interfere = ({ query }) => (query.get('watch') === 'true' ? 'hang' : undefined);
  };

  beforeEach(async () => {
    server = await ApiServerDouble.listen();
    changes = [];
    server.table.create(FLOWS, manifest('sign-up'));
  });

  afterEach(async () => {
    store.stop();
    await server.close();
  });

  it('holds what the API server holds, by kind', async () => {
    server.table.create(collection('flows', 'other'), manifest('elsewhere'));
    await start();
    expect(store.hasSynced).toBe(true);
    expect(store.list('Flow').map(keyOf)).toEqual([key, { kind: 'Flow', namespace: 'other', name: 'elsewhere' }]);
    expect(store.list('Stage')).toEqual([]);
    expect(store.list('Nonsense')).toEqual([]);
    expect(store.get({ ...key, name: 'nothing' })).toBeUndefined();
    expect(changes.map(({ key: { name }, previous }) => [name, previous])).toEqual([
      ['sign-up', undefined],
      ['elsewhere', undefined],
    ]);
  });

  it('looks only into the namespaces it was told', async () => {
    server.table.create(collection('flows', 'other'), manifest('elsewhere'));
    await start(['shop', 'shop', 'empty']);
    expect(store.list('Flow').map(keyOf)).toEqual([key]);
    expect(new Set(server.requests.map(({ path }) => path))).toEqual(
      new Set([FLOWS, collection('flows', 'empty'), collection('stages', 'shop'), collection('stages', 'empty')]),
    );
  });

  it('tells of every change with what was before', async () => {
    await start();
    await until('a watch is open', () => server.watches(collection('flows')).length === 1);
    server.table.update(`${FLOWS}/sign-up`, (object) => ({ ...object, spec: { title: 'other' } }));
    server.table.delete(`${FLOWS}/sign-up`);
    await until('all is told', () => changes.length === 3);
    const titles = changes.map(({ previous, object }) => [previous?.spec, object?.spec]);
    const [before, after] = [{ title: 'sign-up' }, { title: 'other' }];
    expect(titles).toEqual([
      [undefined, before],
      [before, after],
      [after, undefined],
    ]);
  });

  describe('writeStatus', () => {
    it('replaces the status and nothing else', async () => {
      await start();
      await store.writeStatus(current(), { a: 1, b: 2 });
      const written = await store.writeStatus(current(), { b: 3 });
      expect(written.status).toEqual({ b: 3 });
      expect(server.table.get(`${FLOWS}/sign-up`)).toMatchObject({ spec: { title: 'sign-up' }, status: { b: 3 } });
      expect(server.seen('PUT', `${FLOWS}/sign-up/status`).at(-1)?.body).not.toHaveProperty('spec');
    });

    it('is seen by the next reader, also when the watch is late', async () => {
      watchesHang();
      await start();
      const written = await store.writeStatus(current(), { phase: 1 });
      expect(store.get(key)).toEqual(written);
      expect(store.list('Flow')).toEqual([written]);
      await store.writeStatus(current(), { phase: 2 });
      expect(current().status).toEqual({ phase: 2 });
    });

    it('gives way to what the watch brings later', async () => {
      await start();
      await store.writeStatus(current(), { phase: 1 });
      server.table.update(`${FLOWS}/sign-up`, (object) => ({ ...object, spec: { title: 'newer' } }));
      await until('the newer one is seen', () => (current().spec as { title: string }).title === 'newer');
      server.table.delete(`${FLOWS}/sign-up`);
      await until('it is gone', () => store.get(key) === undefined);
      expect(store.list('Flow')).toEqual([]);
    });

    it('brings nothing back that the watch has seen go while the answer was on its way', async () => {
      await start();
      await until('a watch is open', () => server.watches(collection('flows')).length === 1);
      const object = current();
      const answer = Promise.withResolvers<undefined>();
      const slow = new KubeObjectStore({
        kubeConfig: server.kubeConfig(),
        group: GROUP,
        version: VERSION,
        kinds: [{ kind: 'Flow', plural: 'flows' }],
        logger: new MemoryLogger(),
        customObjects: {
          replaceNamespacedCustomObjectStatus: async () => {
            await answer.promise;
            return { ...object, metadata: { ...object.metadata, resourceVersion: '999999' } };
          },
          patchNamespacedCustomObject: () => Promise.reject(new Error('not called')),
        },
      });
      slow.start();
      await slow.synced();
      const writing = slow.writeStatus(object, { phase: 1 });
      server.table.delete(`${FLOWS}/sign-up`);
      await until('it is gone', () => slow.get(key) === undefined);
      answer.resolve(undefined);
      await writing;
      expect(slow.get(key)).toBeUndefined();
      slow.stop();
    });

    it('fails with a conflict when somebody else wrote first', async () => {
      watchesHang();
      await start();
      server.table.update(`${FLOWS}/sign-up`, (object) => ({ ...object, spec: { title: 'other' } }));
      await expect(store.writeStatus(current(), {})).rejects.toThrow(StoreConflictError);
    });

    it('refuses an object that is gone: whoever noted what it was about to make must not make it', async () => {
      watchesHang();
      await start();
      server.table.delete(`${FLOWS}/sign-up`);
      const object = current();
      await expect(store.writeStatus(object, {})).rejects.toThrow(StoreConflictError);
    });

    it.each([
      {
        status: 422,
        message: 'status.phase: Invalid value',
        expected: 'could not write the status of Flow shop/sign-up: HTTP 422: status.phase: Invalid value',
      },
      {
        status: 403,
        message: 'flows is forbidden',
        expected: 'could not write the status of Flow shop/sign-up: HTTP 403: flows is forbidden',
      },
      { status: 500, message: 'x'.repeat(5_000), expected: 'x'.repeat(200) },
    ])('says shortly what the server said with $status', async ({ status, message, expected }) => {
      await start();
      server.interfere = ({ method }) =>
        method === 'PUT' ? { status, body: { kind: 'Status', message, details: { secret: 'dump' } } } : undefined;
      const error: unknown = await store.writeStatus(current(), {}).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(OperatorError);
      expect(error).toMatchObject({ reason: 'StoreUnavailable', message: expect.stringContaining(expected) as string });
      expect((error as Error).message.length).toBeLessThan(400);
      expect((error as Error).message).not.toContain('dump');
    });

    it('says when to come back if the server said so', async () => {
      await start();
      server.interfere = ({ method }) => (method === 'PUT' ? { status: 429, headers: { 'retry-after': '7' } } : undefined);
      await expect(store.writeStatus(current(), {})).rejects.toMatchObject({ reason: 'StoreUnavailable', retryAfterMs: 7_000 });
    });

    it('says why there was no answer', async () => {
      await start();
      server.interfere = ({ method }) => (method === 'PUT' ? 'reset' : undefined);
      await expect(store.writeStatus(current(), {})).rejects.toThrow(/could not write .*: read ECONNRESET/);
    });
  });

  describe('setFinalizer', () => {
    it('adds and removes ours and leaves the others', async () => {
      server.table.create(FLOWS, manifest('guarded', { finalizers: ['their/finalizer'] }));
      await start();
      const object = store.get({ ...key, name: 'guarded' });
      if (object === undefined) throw new Error('the store lost the object');
      const added = await store.setFinalizer(object, FINALIZER, true);
      expect(added.metadata.finalizers).toEqual(['their/finalizer', FINALIZER]);
      expect(server.seen('PATCH').map(({ contentType }) => contentType)).toEqual(['application/merge-patch+json']);
      const removed = await store.setFinalizer(added, FINALIZER, false);
      expect(removed.metadata.finalizers).toEqual(['their/finalizer']);
    });

    it('asks for nothing that is so already', async () => {
      await start();
      const object = current();
      await expect(store.setFinalizer(object, FINALIZER, false)).resolves.toBe(object);
      const added = await store.setFinalizer(object, FINALIZER, true);
      await expect(store.setFinalizer(added, FINALIZER, true)).resolves.toBe(added);
      expect(server.seen('PATCH')).toHaveLength(1);
    });

    it('lets a deleted object go and forgets it', async () => {
      await start();
      await store.setFinalizer(current(), FINALIZER, true);
      server.table.delete(`${FLOWS}/sign-up`);
      await until('the deletion is seen', () => current().metadata.deletionTimestamp !== undefined);
      await store.setFinalizer(current(), FINALIZER, false);
      await until('it is gone', () => store.get(key) === undefined);
      expect(store.list('Flow')).toEqual([]);
    });

    it.each([
      { present: false, reason: 'removing from an object that is gone is done' },
      { present: true, reason: 'adding to an object that is gone is a conflict' },
    ])('$reason', async ({ present }) => {
      watchesHang();
      await start();
      const object = present ? current() : await store.setFinalizer(current(), FINALIZER, true);
      server.interfere = () => ({ status: 404 });
      const outcome: unknown = await store.setFinalizer(object, FINALIZER, present).catch((error: unknown) => error);
      const expected = present ? { name: 'StoreConflictError' } : { metadata: { finalizers: [] } };
      expect(outcome).toMatchObject(expected);
    });

    it('fails with a conflict when the list may have changed', async () => {
      watchesHang();
      await start();
      server.table.update(`${FLOWS}/sign-up`, (object) => ({
        ...object,
        metadata: { ...object.metadata, finalizers: ['their/finalizer'] },
      }));
      await expect(store.setFinalizer(current(), FINALIZER, true)).rejects.toThrow(StoreConflictError);
      expect(server.table.get(`${FLOWS}/sign-up`).metadata.finalizers).toEqual(['their/finalizer']);
    });
  });

  it('says which kind is cut off, and where', async () => {
    await start(['shop']);
    expect([store.trouble, store.stillMs]).toEqual([undefined, 0]);
    server.interfere = ({ path }) => (path.includes('/stages') ? { status: 403 } : undefined);
    for (const watch of server.watches(collection('stages', 'shop'))) watch.reset();
    await until('it is trouble', () => store.trouble !== undefined, { meanwhile: () => clock.advance(5_000) });
    expect(store.trouble).toMatch(/^Stage in shop: the watch has been failing for \d+ s: HTTP 403: /);
  });

  it('rejects whoever waits for it when it is stopped first', async () => {
    server.interfere = () => 'hang';
    const starting = start();
    store.stop();
    await expect(starting).rejects.toThrow('stopped before');
  });
});
