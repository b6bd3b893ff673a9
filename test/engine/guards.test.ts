/**
 * A stage with policies is never in a flow without them: a visitor looks after every single write, while any of them fails or the operator
 * dies at it.
 */
import { startAuthentikSim, type AuthentikSim, type FaultRule } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';
import { somebodyElse } from './requests.ts';

const CLOSED = 'Closed for the night.';
const LOGIN = 'default-authentication-flow';

let sim: AuthentikSim;
let bed: EngineBed;
/** What a visitor of `watched` saw, after every write. */
let seen: string[];
let watched: string;
/** Called with the number of each write of the operator, before the visitor looks. */
let atWrite: (index: number) => void;

beforeEach(async () => {
  seen = [];
  watched = LOGIN;
  atWrite = () => undefined;
  let index = 0;
  sim = await startAuthentikSim({
    version: '2026.2',
    afterWrite: async () => {
      atWrite(index++);
      seen.push(await visit(watched));
    },
  });
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim, { requestTimeout: '10s' });
  for (const [name, verdict] of [
    ['never', 'False'],
    ['always', 'True'],
  ] as const)
    bed.apply('AuthentikPolicy', name, { type: 'Expression', expression: { expression: `return ${verdict}` } });
  bed.apply('AuthentikStage', 'closed', { type: 'Deny', deny: { denyMessage: CLOSED } });
  bed.apply('AuthentikStage', 'who', { type: 'Identification', identification: { userFields: ['email'] } });
  bed.apply('AuthentikStage', 'notice', { type: 'Dummy', dummy: {} });
  for (const name of ['never', 'always']) await bed.until('AuthentikPolicy', name, 'True/Reconciled');
  for (const name of ['closed', 'who', 'notice']) await bed.until('AuthentikStage', name, 'True/Reconciled');
  await bed.quiet();
  index = 0;
  seen = [];
  sim.resetRequests();
});

afterEach(async () => {
  await bed.stop();
  await sim.stop();
});

/** What somebody gets who comes by for the first time: the component, and the reason of a refusal. */
async function visit(slug: string): Promise<string> {
  const answer = await fetch(`${sim.url}/api/v3/flows/executor/${slug}/?query=`);
  if (!(answer.headers.get('content-type') ?? '').includes('json')) return `${answer.status}`;
  const { component, error_message: message } = (await answer.json()) as { component: string; error_message?: string };
  return message === undefined ? component : `${component}: ${message}`;
}

const flowSpec = (slug: string, stages: readonly object[], more: object = {}): object => ({
  slug,
  name: slug,
  title: slug,
  designation: 'stage_configuration',
  stages,
  ...more,
});
const closedAtNight = { order: 5, stageRef: { name: 'closed' }, policies: [{ order: 0, policyRef: { name: 'never' } }] };
const guardedLogin = { slug: LOGIN, adoptionPolicy: 'Always', title: 'The market', stages: [closedAtNight] };
const guardedNew = flowSpec('club', [closedAtNight, { order: 10, stageRef: { name: 'who' } }], {
  policies: [
    { order: 0, policyRef: { name: 'never' } },
    { order: 1, policyRef: { name: 'always' } },
  ],
});

const isWrite = ({ method, path }: { method: string; path: string }): boolean => method !== 'GET' && !path.includes('/executor/');
const writes = (): readonly string[] =>
  sim.requests
    .filter((request) => isWrite(request) && !request.path.endsWith('/cache_clear/'))
    .map(({ method, path }) => `${method} ${path.replace('/api/v3', '').replace(/[0-9a-f-]{36}|parking-[^/]+/, '…')}`);

/** Lets the write with that number fail. */
function failAt(index: number, respond: FaultRule['respond']): void {
  let count = 0;
  sim.faults.inject({ match: (request) => isWrite(request) && count++ === index, times: 1, respond });
}

async function noParking(): Promise<void> {
  const answer = await fetch(`${sim.url}/api/v3/flows/instances/?page_size=100`, { headers: { authorization: `Bearer ${sim.token}` } });
  const { results } = (await answer.json()) as { results: { slug: string }[] };
  expect(results.filter(({ slug }) => slug.startsWith('parking'))).toEqual([]);
}

const FAILURES = [
  { failure: 'is forbidden', respond: { kind: 'status', status: 403, body: { detail: 'no' } } },
  { failure: 'fails inside Authentik', respond: { kind: 'empty405' } },
  { failure: 'is cut before it took effect', respond: { kind: 'cut', when: 'before' } },
  { failure: 'is cut after it took effect', respond: { kind: 'cut', when: 'after' } },
] as const satisfies readonly { failure: string; respond: FaultRule['respond'] }[];

describe('a guarded stage in the live login flow', () => {
  /** Header, parking flow, binding, policy, move, parking flow away. */
  const WRITES = 6;

  it('is made ready elsewhere and moved in with one write', async () => {
    bed.apply('AuthentikFlow', 'login', guardedLogin);
    await bed.until('AuthentikFlow', 'login', 'True/Reconciled');
    expect(writes()).toEqual([
      'PATCH /flows/instances/default-authentication-flow/',
      'POST /flows/instances/',
      'POST /flows/bindings/',
      'POST /policies/bindings/',
      'PATCH /flows/bindings/…/',
      'DELETE /flows/instances/…/',
    ]);
    expect(new Set(seen)).toEqual(new Set(['ak-stage-identification']));
    await noParking();
  });

  describe.each(FAILURES)('when a write $failure', ({ respond }) => {
    it.each(Array.from({ length: WRITES }, (_, index) => ({ index })))('the one with number $index', async ({ index }) => {
      const before = sim.snapshot();
      failAt(index, respond);
      bed.apply('AuthentikFlow', 'login', guardedLogin);
      await bed.until('AuthentikFlow', 'login', 'True/Reconciled');
      await bed.quiet();
      expect(new Set(seen)).toEqual(new Set(['ak-stage-identification']));
      await noParking();
      bed.delete('AuthentikFlow', 'login');
      await bed.until('AuthentikFlow', 'login', 'gone');
      expect(sim.snapshot()).toEqual(before);
      expect(new Set(seen)).toEqual(new Set(['ak-stage-identification']));
    });
  });

  it.each(Array.from({ length: WRITES }, (_, index) => ({ index })))('when the operator dies at write $index', async ({ index }) => {
    const before = sim.snapshot();
    const dead = new Promise<void>((resolve) => {
      atWrite = (number) => {
        if (number !== index) return;
        // From here on nothing that it writes counts, neither here nor there.
        bed.store.failWrites = 1_000;
        sim.setDown(true);
        resolve();
      };
    });
    bed.apply('AuthentikFlow', 'login', guardedLogin);
    await dead;
    await bed.stop();
    bed.store.failWrites = 0;
    atWrite = () => undefined;
    sim.setDown(false);
    seen = [await visit(LOGIN)];
    bed = new EngineBed({}, bed);
    bed.engine.work();
    await bed.until('AuthentikFlow', 'login', 'True/Reconciled');
    expect(new Set(seen)).toEqual(new Set(['ak-stage-identification']));
    await noParking();
    bed.delete('AuthentikFlow', 'login');
    await bed.until('AuthentikFlow', 'login', 'gone');
    expect(sim.snapshot()).toEqual(before);
  });

  describe.each([
    { server: 'is there', down: false },
    { server: 'is away', down: true },
  ])('when the operator died, and the flow is retained while the server $server', ({ down }) => {
    it.each(Array.from({ length: WRITES - 1 }, (_, index) => ({ index })))('at write $index', async ({ index }) => {
      const dead = new Promise<void>((resolve) => {
        atWrite = (number) => {
          if (number !== index) return;
          bed.store.failWrites = 1_000;
          sim.setDown(true);
          resolve();
        };
      });
      bed.apply('AuthentikFlow', 'login', { ...guardedLogin, deletionPolicy: 'Retain' });
      await dead;
      await bed.stop();
      bed.store.failWrites = 0;
      atWrite = () => undefined;
      sim.setDown(down);
      bed.delete('AuthentikFlow', 'login');
      bed = new EngineBed({}, bed);
      bed.engine.work();
      await bed.until('AuthentikFlow', 'login', 'gone');
      sim.setDown(false);
      if (!down) await noParking();
    });
  });

  it('says which other stage has its order, in the order in which they run', async () => {
    bed.apply('AuthentikFlow', 'login', { ...guardedLogin, stages: [{ ...closedAtNight, order: 20 }] });
    await bed.until('AuthentikFlow', 'login', 'True/Reconciled');
    expect(bed.status('AuthentikFlow', 'login')['unmanagedBindings']).toEqual([
      'stage "default-authentication-identification" at order 10',
      'stage "default-authentication-password" at order 20 (which a declared stage has too)',
      'stage "default-authentication-mfa-validation" at order 30',
      'stage "default-authentication-login" at order 100',
    ]);
  });

  it('is not there for good when its policy may not be bound, and everybody gets in', async () => {
    const remove = sim.faults.inject({
      match: { method: 'POST', pathPrefix: '/policies/bindings/' },
      respond: { kind: 'status', status: 403, body: { detail: 'no' } },
    });
    bed.apply('AuthentikFlow', 'login', guardedLogin);
    await bed.until('AuthentikFlow', 'login', 'False/PermissionDenied');
    expect(await visit(LOGIN)).toBe('ak-stage-identification');
    bed.delete('AuthentikFlow', 'login');
    await bed.until('AuthentikFlow', 'login', 'gone');
    await noParking();
    remove();
  });
});

describe('a new flow with guards', () => {
  const OPEN = 'ak-stage-identification';
  const SHUT = ['404', 'ak-stage-access-denied: Flow does not apply to current user.'];

  beforeEach(() => {
    watched = 'club';
  });

  it('is built behind a closed door, at one write more, and opened last', async () => {
    bed.apply('AuthentikFlow', 'club', guardedNew);
    await bed.until('AuthentikFlow', 'club', 'True/Reconciled');
    await bed.quiet();
    expect(writes().filter((write) => !write.startsWith('POST'))).toEqual(['PATCH /flows/instances/club/']);
    expect(writes().at(-1)).toBe('PATCH /flows/instances/club/');
    expect(seen.filter((sight) => sight === OPEN).length).toBeGreaterThan(0);
    expect(seen.filter((sight) => sight !== OPEN && !SHUT.includes(sight))).toEqual([]);
  });

  it.each(
    [...FAILURES.slice(0, 2), FAILURES[3]].flatMap(({ failure, respond }) =>
      [1, 2, 3, 4, 5, 6].map((index) => ({ failure, respond, index })),
    ),
  )('shows nothing half-built when write $index $failure', async ({ index, respond }) => {
    failAt(index, respond);
    bed.apply('AuthentikFlow', 'club', guardedNew);
    await bed.until('AuthentikFlow', 'club', 'True/Reconciled');
    await bed.quiet();
    expect(await visit('club')).toBe(OPEN);
    expect(seen.filter((sight) => sight !== OPEN && !SHUT.includes(sight))).toEqual([]);
    expect(bed.status('AuthentikFlow', 'club')['adopted']).toBeUndefined();
  });
});

describe('policies on a stage that is there', () => {
  const policies = (...names: readonly string[]): readonly object[] => names.map((name, order) => ({ order, policyRef: { name } }));
  const NOTICE = 'ak-stage-dummy';
  const WHO = 'ak-stage-identification';

  it.each([
    { reason: 'one of two that are enough, where none was', mode: 'any', from: [], to: policies('never', 'always'), sees: [NOTICE] },
    { reason: 'none where one of two was enough', mode: 'any', from: policies('never', 'always'), to: [], sees: [NOTICE] },
    { reason: 'both of two, where none was', mode: 'all', from: [], to: policies('never', 'always'), sees: [NOTICE, WHO] },
    {
      reason: 'two that say the opposite, both needed, so that nobody saw it nor will',
      mode: 'all',
      from: [
        { order: 0, policyRef: { name: 'always' } },
        { order: 1, policyRef: { name: 'never' } },
      ],
      to: [
        { order: 0, policyRef: { name: 'always' }, negate: true },
        { order: 1, policyRef: { name: 'never' }, negate: true },
      ],
      sees: [WHO],
    },
  ])('become $reason', async ({ mode, from, to, sees }) => {
    watched = 'club';
    const spec = (on: readonly object[]): object =>
      flowSpec('club', [
        { order: 10, stageRef: { name: 'notice' }, policyEngineMode: mode, policies: on },
        { order: 20, stageRef: { name: 'who' } },
      ]);
    bed.apply('AuthentikFlow', 'club', spec(from));
    await bed.until('AuthentikFlow', 'club', 'True/Reconciled');
    await bed.quiet();
    seen = [];
    bed.apply('AuthentikFlow', 'club', spec(to));
    await bed.until('AuthentikFlow', 'club', 'True/Reconciled');
    await bed.quiet();
    expect([...new Set(seen)].filter((sight) => !sees.includes(sight))).toEqual([]);
    sim.resetRequests();
    bed.apply('AuthentikFlow', 'club', spec(to), { seen: 'again' });
    await bed.quiet();
    expect(writes()).toEqual([]);
    await noParking();
  });
});

describe('who comes in', () => {
  const two = [
    { order: 10, stageRef: { name: 'notice' } },
    { order: 20, stageRef: { name: 'who' } },
  ];
  const three = [{ order: 5, stageRef: { name: 'closed' } }, ...two];
  const nobody = [{ order: 0, policyRef: { name: 'never' } }];
  const NOTICE = 'ak-stage-dummy';

  beforeEach(() => {
    watched = 'club';
  });

  const ROWS = [
    { reason: 'by `authentication`', shut: { authentication: 'require_superuser' }, open: { authentication: 'none' } },
    { reason: 'by a policy', shut: { policies: nobody }, open: { policies: [] } },
    {
      reason: 'by the mode of its policies',
      shut: { policyEngineMode: 'all', policies: [...nobody, { order: 1, policyRef: { name: 'always' } }] },
      open: { policyEngineMode: 'any', policies: [...nobody, { order: 1, policyRef: { name: 'always' } }] },
    },
  ];

  it.each(ROWS)('is let in last, when what guards the flow is there: $reason', async ({ shut, open }) => {
    bed.apply('AuthentikFlow', 'club', flowSpec('club', two, shut));
    await bed.until('AuthentikFlow', 'club', 'True/Reconciled');
    await bed.quiet();
    const remove = sim.faults.inject({
      match: { method: 'POST', pathPrefix: '/flows/bindings/' },
      respond: { kind: 'status', status: 403, body: { detail: 'no' } },
    });
    seen = [];
    bed.apply('AuthentikFlow', 'club', flowSpec('club', three, open));
    await bed.until('AuthentikFlow', 'club', 'False/PermissionDenied');
    expect(await visit('club')).not.toBe(NOTICE);
    remove();
    await bed.until('AuthentikFlow', 'club', 'True/Reconciled', 60_000);
    expect(seen).not.toContain(NOTICE);
    expect(await visit('club')).toContain(CLOSED);
  });

  it.each(ROWS)('is kept out first, before a guard goes: $reason', async ({ shut, open }) => {
    bed.apply('AuthentikFlow', 'club', flowSpec('club', three, open));
    await bed.until('AuthentikFlow', 'club', 'True/Reconciled');
    await bed.quiet();
    seen = [];
    bed.apply('AuthentikFlow', 'club', flowSpec('club', two, shut));
    await bed.until('AuthentikFlow', 'club', 'True/Reconciled');
    await bed.quiet();
    expect(seen).not.toContain(NOTICE);
  });

  it.each([
    { reason: 'our policies on an open flow', before: { authentication: 'none' }, ours: { policies: nobody } },
    { reason: 'our `authentication` on an open flow', before: { authentication: 'none' }, ours: { authentication: 'require_superuser' } },
    { reason: 'a flow that we opened', before: { authentication: 'require_superuser' }, ours: { authentication: 'none', stages: three } },
  ])('meets nothing of ours unguarded while it is undone: $reason', async ({ before, ours }) => {
    await somebodyElse(sim, 'POST', '/flows/instances/', {
      slug: 'club',
      name: 'club',
      title: 'club',
      designation: 'stage_configuration',
      ...before,
    });
    const snapshot = sim.snapshot();
    bed.apply('AuthentikFlow', 'club', { slug: 'club', adoptionPolicy: 'Always', stages: two, ...ours });
    await bed.until('AuthentikFlow', 'club', 'True/Reconciled');
    await bed.quiet();
    seen = [];
    bed.delete('AuthentikFlow', 'club');
    await bed.until('AuthentikFlow', 'club', 'gone');
    expect(seen).not.toContain(NOTICE);
    expect(sim.snapshot()).toEqual(snapshot);
  });
});
