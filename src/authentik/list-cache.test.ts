import fc from 'fast-check';
import { ListCache, type ApiObject } from './list-cache.ts';

/** A client whose lists arrive when the test says so; each holds what the server had when it was asked. */
class HeldBackClient {
  readonly server = new Map<string, ApiObject>();
  readonly pending: (() => void)[] = [];
  asked = 0;

  async list(): Promise<readonly unknown[]> {
    this.asked += 1;
    const snapshot = [...this.server.values()];
    return new Promise((resolve) => this.pending.push(() => resolve(snapshot)));
  }

  async deliver(): Promise<void> {
    this.pending.shift()?.();
    // Lets the cache take it in before the test goes on.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const PATH = '/stages/dummy/';
const stage = (pk: string, name = pk): ApiObject => ({ pk, name });

function setUp(ttlMs = 1000) {
  const client = new HeldBackClient();
  const clock = { now: () => time.now };
  const time = { now: 0 };
  return { client, time, cache: new ListCache(client, { ttlMs, clock }) };
}

describe('ListCache', () => {
  it('asks once for callers at the same time, and again when what it holds is too old', async () => {
    const { client, time, cache } = setUp();
    client.server.set('1', stage('1'));
    const both = Promise.all([cache.list(PATH), cache.list(PATH)]);
    await client.deliver();
    const [one, other] = await both;
    expect(one).toBe(other);
    expect(one).toEqual([stage('1')]);

    time.now = 999;
    await cache.list(PATH);
    expect(client.asked).toBe(1);

    time.now = 1000;
    const again = cache.list(PATH);
    await client.deliver();
    await again;
    expect(client.asked).toBe(2);
  });

  it('answers with what it holds, however old, where that will do, and asks anew once that was invalidated', async () => {
    const { client, time, cache } = setUp();
    const first = cache.lately(PATH);
    await client.deliver();
    expect(await first).toEqual([]);
    time.now = 1_000_000;
    cache.upsert(PATH, stage('1'));
    expect(await cache.lately(PATH)).toEqual([stage('1')]);
    expect(client.asked).toBe(1);

    cache.invalidate();
    const again = cache.lately(PATH);
    await client.deliver();
    await again;
    expect(client.asked).toBe(2);
  });

  it('counts age from when a list was asked for', async () => {
    const { client, time, cache } = setUp();
    const slow = cache.list(PATH);
    time.now = 1500;
    await client.deliver();
    await slow;
    void cache.list(PATH);
    expect(client.asked).toBe(2);
  });

  it('keeps lists of different paths apart', async () => {
    const { client, cache } = setUp();
    const lists = Promise.all([cache.list('/a/'), cache.list('/b/')]);
    await client.deliver();
    await client.deliver();
    await lists;
    cache.upsert('/a/', stage('1'));
    await expect(cache.find('/a/', ({ pk }) => pk === '1')).resolves.toEqual(stage('1'));
    await expect(cache.list('/b/')).resolves.toEqual([]);
  });

  it('lets a write win over a list that was asked for before it', async () => {
    const { client, cache } = setUp();
    client.server.set('1', stage('1', 'old')).set('2', stage('2'));
    const list = cache.list(PATH);
    cache.upsert(PATH, stage('1', 'new'));
    cache.upsert(PATH, stage('3'));
    cache.remove(PATH, '2');
    await client.deliver();
    const expected = [stage('1', 'new'), stage('3')];
    await expect(list).resolves.toEqual(expected);
    await expect(cache.list(PATH)).resolves.toEqual(expected);
  });

  it('does not keep a list that was invalidated while under way, nor let new callers join it', async () => {
    const { client, cache } = setUp();
    const before = cache.list(PATH);
    cache.invalidate(PATH);
    client.server.set('1', stage('1'));
    const after = cache.list(PATH);
    await client.deliver();
    await client.deliver();
    await expect(before).resolves.toEqual([]);
    await expect(after).resolves.toEqual([stage('1')]);
    await expect(cache.list(PATH)).resolves.toEqual([stage('1')]);
    expect(client.asked).toBe(2);
  });

  it('does not change what it returned', async () => {
    const { client, cache } = setUp();
    const list = cache.list(PATH);
    await client.deliver();
    const returned = await list;
    cache.upsert(PATH, stage('1'));
    expect(returned).toEqual([]);
  });

  it('forgets a failure', async () => {
    let calls = 0;
    const client = {
      list: async () => {
        calls += 1;
        if (calls === 1) return Promise.reject(new Error('down'));
        return Promise.resolve([{ pk: 7, username: 'numeric keys appear as text' }]);
      },
    };
    const cache = new ListCache(client, { ttlMs: 1000, clock: { now: () => 0 } });
    await expect(cache.list(PATH)).rejects.toThrow('down');
    await expect(cache.list(PATH)).resolves.toEqual([{ pk: '7', username: 'numeric keys appear as text' }]);
  });

  it('refuses a list of things without a key', async () => {
    const cache = new ListCache({ list: async () => Promise.resolve([{}]) }, { ttlMs: 1000, clock: { now: () => 0 } });
    await expect(cache.list(PATH)).rejects.toMatchObject({ reason: 'InternalError', message: expect.stringContaining(PATH) as string });
  });

  it('never shows less than what this process wrote, in any order of writes, deliveries and invalidations', async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant('write' as const), pk: fc.constantFrom('1', '2', '3') }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), pk: fc.constantFrom('1', '2', '3') }) },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constantFrom('list' as const, 'deliver' as const, 'invalidate' as const, 'wait' as const) }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { client, time, cache } = setUp(100);
        let version = 0;
        for (const action of steps) {
          switch (action.do) {
            case 'write': {
              const object = stage(action.pk, `version ${(version += 1)}`);
              client.server.set(action.pk, object);
              cache.upsert(PATH, object);
              break;
            }
            case 'remove':
              client.server.delete(action.pk);
              cache.remove(PATH, action.pk);
              break;
            case 'list':
              void cache.list(PATH);
              break;
            case 'deliver':
              await client.deliver();
              break;
            case 'invalidate':
              cache.invalidate(PATH);
              break;
            case 'wait':
              time.now += 60;
          }
        }
        const seen = cache.list(PATH);
        while (client.pending.length > 0) await client.deliver();
        const byPk = (objects: readonly ApiObject[]) => [...objects].sort((a, b) => a.pk.localeCompare(b.pk));
        expect(byPk(await seen)).toEqual(byPk([...client.server.values()]));
      }),
    );
  });
});
