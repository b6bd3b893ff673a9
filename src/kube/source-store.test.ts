import { FakeClock } from '../runtime/fake-clock.ts';
import type { SourceKey } from '../runtime/store.ts';
import { KubeSourceStore } from './source-store.ts';
import { ApiServerDouble } from './testing/api-server-double.ts';
import { MemoryLogger } from './testing/memory-logger.ts';
import { until } from './testing/until.ts';

const SECRETS = '/api/v1/namespaces/shop/secrets';
const CONFIG_MAPS = '/api/v1/namespaces/shop/configmaps';
const smtp: SourceKey = { kind: 'Secret', namespace: 'shop', name: 'smtp' };
const texts: SourceKey = { kind: 'ConfigMap', namespace: 'shop', name: 'texts' };
const owner = (name: string) => ({ kind: 'Stage', namespace: 'shop', name });
const base64 = (text: string) => Buffer.from(text).toString('base64');
const secret = (password: string) => ({ metadata: { name: 'smtp' }, data: { password: base64(password) } });

describe('KubeSourceStore', () => {
  let server: ApiServerDouble;
  let store: KubeSourceStore;
  let told: string[];
  const change = (password: string) => server.table.update(`${SECRETS}/smtp`, (current) => ({ ...current, data: secret(password).data }));
  const watching = (path = SECRETS) => until('a watch is open', () => server.watches(path).length === 1);

  beforeEach(async () => {
    server = await ApiServerDouble.listen();
    store = new KubeSourceStore({ kubeConfig: server.kubeConfig(), logger: new MemoryLogger(), clock: new FakeClock(), random: () => 0.5 });
    told = [];
    store.subscribe(({ name }, source) => told.push(`${name}: ${source.kind} ${source.name}`));
  });

  afterEach(async () => {
    store.stop();
    await server.close();
  });

  it('reads texts, whatever they are stored as', async () => {
    server.table.create(SECRETS, { metadata: { name: 'smtp' }, data: { password: base64('geheim, µ') } });
    server.table.create(CONFIG_MAPS, { metadata: { name: 'texts' }, data: { title: 'Hello' }, binaryData: { logo: base64('bytes') } });
    server.table.create(CONFIG_MAPS, { metadata: { name: 'empty' } });
    expect((await store.read(smtp))?.data).toEqual({ password: 'geheim, µ' });
    expect((await store.read(texts))?.data).toEqual({ title: 'Hello', logo: 'bytes' });
    expect((await store.read({ ...texts, name: 'empty' }))?.data).toEqual({});
    expect(await store.read({ ...texts, name: 'missing' })).toBeUndefined();
  });

  it('serves what is tracked from memory', async () => {
    server.table.create(SECRETS, secret('one'));
    store.track(owner('email'), [smtp]);
    await watching();
    const before = server.requests.length;
    expect((await store.read(smtp))?.data).toEqual({ password: 'one' });
    change('two');
    await until('the change is told', () => told.length > 0);
    expect((await store.read(smtp))?.data).toEqual({ password: 'two' });
    expect(server.requests).toHaveLength(before);
    expect(told).toEqual(['email: Secret smtp']);
  });

  it('knows the labels, read and watched, and tells when they change', async () => {
    server.table.create(SECRETS, { ...secret('one'), metadata: { name: 'smtp', labels: { allowed: 'true' } } });
    expect((await store.read(smtp))?.labels).toEqual({ allowed: 'true' });
    store.track(owner('email'), [smtp]);
    await watching();
    server.table.update(`${SECRETS}/smtp`, (current) => ({ ...current, metadata: { ...current.metadata, labels: {} } }));
    await until('the change is told', () => told.length > 0);
    expect((await store.read(smtp))?.labels).toEqual({});
  });

  it('asks for nothing but the one by name', async () => {
    server.table.create(SECRETS, secret('one'));
    server.table.create(SECRETS, { metadata: { name: 'not-ours' }, data: {} });
    store.track(owner('email'), [smtp]);
    await watching();
    expect(new Set(server.requests.map(({ path, query }) => `${path}?${query.get('fieldSelector') ?? ''}`))).toEqual(
      new Set([`${SECRETS}?metadata.name=smtp`]),
    );
  });

  it('tells every owner when the source appears, changes and goes', async () => {
    store.track(owner('email'), [smtp]);
    store.track(owner('other'), [smtp]);
    await watching();
    expect(told).toEqual([]);
    server.table.create(SECRETS, secret('one'));
    change('two');
    server.table.delete(`${SECRETS}/smtp`);
    await until('all is told', () => told.length === 6);
    expect(new Set(told)).toEqual(new Set(['email: Secret smtp', 'other: Secret smtp']));
    expect(await store.read(smtp)).toBeUndefined();
  });

  it.each([
    { reason: 'reading and tracking in one go tells nothing', before: 'one', after: 'one', times: 0 },
    { reason: 'a change between reading and tracking is told', before: 'one', after: 'two', times: 1 },
    { reason: 'a source that appears between reading and tracking is told', before: undefined, after: 'two', times: 1 },
    { reason: 'a source that goes between reading and tracking is told', before: 'one', after: undefined, times: 1 },
    { reason: 'a source that is still missing is not told', before: undefined, after: undefined, times: 0 },
  ])('$reason', async ({ before, after, times }) => {
    if (before !== undefined) server.table.create(SECRETS, secret(before));
    await store.read(smtp);
    if (before !== after) {
      if (before !== undefined) server.table.delete(`${SECRETS}/smtp`);
      if (after !== undefined) server.table.create(SECRETS, secret(after));
    }
    store.track(owner('email'), [smtp]);
    await watching();
    await until('all is told', () => told.length >= times);
    // Proves that nothing more was on its way.
    if (after === undefined) server.table.create(SECRETS, secret('last'));
    else change('last');
    await until('the last is told', () => told.length > times);
    expect(told).toHaveLength(times + 1);
  });

  it('answers what is watched when that was quicker than reading, since nobody is told of it', async () => {
    server.table.create(SECRETS, secret('one'));
    const late = Promise.withResolvers<undefined>();
    // The answer is as old as the request, however late it comes.
    server.interfere = async ({ path }) => {
      if (path !== `${SECRETS}/smtp`) return undefined;
      await late.promise;
      return { status: 200, body: { ...secret('one'), metadata: { name: 'smtp', namespace: 'shop', uid: 'a', resourceVersion: '1' } } };
    };
    const reading = store.read(smtp);
    await until('it is asked for', () => server.requests.length === 1);
    change('two');
    store.track(owner('email'), [smtp]);
    await watching();
    late.resolve(undefined);
    expect((await reading)?.data).toEqual({ password: 'two' });
    expect(told).toEqual([]);
  });

  it('shares one watch among owners and ends it with the last of them', async () => {
    store.track(owner('email'), [smtp, texts]);
    store.track(owner('other'), [smtp]);
    await watching();
    await watching(CONFIG_MAPS);
    store.track(owner('email'), [texts]);
    expect(server.watches(SECRETS)).toHaveLength(1);
    store.track(owner('other'), []);
    await until('the watch is closed', () => server.watches(SECRETS).length === 0);
    expect(server.watches(CONFIG_MAPS)).toHaveLength(1);
    server.table.create(SECRETS, secret('one'));
    expect((await store.read(smtp))?.data).toEqual({ password: 'one' });
    expect(told).toEqual([]);
  });

  describe('with many of one namespace', () => {
    const many = (count: number): SourceKey[] => Array.from({ length: count }, (_, place) => ({ ...smtp, name: `s${place}` }));
    const limited = (): void => {
      logger = new MemoryLogger();
      store = new KubeSourceStore({
        kubeConfig: server.kubeConfig(),
        logger,
        clock: new FakeClock(),
        random: () => 0.5,
        limits: { named: 2, most: 4 },
        onUntracked: ({ name }) => untracked.push(name),
      });
      store.subscribe(({ name }, source) => told.push(`${name}: ${source.name}`));
    };
    const open = (): string[] => server.watches(SECRETS).map(({ query }) => query.get('fieldSelector') ?? 'all');
    let logger: MemoryLogger;
    let untracked: string[];

    beforeEach(() => {
      untracked = [];
      limited();
      for (const { name } of many(6)) server.table.create(SECRETS, { metadata: { name }, data: { password: base64(name) } });
      server.table.create(SECRETS, { metadata: { name: 'nobodys' }, data: { password: base64('nobodys') } });
    });

    it('watches the namespace, its metadata only, and reads each when it changed', async () => {
      for (const key of many(6)) {
        await store.read(key);
        store.track(owner(`of-${key.name}`), [key]);
      }
      await until('one watch is open', () => open().length === 1 && open()[0] === 'all');
      const wide = server.seen('GET', SECRETS).filter(({ query }) => !query.has('fieldSelector'));
      expect(wide.every(({ accept }) => accept?.includes('as=PartialObjectMetadata') === true)).toBe(true);
      expect(told).toEqual([]);

      server.table.update(`${SECRETS}/s4`, (current) => ({ ...current, data: { password: base64('new') } }));
      server.table.update(`${SECRETS}/nobodys`, (current) => ({ ...current, data: {} }));
      server.table.delete(`${SECRETS}/s5`);
      await until('both are told', () => told.length === 2);
      expect(told).toEqual(['of-s4: s4', 'of-s5: s5']);
      const before = server.requests.length;
      for (let i = 0; i < 3; i += 1) expect((await store.read(many(5)[4] ?? smtp))?.data).toEqual({ password: 'new' });
      expect(await store.read(many(6)[5] ?? smtp)).toBeUndefined();
      expect(server.requests).toHaveLength(before + 1);
      expect(server.seen('GET', `${SECRETS}/nobodys`)).toEqual([]);
    });

    it('tells what changed while the watches were exchanged', async () => {
      for (const key of many(3)) await store.read(key);
      server.table.update(`${SECRETS}/s2`, (current) => ({ ...current, data: { password: base64('new') } }));
      for (const key of many(3)) store.track(owner(`of-${key.name}`), [key]);
      await until('it is told', () => told.length === 1);
      expect(told).toEqual(['of-s2: s2']);
    });

    it('watches by name where the namespace may not be watched, up to a limit, and says so', async () => {
      server.interfere = ({ query, path }) => (path === SECRETS && !query.has('fieldSelector') ? { status: 403 } : undefined);
      for (const key of many(6)) store.track(owner(`of-${key.name}`), [key]);
      await until('four watches are open', () => open().length === 4);
      expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
      expect((await store.read(many(6)[5] ?? smtp))?.data).toEqual({ password: 's5' });
      store.track(owner('of-s0'), []);
      await until('another has the place', () => !open().includes('metadata.name=s0') && open().length === 4);
      expect(untracked).toEqual(['s0']);
    });

    it('costs one owner no more, however many others there are', () => {
      server.interfere = () => 'hang';
      const spent = (count: number): number => {
        const started = performance.now();
        for (let i = 0; i < count; i += 1) store.track(owner(`o${i}`), [{ ...smtp, name: `n${i}` }]);
        return performance.now() - started;
      };
      spent(500);
      const few = spent(500);
      spent(8_000);
      expect(spent(500)).toBeLessThan(few * 10 + 100);
    });
  });

  it.each([
    {
      status: 403,
      reason: 'KubernetesPermissionDenied',
      message:
        'the operator may not read Secret shop/smtp: give its ServiceAccount the rule {apiGroups: [""], resources: ["secrets"], resourceNames: ["smtp"], verbs: ["get"]} in namespace shop, or list it in `rbac.secretNames` of the chart (HTTP 403: no rights)',
    },
    { status: 500, reason: 'StoreUnavailable', message: 'could not read Secret shop/smtp: HTTP 500: no rights' },
  ])('says so when it gets $status', async ({ status, reason, message }) => {
    server.interfere = () => ({ status, body: { kind: 'Status', message: 'no rights' } });
    store.track(owner('email'), [smtp]);
    await expect(store.read(smtp)).rejects.toMatchObject({ reason, message });
  });
});
