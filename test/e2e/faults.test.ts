import { REASONS } from '../../src/runtime/reasons.ts';
import type { AuthentikSim, FaultRule, Snapshot } from '../authentik-sim/sim.ts';
import { conditionOf, isReady, isReconciling, verdict } from './support/conditions.ts';
import { connection, dummyStage, expressionPolicy, flow, stage, tokenSecret, withSpec } from './support/manifests.ts';
import { describeOnStandIn } from './support/only-stand-in.ts';
import { Scenario, useScenario } from './support/scenario.ts';
import { smallMarket } from './support/small-market.ts';
import type { StoredObject } from './support/stored-object.ts';
import { contentOf, isWrite, onEveryFirstWrite } from './support/trouble.ts';

const WHY = 'it takes faults on demand';
/** A request that gets no answer is given up soon, but none that a busy machine answers late; nothing but the test changes anything in Authentik. */
const IMPATIENT = { requestTimeout: '3s', driftPollInterval: '0s' };
const TIMEOUT = 300_000;

const MARKET = smallMarket('e2e');
const PLAYERS = MARKET.manifests.map(({ kind, metadata }) => [kind, metadata.name] as const);

function simOf(scenario: Scenario): AuthentikSim {
  if (scenario.target.sim === undefined) throw new Error('this needs the stand-in');
  return scenario.target.sim;
}

/** What one run of the small market left behind. */
interface Run {
  readonly stock: Snapshot;
  readonly built: Snapshot;
  readonly left: Snapshot;
  readonly objects: readonly StoredObject[];
  readonly stalled: readonly string[];
  /** How often each create arrived. */
  readonly creates: ReadonlyMap<string, number>;
  /** How many events each object got, repetitions counted. */
  readonly events: ReadonlyMap<string, number>;
  readonly kstatusProblems: readonly string[];
}

/** Builds the small market, under this trouble, and takes it down again. */
async function runUnder(rule: FaultRule | undefined): Promise<Run> {
  const scenario = await Scenario.open({ connection: IMPATIENT });
  const sim = simOf(scenario);
  const stock = sim.snapshot();
  const heal = rule === undefined ? undefined : sim.faults.inject(rule);
  try {
    await scenario.apply(...MARKET.manifests);
    const objects = await Promise.all(
      PLAYERS.map(async ([kind, name]) => scenario.until(kind, name, isReady, 'is Ready', { timeoutMs: 240_000 })),
    );
    const built = sim.snapshot();
    const stalled = scenario.history
      .all()
      .flatMap((versions) =>
        versions
          .filter((version) => conditionOf(version, 'Stalled') !== undefined)
          .map((version) => `${version.kind} ${version.metadata.name}: ${conditionOf(version, 'Stalled')?.message ?? ''}`),
      );
    const creates = count(sim.requests.filter((request) => request.method === 'POST' && isWrite(request)).map(contentOf));
    const events = new Map<string, number>();
    // Advice is about the flow that is declared, and comes without any trouble too.
    const advice = Object.entries(REASONS).flatMap(([reason, entry]) => ('advice' in entry ? [reason] : []));
    for (const { about, reason, count: times } of await scenario.events())
      if (!advice.includes(reason)) events.set(about, (events.get(about) ?? 0) + times);
    heal?.();
    await scenario.removeAll();
    return { stock, built, left: sim.snapshot(), objects, stalled, creates, events, kstatusProblems: scenario.kstatusProblems() };
  } finally {
    await scenario.close();
  }
}

function count(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

const TROUBLES = [
  { name: 'an empty 405', respond: { kind: 'empty405' }, reason: 'which is how Authentik reports an internal error on a write' },
  { name: "a proxy's HTML 502", respond: { kind: 'html502' }, reason: 'something between us and Authentik answers' },
  {
    name: 'a connection cut before the write took place',
    respond: { kind: 'cut', when: 'before' },
    reason: 'nothing happened, though nobody can tell',
  },
  {
    name: 'a connection cut after the write took place',
    respond: { kind: 'cut', when: 'after' },
    reason: 'it happened, though nobody can tell',
  },
  { name: 'no answer within the time-out', respond: { kind: 'hang' }, reason: 'Authentik is stuck' },
] as const satisfies readonly { name: string; respond: FaultRule['respond']; reason: string }[];

describeOnStandIn('a write that fails on its first try, every one', WHY, () => {
  // All at once: what takes long is waiting for the next try.
  const runs = new Map<string, Promise<Run>>();

  beforeAll(() => {
    for (const { name, respond } of [{ name: 'nothing', respond: undefined }, ...TROUBLES]) {
      const run = runUnder(respond === undefined ? undefined : onEveryFirstWrite(respond));
      // Whoever waits for it hears of its failure.
      run.catch(() => undefined);
      runs.set(name, run);
    }
  });

  const runOf = async (name: string): Promise<Run> => {
    const run = runs.get(name);
    if (run === undefined) throw new Error(`there is no run under ${name}`);
    return run;
  };

  it.each(TROUBLES)(
    'with $name ends in the same state ($reason)',
    async ({ name }) => {
      const run = await runOf(name);
      expect(run.built).toEqual((await runOf('nothing')).built);
    },
    TIMEOUT,
  );

  it.each(TROUBLES)('with $name is retried, and asks nobody for help', async ({ name }) => {
    const { stalled, kstatusProblems } = await runOf(name);
    expect(stalled).toEqual([]);
    expect(kstatusProblems).toEqual([]);
  });

  it.each(TROUBLES)('with $name leaves no doubt about what is ours', async ({ name }) => {
    const { objects, stock, left } = await runOf(name);
    const wholes = objects.filter(({ kind }) => kind !== 'EnrollmentBinding');
    expect(wholes.filter(({ status }) => status?.['adopted'] !== undefined || status?.['pendingCreate'] !== undefined)).toEqual([]);
    expect(
      wholes.flatMap(({ status }) =>
        [status?.['bindings'], status?.['policyBindings']]
          .flatMap((bindings) => (bindings ?? []) as object[])
          .filter((binding) => 'adopted' in binding),
      ),
    ).toEqual([]);
    expect(left).toEqual(stock);
  });

  it.each(TROUBLES)('with $name raises no storm of events', async ({ name }) => {
    const { events } = await runOf(name);
    expect([...events].filter(([, times]) => times > 5)).toEqual([]);
  });

  it('is not sent a second time when it took place', async () => {
    const { creates } = await runOf('a connection cut after the write took place');
    expect(creates.size).toBeGreaterThan(8);
    expect([...creates].filter(([, times]) => times > 1)).toEqual([]);
  });
});

describeOnStandIn('a read that fails twice in a row', WHY, () => {
  const reads = [
    { what: 'who the token is of', pathPrefix: '/core/users/me/' },
    { what: 'a list', pathPrefix: '/flows/instances/' },
    { what: 'the audit log', pathPrefix: '/events/events/' },
    { what: "a visitor's look", pathPrefix: '/flows/executor/' },
  ];

  it.each(reads)(
    'is repeated, and everything gets Ready: $what',
    async ({ pathPrefix }) => {
      const scenario = await Scenario.open({ connection: false });
      try {
        const failed = (): number => simOf(scenario).requests.filter((request) => request.status === 503).length;
        simOf(scenario).faults.inject({ match: { method: 'GET', pathPrefix }, times: 2, respond: { kind: 'status', status: 503 } });
        const market = smallMarket(scenario.name('reads'));
        await scenario.apply(
          tokenSecret(scenario.target.token),
          connection(scenario.target.url, { ...IMPATIENT, driftPollInterval: '1s' }),
        );
        await scenario.apply(...market.manifests);
        await scenario.ready('EnrollmentBinding', market.signUpSlug);
        await scenario.until(
          'AuthentikConnection',
          'default',
          (object) => verdict(object, 'ChangesFollowed').includes('True'),
          'follows changes',
        );
        expect(failed()).toBe(2);
        expect(scenario.kstatusProblems()).toEqual([]);
      } finally {
        await scenario.close();
      }
    },
    TIMEOUT,
  );
});

describeOnStandIn('an Authentik that is down', WHY, () => {
  const scenario = useScenario({ connection: IMPATIENT });

  it(
    'keeps a change waiting as Reconciling, and gets it once it is up again',
    async () => {
      const { apply, ready, judged, name } = bound(scenario());
      const sim = simOf(scenario());
      const slug = name('outage');
      await apply(dummyStage(name('outage-stage')), flow(slug, [name('outage-stage')]));
      await ready('AuthentikFlow', slug);
      sim.setDown(true);
      await apply(withSpec(flow(slug, [name('outage-stage')]), { title: 'Changed while Authentik was down' }));
      const waiting = await judged('AuthentikFlow', slug, 'Ready=False/Unreachable');
      expect(isReconciling(waiting)).toBe(true);
      expect(waiting.status?.uuid).toBeDefined();
      sim.setDown(false);
      await ready('AuthentikFlow', slug);
      expect(await scenario().authentik.get('/flows/instances/', slug)).toMatchObject({ title: 'Changed while Authentik was down' });
    },
    TIMEOUT,
  );

  it(
    'from the first moment makes everything wait for the connection',
    async () => {
      const late = await Scenario.open({ connection: false });
      try {
        simOf(late).setDown(true);
        const slug = late.name('early');
        await late.apply(tokenSecret(late.target.token), connection(late.target.url, IMPATIENT), flow(slug));
        expect(isReconciling(await late.judged('AuthentikConnection', 'default', 'Ready=False/Unreachable'))).toBe(true);
        expect(isReconciling(await late.judged('AuthentikFlow', slug, 'Ready=False/ConnectionNotReady'))).toBe(true);
        simOf(late).setDown(false);
        await late.ready('AuthentikFlow', slug);
        expect(late.kstatusProblems()).toEqual([]);
      } finally {
        await late.close();
      }
    },
    TIMEOUT,
  );
});

describeOnStandIn('an Authentik in trouble', WHY, () => {
  const scenario = useScenario({ connection: IMPATIENT });

  it('that asks to slow down is left alone for as long as it said', async () => {
    const { apply, ready, name } = bound(scenario());
    const sim = simOf(scenario());
    const limited = name('limited');
    sim.faults.inject({
      match: { method: 'POST', pathPrefix: '/stages/dummy/' },
      times: 1,
      respond: { kind: 'status', status: 429, body: { detail: 'Request was throttled.' }, headers: { 'retry-after': '2' } },
    });
    await apply(dummyStage(limited));
    await ready('AuthentikStage', limited);
    const [first, second, ...more] = sim.requests.filter(
      (request) => request.method === 'POST' && (request.body as { name?: string }).name === limited,
    );
    expect(more).toEqual([]);
    expect(Number(second?.at) - Number(first?.at)).toBeGreaterThanOrEqual(2000);
  });

  it('that is slow gets everything once', async () => {
    const { apply, ready, name } = bound(scenario());
    const sim = simOf(scenario());
    const heal = sim.faults.inject({ match: { pathPrefix: '/api/v3/' }, respond: { kind: 'delay', ms: 400 } });
    const slug = name('slow');
    await apply(dummyStage(name('slow-stage')), flow(slug, [name('slow-stage')]));
    await ready('AuthentikFlow', slug);
    heal();
    const creates = count(
      sim.requests.filter((request) => request.method === 'POST' && contentOf(request).includes('e2e-slow-')).map(contentOf),
    );
    expect([...creates.values()]).toEqual([1, 1]);
  });

  it.each([
    { what: 'policies', respond: { kind: 'empty405' } },
    { what: 'flows', respond: { kind: 'cut', when: 'before' } },
  ] as const)('that does not forget its $what at the first request is asked again', async ({ what, respond }) => {
    const { apply, ready, name } = bound(scenario());
    const sim = simOf(scenario());
    const path = what === 'policies' ? '/api/v3/policies/all/cache_clear/' : '/api/v3/flows/instances/cache_clear/';
    const policy = name(`forget-${what}`);
    await apply(expressionPolicy(policy));
    await ready('AuthentikPolicy', policy);
    sim.resetRequests();
    sim.faults.inject({ match: { pathPrefix: path }, times: 1, respond });
    await apply(expressionPolicy(policy, 'return False'));
    await ready('AuthentikPolicy', policy);
    const asked = sim.requests.filter((request) => request.path === path);
    expect(asked.at(-1)?.status).toBe(204);
  });

  it('that removes nothing at the first request is asked again', async () => {
    const { apply, ready, name } = bound(scenario());
    const slug = name('removal');
    await apply(dummyStage(name('removal-a')), dummyStage(name('removal-b')), flow(slug, [name('removal-a'), name('removal-b')]));
    await ready('AuthentikFlow', slug);
    simOf(scenario()).faults.inject({
      match: { method: 'DELETE', pathPrefix: '/flows/bindings/' },
      times: 1,
      respond: { kind: 'empty405' },
    });
    await apply(flow(slug, [name('removal-a')]));
    const done = await ready('AuthentikFlow', slug);
    expect(done.status?.['unmanagedBindings']).toBeUndefined();
    expect(done.status?.['bindings']).toHaveLength(1);
    const flows = await scenario().authentik.get('/flows/instances/', slug);
    expect((await scenario().authentik.list('/flows/bindings/')).filter((binding) => binding['target'] === flows.pk)).toHaveLength(1);
  });

  it('that refuses a part of a flow leaves the rest on record as ours', async () => {
    const { apply, ready, judged, name } = bound(scenario());
    const slug = name('half');
    const heal = simOf(scenario()).faults.inject({
      match: { method: 'POST', pathPrefix: '/flows/bindings/' },
      respond: { kind: 'status', status: 400, body: { stage: ['Not today.'] } },
    });
    await apply(dummyStage(name('half-stage')), flow(slug, [name('half-stage')]));
    await judged('AuthentikFlow', slug, 'Ready=False/InvalidSpec');
    heal();
    await apply(withSpec(flow(slug, [name('half-stage')]), { title: 'Once more' }));
    const done = await ready('AuthentikFlow', slug);
    expect(done.status?.['adopted']).toBeUndefined();
  });

  it('quotes what Authentik says about a field, and not what else its answer holds', async () => {
    const { apply, judged, ready, name } = bound(scenario());
    const sim = simOf(scenario());
    const refused = name('refused');
    const heal = sim.faults.inject({
      match: { method: 'POST', pathPrefix: '/stages/deny/' },
      respond: { kind: 'status', status: 400, body: { deny_message: ['<b>Too</b> rude.'] } },
    });
    await apply(stage(refused, 'Deny', { denyMessage: 'Go away.' }));
    const stalled = await judged('AuthentikStage', refused, 'Ready=False/InvalidSpec');
    expect(conditionOf(stalled, 'Stalled')?.message).toMatch(/deny_message: Too\s+rude\./);
    heal();
    await apply(stage(refused, 'Deny', { denyMessage: 'Please go away.' }));
    await ready('AuthentikStage', refused);
  });
});

/** The verbs of a scenario, to be used by themselves. */
function bound(scenario: Scenario): Pick<Scenario, 'apply' | 'ready' | 'judged' | 'name'> {
  return {
    apply: scenario.apply.bind(scenario),
    ready: scenario.ready.bind(scenario),
    judged: scenario.judged.bind(scenario),
    name: scenario.name.bind(scenario),
  };
}
