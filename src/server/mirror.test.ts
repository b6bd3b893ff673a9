import fc from 'fast-check';
import type { ApiObject } from '../authentik/api-object.ts';
import { AuthentikError } from '../authentik/errors.ts';
import type { Followed } from './mirror.ts';
import { ServerMirror } from './mirror.ts';

const STAGES = '/stages/dummy/';
const FAMILY = '/stages/all/';
const FLOWS = '/flows/instances/';
const BINDINGS = '/flows/bindings/';
const POLICY_BINDINGS = '/policies/bindings/';
const DUMMY = 'authentik_stages_dummy.dummystage';
const BINDING = 'authentik_flows.flowstagebinding';

const stage = (pk: string, name = pk): ApiObject => ({ pk, name });

/** A server whose answers arrive when the test says so; each holds what there was when it was asked. */
class HeldBackServer {
  readonly base = 'http://authentik';
  readonly rows = new Map<string, Map<string, ApiObject>>();
  readonly asked: string[] = [];
  readonly pending: (() => void)[] = [];
  /** Answers at once. */
  eager = true;

  at(path: string): Map<string, ApiObject> {
    const rows = this.rows.get(path) ?? new Map<string, ApiObject>();
    this.rows.set(path, rows);
    return rows;
  }

  put(path: string, ...rows: ApiObject[]): void {
    for (const row of rows) this.at(path).set(row.pk, row);
  }

  async list<T>(path: string, query: object = {}, take: (row: unknown) => T = (row) => row as T): Promise<readonly T[]> {
    this.asked.push(`list ${path}`);
    const [filter] = Object.entries(query).filter(([name]) => name.endsWith('_uuid'));
    const snapshot = [...this.at(path).values()].filter(({ pk }) => filter === undefined || pk === filter[1]);
    await this.#turn();
    return snapshot.map(take);
  }

  async get(path: string): Promise<unknown> {
    this.asked.push(`get ${path}`);
    const [, list = '', pk = ''] = /^(\/.*\/)([^/]+)\/$/.exec(path) ?? [];
    const row = this.at(list).get(pk);
    await this.#turn();
    if (row === undefined) throw new AuthentikError('ServerError', 'none', { notFound: true });
    return row;
  }

  async deliver(): Promise<void> {
    this.pending.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #turn(): Promise<void> {
    return this.eager ? undefined : new Promise((resolve) => this.pending.push(resolve));
  }
}

function setUp(options: { follows?: boolean; maxWeight?: number } = {}) {
  const server = new HeldBackServer();
  const time = { now: 0 };
  const told: string[] = [];
  const followed: Followed = {
    begun: async () => Promise.resolve(void told.push('begun')),
    catchUp: async () => Promise.resolve(void told.push('caught up')),
    follows: options.follows ?? true,
  };
  const weight = options.maxWeight === undefined ? {} : { maxWeight: options.maxWeight };
  const mirror = new ServerMirror({ client: server, clock: { now: () => time.now }, followed, ...weight });
  return { server, time, told, mirror };
}

describe('a mirror', () => {
  it('reads a list once, for whoever wants it, and after it is known where changes begin', async () => {
    const { server, time, told, mirror } = setUp();
    server.put(STAGES, stage('1'));
    const [one, other] = await Promise.all([mirror.list(STAGES), mirror.list(STAGES)]);
    expect(one).toBe(other);
    time.now = 1e9;
    await mirror.list(STAGES);
    expect(server.asked).toEqual([`list ${STAGES}`]);
    expect(told[0]).toBe('begun');
  });

  it.each([
    { reason: 'for half a minute', took: 0, serves: 30_000 },
    { reason: 'for three times what it takes, from its end', took: 32_000, serves: 96_000 },
  ])('serves a list $reason where nobody tells of changes', async ({ took, serves }) => {
    const { server, time, mirror } = setUp({ follows: false });
    server.eager = false;
    const list = mirror.list(STAGES);
    await new Promise((resolve) => setImmediate(resolve));
    time.now = took;
    await server.deliver();
    await list;
    time.now = took + serves;
    await mirror.list(STAGES);
    expect(server.asked).toHaveLength(1);
    time.now += 1;
    void mirror.list(STAGES);
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.asked).toHaveLength(2);
    await server.deliver();
  });

  it.each([
    { method: 'POST', path: STAGES, answer: stage('2', 'made'), names: ['one', 'made'] },
    { method: 'PATCH', path: `${STAGES}1/`, answer: stage('1', 'changed'), names: ['changed'] },
    { method: 'DELETE', path: `${STAGES}1/`, answer: undefined, names: [] },
    { method: 'POST', path: '/policies/all/cache_clear/', answer: undefined, names: ['one'] },
  ] as const)('takes over what $method $path has done, also where the family is listed', async ({ names, ...write }) => {
    const { server, mirror } = setUp();
    for (const path of [STAGES, FAMILY]) {
      server.put(path, stage('1', 'one'));
      await mirror.list(path);
    }
    mirror.wrote(write);
    for (const path of [STAGES, FAMILY]) expect((await mirror.list(path)).map((row) => row['name'])).toEqual(names);
    expect(server.asked).toHaveLength(2);
  });

  it('lets go of a flow by its slug, with everything bound to it', async () => {
    const { server, mirror } = setUp();
    server.put(FLOWS, { pk: 'f', slug: 'sign-up', stages: ['s'] });
    server.put(BINDINGS, { pk: 'b', target: 'f', stage: 's' }, { pk: 'other', target: 'g', stage: 's' });
    server.put(POLICY_BINDINGS, { pk: 'on flow', target: 'f' }, { pk: 'on stage', target: 'b' }, { pk: 'elsewhere', target: 'x' });
    for (const path of [FLOWS, BINDINGS, POLICY_BINDINGS]) await mirror.list(path);
    mirror.wrote({ method: 'DELETE', path: `${FLOWS}sign-up/`, answer: undefined });
    expect(await mirror.list(FLOWS)).toEqual([]);
    expect((await mirror.list(BINDINGS)).map(({ pk }) => pk)).toEqual(['other']);
    expect((await mirror.list(POLICY_BINDINGS)).map(({ pk }) => pk)).toEqual(['elsewhere']);
  });

  it('asks by its key for what others changed, when somebody wants it, and only for that', async () => {
    const { server, mirror } = setUp();
    server.put(STAGES, stage('1'), stage('2'), stage('3'));
    await mirror.list(STAGES);
    server.put(STAGES, stage('1', 'renamed'));
    mirror.changed(DUMMY, '1');
    expect(await mirror.get(STAGES, '2')).toEqual(stage('2'));
    expect(server.asked).toHaveLength(1);
    await Promise.all([mirror.get(STAGES, '1'), mirror.list(STAGES)]);
    expect(await mirror.get(STAGES, '1')).toEqual(stage('1', 'renamed'));
    expect(server.asked.slice(1)).toEqual([`get ${STAGES}1/`]);
  });

  it('finds by name what others made or renamed', async () => {
    const { server, mirror } = setUp();
    server.put(STAGES, stage('1'));
    expect(await mirror.named(STAGES, 'name', 'new')).toBeUndefined();
    server.put(STAGES, stage('2', 'new'));
    mirror.changed(DUMMY, '2');
    expect(await mirror.named(STAGES, 'name', 'new')).toEqual(stage('2', 'new'));
  });

  it('asks for a flow by a filter, since its slug may have changed', async () => {
    const { server, mirror } = setUp();
    server.put(FLOWS, { pk: 'f', slug: 'old' });
    await mirror.list(FLOWS);
    server.put(FLOWS, { pk: 'f', slug: 'new' });
    mirror.changed('authentik_flows.flow', 'f');
    expect(await mirror.named(FLOWS, 'slug', 'old')).toBeUndefined();
    expect(await mirror.named(FLOWS, 'slug', 'new')).toMatchObject({ pk: 'f' });
  });

  it('drops what others deleted once the server says that it is gone, and reads the list when much has changed', async () => {
    const { server, mirror } = setUp();
    const many = Array.from({ length: 30 }, (_, index) => stage(`many-${index}`));
    server.put(STAGES, stage('1'), ...many);
    await mirror.list(STAGES);
    server.at(STAGES).delete('1');
    mirror.changed(DUMMY, '1');
    expect(await mirror.get(STAGES, '1')).toBeUndefined();
    expect(server.asked).toEqual([`list ${STAGES}`, `get ${STAGES}1/`]);
    for (const { pk } of many) mirror.changed(DUMMY, pk);
    await mirror.list(STAGES);
    expect(server.asked).toEqual([`list ${STAGES}`, `get ${STAGES}1/`, `list ${STAGES}`]);
  });

  it('keeps a change marked that could not be asked for', async () => {
    const { server, mirror } = setUp();
    server.put(STAGES, stage('1'));
    await mirror.list(STAGES);
    mirror.changed(DUMMY, '1');
    const get = server.get.bind(server);
    server.get = async () => Promise.reject(new AuthentikError('Unreachable', 'down'));
    await expect(mirror.get(STAGES, '1')).rejects.toMatchObject({ reason: 'Unreachable' });
    server.get = get;
    server.put(STAGES, stage('1', 'changed'));
    expect(await mirror.get(STAGES, '1')).toEqual(stage('1', 'changed'));
  });

  it.each([
    {
      reason: 'our own write',
      tell: (mirror: ServerMirror, row: ApiObject) => mirror.wrote({ method: 'POST', path: BINDINGS, answer: row }),
    },
    { reason: 'the log', tell: (mirror: ServerMirror) => mirror.changed(BINDING, 'b') },
  ])('knows of which flows a stage is a part, from $reason', async ({ tell }) => {
    const { server, mirror } = setUp();
    server.put(FLOWS, { pk: 'f', slug: 'login', name: 'Login', designation: 'authentication', stages: [] });
    server.put(STAGES, { pk: 's', name: 's', flow_set: [] });
    for (const path of [FLOWS, STAGES, BINDINGS]) await mirror.list(path);
    const binding = { pk: 'b', target: 'f', stage: 's', order: 1 };
    server.put(BINDINGS, binding);
    tell(mirror, binding);
    expect(await mirror.get(STAGES, 's')).toMatchObject({ flow_set: [{ pk: 'f', slug: 'login', designation: 'authentication' }] });
    expect(await mirror.get(FLOWS, 'f')).toMatchObject({ stages: ['s'] });
    mirror.wrote({ method: 'DELETE', path: `${BINDINGS}b/`, answer: undefined });
    expect(await mirror.get(STAGES, 's')).toMatchObject({ flow_set: [] });
    expect(await mirror.get(FLOWS, 'f')).toMatchObject({ stages: [] });
  });

  it('proves absence by the key alone, and believes no other object in its place', async () => {
    const { server, mirror } = setUp();
    server.put(FLOWS, { pk: 'f', slug: 'sign-up' });
    await mirror.list(FLOWS);
    server.at(FLOWS).set('sign-up', { pk: 'another', slug: 'sign-up' });
    expect(await mirror.fetch(FLOWS, 'f', 'sign-up')).toBeUndefined();
    expect(await mirror.get(FLOWS, 'f')).toBeUndefined();
  });

  it('keeps of a row what is looked at, and of a nested object its names', async () => {
    const { server, mirror } = setUp();
    server.put(BINDINGS, { pk: 'b', order: 1, stage_obj: { pk: 's', name: 'S', flow_set: [{ slug: 'f' }], junk: 'x' } });
    server.put('/core/groups/', { pk: 'g', name: 'G', users: Array.from({ length: 5000 }, (_, index) => index) });
    expect(await mirror.list(BINDINGS)).toEqual([{ pk: 'b', order: 1, stage_obj: { pk: 's', name: 'S' } }]);
    expect(await mirror.list('/core/groups/')).toEqual([{ pk: 'g', name: 'G' }]);
  });

  it('keeps no more than it may', async () => {
    const { server, mirror } = setUp({ maxWeight: 10_000 });
    server.put(STAGES, ...Array.from({ length: 100 }, (_, index) => stage(String(index), 'x'.repeat(100))));
    await expect(mirror.list(STAGES)).rejects.toMatchObject({ reason: 'TooMuchData', message: expect.stringContaining(STAGES) as string });
  });

  it('refuses a list of things without a key', async () => {
    const { server, mirror } = setUp();
    server.list = async (_path, _query, take) => Promise.resolve([take?.({}) as never]);
    await expect(mirror.list(STAGES)).rejects.toMatchObject({ reason: 'ServerError', message: expect.stringContaining(STAGES) as string });
  });

  it('shows in the end what there is, in any order of writes, changes of others, answers and invalidations', async () => {
    const keys = fc.constantFrom('1', '2', '3');
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('write' as const, 'remove' as const, 'foreign' as const), pk: keys }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('get' as const), pk: keys }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('list' as const, 'deliver' as const, 'invalidate' as const), pk: keys }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { server, mirror } = setUp();
        server.eager = false;
        let version = 0;
        for (const { do: action, pk } of steps) {
          const row = stage(pk, `version ${(version += 1)}`);
          switch (action) {
            case 'write':
              server.put(STAGES, row);
              mirror.wrote({ method: 'PATCH', path: `${STAGES}${pk}/`, answer: row });
              break;
            case 'remove':
              server.at(STAGES).delete(pk);
              mirror.wrote({ method: 'DELETE', path: `${STAGES}${pk}/`, answer: undefined });
              break;
            case 'foreign':
              server.put(STAGES, row);
              mirror.changed(DUMMY, pk);
              break;
            case 'get':
              void mirror.get(STAGES, pk);
              break;
            case 'list':
              void mirror.list(STAGES);
              break;
            case 'deliver':
              await server.deliver();
              break;
            case 'invalidate':
              mirror.invalidate(STAGES);
          }
        }
        server.eager = true;
        while (server.pending.length > 0) await server.deliver();
        const byKey = (rows: readonly ApiObject[]) => [...rows].sort((a, b) => a.pk.localeCompare(b.pk));
        expect(byKey(await mirror.list(STAGES))).toEqual(byKey([...server.at(STAGES).values()]));
      }),
      { numRuns: 300 },
    );
  });
});
