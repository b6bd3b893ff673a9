import { AuthentikError } from '../authentik/errors.ts';
import { silentLogger } from '../authentik/silent-logger.ts';
import { keyTopic } from '../runtime/claim.ts';
import { FakeClock } from '../runtime/fake-clock.ts';
import { ChangeWatch } from './change-watch.ts';
import { ServerMirror } from './mirror.ts';
import { OwnWrites } from './own-writes.ts';
import { serverTopic } from './topics.ts';

const PROMPT = 'authentik_stages_prompt.prompt';
const BINDING = 'authentik_flows.flowstagebinding';
const BINDINGS = '/flows/bindings/';
const [FLOW, OTHER_FLOW, THING] = ['1', '2', '3'].map((digit) => `0f0e0d0c-0b0a-4908-8706-05040302010${digit}`) as [string, string, string];

function setUp() {
  const clock = new FakeClock();
  const events: object[] = [];
  const heard: string[] = [];
  const asked: string[] = [];
  const rows = new Map<string, unknown[]>();
  const refused = new Set<string>();
  let lastApplied = 'then';
  const envelope = (results: unknown[]): unknown => ({ pagination: { next: 0, count: results.length }, results });
  const client = {
    base: 'http://authentik',
    get: async (path: string): Promise<unknown> => {
      asked.push(path);
      for (const [prefix, reason] of [...refused].map((entry) => entry.split(' ') as [string, 'PermissionDenied' | 'Unreachable']))
        if (path.startsWith(prefix)) return Promise.reject(new AuthentikError(reason, 'no'));
      if (path === '/events/events/') return Promise.resolve(envelope([...events].reverse()));
      if (path === '/managed/blueprints/') return Promise.resolve(envelope([{ pk: 'b', last_applied: lastApplied }]));
      const [list = '', pk = ''] = path.split(/(?<=\/)(?=[^/]+\/$)/);
      return Promise.resolve(rows.get(list)?.find((row) => (row as { pk: string }).pk === pk.slice(0, -1)));
    },
    list: async <T>(path: string, _query: object, take: (row: unknown) => T): Promise<readonly T[]> => {
      asked.push(path);
      return Promise.resolve((rows.get(path) ?? []).map(take));
    },
  };
  const ownWrites = new OwnWrites();
  const watch: ChangeWatch = new ChangeWatch({
    address: 'http://authentik',
    client,
    mirror: () => mirror,
    visits: { forget: () => undefined },
    ownWrites,
    clock,
    log: silentLogger,
    wake: (topic) => void heard.push(topic),
    resync: () => void heard.push('resync'),
    toldChanged: () => void heard.push('told'),
    random: () => 0,
  });
  const mirror: ServerMirror = new ServerMirror({ client: client as never, clock, followed: watch });
  const happens = (model: string, pk: string, action = 'model_updated', requestID = 'theirs'): void => {
    const [app, name] = model.split('.');
    const context = { model: { app, model_name: name, pk: pk.replaceAll('-', '') }, http_request: { request_id: requestID } };
    events.push({ pk: `event-${events.length}`, action, created: new Date(clock.now()).toISOString(), context });
  };
  const interval = async (): Promise<void> => {
    heard.length = 0;
    asked.length = 0;
    await clock.advance(60_000);
  };
  const applyBlueprint = (): void => void (lastApplied = 'now');
  return { clock, rows, heard, asked, refused, ownWrites, watch, mirror, happens, interval, applyBlueprint };
}

async function watching(intervals = { pollMs: 60_000, resyncMs: 0 }) {
  const all = setUp();
  all.watch.tune(intervals);
  await all.watch.begun();
  return all;
}

const NEWS = ['/events/events/', '/managed/blueprints/'];

describe('watching what others change', () => {
  it('costs a look at the log and one at the blueprints each interval, and wakes nobody when nothing happened', async () => {
    const { asked, heard, interval, watch } = await watching();
    await interval();
    expect(asked).toEqual(NEWS);
    expect(heard).toEqual([]);
    expect(watch.follows).toBe(true);
  });

  it('wakes whoever has the changed object on record', async () => {
    const { heard, happens, interval } = await watching();
    happens(PROMPT, THING);
    await interval();
    expect(heard).toContain(keyTopic(THING));
  });

  it.each([
    { reason: 'it was ourselves', model: PROMPT, own: true },
    { reason: 'nobody here looks at such things', model: 'authentik_core.token', own: false },
  ])('wakes nobody when $reason', async ({ model, own }) => {
    const { heard, happens, ownWrites, interval } = await watching();
    if (own) ownWrites.begin()('ours');
    happens(model, THING, 'model_updated', own ? 'ours' : 'theirs');
    await interval();
    expect(heard).toEqual([]);
  });

  it('waits for the answers of our own writes, whose entries may be seen before', async () => {
    const { heard, happens, ownWrites, interval } = await watching();
    const answered = ownWrites.begin();
    happens(PROMPT, THING, 'model_created', 'ours');
    await interval();
    expect(heard).toEqual([]);
    answered('ours');
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual([]);
  });

  it('wakes nobody who waits for something because a person signed up', async () => {
    const { heard, happens, interval } = await watching();
    happens('authentik_core.user', '7', 'model_created');
    await interval();
    expect(heard).toEqual([keyTopic('7')]);
  });

  it.each([
    { action: 'model_created', tells: 'appeared' },
    { action: 'model_updated', tells: 'appeared' },
    { action: 'model_deleted', tells: 'gone' },
  ] as const)('tells those who wait that something has $tells when it reads $action', async ({ action, tells }) => {
    const { heard, happens, interval } = await watching();
    happens('authentik_core.group', THING, action);
    await interval();
    expect(heard).toContain(serverTopic('http://authentik', tells));
  });

  it.each([
    { reason: 'a new one', action: 'model_created', before: undefined, after: OTHER_FLOW, woken: [OTHER_FLOW] },
    { reason: 'one that is gone', action: 'model_deleted', before: FLOW, after: undefined, woken: [FLOW] },
    { reason: 'one that has moved', action: 'model_updated', before: FLOW, after: OTHER_FLOW, woken: [FLOW, OTHER_FLOW] },
  ])('wakes of all flows those that a binding is about: $reason', async ({ action, before, after, woken }) => {
    const { rows, mirror, heard, happens, interval } = await watching();
    const bound = (target: string | undefined): unknown[] => (target === undefined ? [] : [{ pk: THING, target, stage: 's' }]);
    rows.set(BINDINGS, bound(before));
    await mirror.list(BINDINGS);
    rows.set(BINDINGS, bound(after));
    happens(BINDING, THING, action);
    await interval();
    for (const flow of woken) expect(heard).toContain(keyTopic(flow));
    expect(heard.filter((topic) => [keyTopic(FLOW), keyTopic(OTHER_FLOW)].includes(topic))).toHaveLength(woken.length);
  });

  it('compares everything when a blueprint was applied, which leaves no entry', async () => {
    const { heard, interval, applyBlueprint } = await watching();
    applyBlueprint();
    await interval();
    expect(heard).toEqual(['resync']);
  });

  it('compares everything at its interval, a little earlier each for its own', async () => {
    const { heard, clock } = await watching({ pollMs: 0, resyncMs: 3_600_000 });
    heard.length = 0;
    await clock.advance(2 * 3_600_000);
    expect(heard).toEqual(['resync', 'resync']);
  });

  it.each([
    { refuse: '/events/ PermissionDenied', told: { log: 'denied', blueprints: 'yes' }, follows: false },
    { refuse: '/managed/ PermissionDenied', told: { log: 'yes', blueprints: 'denied' }, follows: true },
    { refuse: '/ Unreachable', told: { log: 'unknown', blueprints: 'unknown' }, follows: false },
  ] as const)('knows what it is told when $refuse', async ({ refuse, told, follows }) => {
    const { watch, refused, heard } = setUp();
    watch.tune({ pollMs: 60_000, resyncMs: 0 });
    refused.add(refuse);
    await watch.begun();
    expect(watch.told).toEqual(told);
    expect(watch.follows).toBe(follows);
    // Whoever opens the first connection waits for this look, and needs no telling.
    expect(heard).toEqual([]);
  });

  it('says that it is told nothing once the news have failed again and again, and that it is told again', async () => {
    const { watch, refused, heard, interval } = await watching();
    refused.add('/ Unreachable');
    for (let failures = 1; failures <= 3; failures++) {
      await interval();
      expect({ failures, told: watch.told, heard }).toEqual({ failures, told: { log: 'yes', blueprints: 'yes' }, heard: [] });
    }
    await interval();
    expect(watch.told).toEqual({ log: 'failing', blueprints: 'failing' });
    expect(watch.follows).toBe(false);
    expect(heard).toEqual(['told']);
    await interval();
    expect(heard).toEqual([]);
    refused.clear();
    await interval();
    expect(watch.told).toEqual({ log: 'yes', blueprints: 'yes' });
    expect(heard).toEqual(['resync', 'told']);
  });

  it('compares everything once it is told after all: what happened before was not', async () => {
    const { watch, refused, heard, interval, clock } = setUp();
    watch.tune({ pollMs: 60_000, resyncMs: 0 });
    refused.add('/ Unreachable');
    await watch.begun();
    refused.clear();
    await interval();
    expect(heard).toContain('resync');
    await clock.advance(60_000);
    expect(heard.filter((what) => what === 'resync')).toHaveLength(1);
  });

  it('goes on where it was when its intervals change', async () => {
    const { watch, heard, happens, clock } = await watching();
    happens(PROMPT, THING);
    watch.tune({ pollMs: 10_000, resyncMs: 0 });
    heard.length = 0;
    await clock.advance(10_000);
    expect(heard).toContain(keyTopic(THING));
  });

  it('asks for nothing when nobody wants it', async () => {
    const { asked, interval, watch } = await watching({ pollMs: 0, resyncMs: 0 });
    await interval();
    expect(asked).toEqual([]);
    expect(watch.told).toEqual({ log: 'off', blueprints: 'off' });
  });

  it('asks the log once for all who must know what happened up to now', async () => {
    const { asked, watch, clock } = await watching();
    await clock.advance(30_000);
    asked.length = 0;
    await Promise.all([watch.catchUp(), watch.catchUp()]);
    await watch.catchUp();
    expect(asked).toEqual(['/events/events/']);
  });
});
