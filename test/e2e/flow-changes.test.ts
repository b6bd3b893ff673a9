import type { RequestLog } from '../authentik-sim/sim.ts';
import { eventually } from '../bed/eventually.ts';
import { conditionOf, isReady } from './support/conditions.ts';
import { dummyStage, expressionPolicy, flow, withSpec, type Manifest } from './support/manifests.ts';
import { describeOnStandIn } from './support/only-stand-in.ts';
import { useScenario, type Scenario } from './support/scenario.ts';
import { isWrite } from './support/trouble.ts';

const FLOWS = '/flows/instances/';
const BINDINGS = '/flows/bindings/';
const POLICY_BINDINGS = '/policies/bindings/';

/** One stage's place in a flow, as Authentik has it. */
interface Place {
  readonly pk: string;
  readonly order: number;
  readonly stage: string;
}

/** The places of a flow in Authentik, first to last. */
async function placesOf({ authentik }: Scenario, slug: string): Promise<readonly Place[]> {
  const target = (await authentik.get(FLOWS, slug)).pk;
  const names = new Map((await authentik.list('/stages/all/')).map((stage) => [stage.pk, String(stage['name'])]));
  const rows = (await authentik.list(BINDINGS)).filter((row) => row['target'] === target);
  return rows
    .map((row) => ({ pk: row.pk, order: Number(row['order']), stage: names.get(String(row['stage'])) ?? '' }))
    .sort((a, b) => a.order - b.order);
}

function entry(order: number, stage: string, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { order, stageRef: { name: stage }, ...more };
}

describe('changing the stages of a flow', () => {
  const scenario = useScenario({ connection: { driftPollInterval: '0s' } });
  const names = { slug: '', a: '', b: '', c: '' };
  const flowOf = (...entries: readonly Readonly<Record<string, unknown>>[]): Manifest => flow(names.slug, entries);

  beforeAll(async () => {
    Object.assign(names, { slug: scenario().name('changing'), a: scenario().name('a'), b: scenario().name('b'), c: scenario().name('c') });
    await scenario().apply(dummyStage(names.a), dummyStage(names.b), dummyStage(names.c));
  });

  it.each([
    { title: 'swapping two', before: ['a', 'b'], after: ['b', 'a'], keeps: 2, kept: 'stage' },
    { title: 'moving all back', before: ['a', 'b'], after: ['', 'a', 'b'], keeps: 2, kept: 'stage' },
    { title: 'replacing one', before: ['a', 'b'], after: ['a', 'c'], keeps: 2, kept: 'order' },
    { title: 'replacing all', before: ['a', 'b'], after: ['b', 'c'], keeps: 1, kept: 'stage' },
    { title: 'adding one in front', before: ['a'], after: ['c', 'a'], keeps: 1, kept: 'stage' },
    { title: 'removing one', before: ['a', 'b', 'c'], after: ['a', '', 'c'], keeps: 2, kept: 'stage' },
  ] as const)('by $title keeps the bindings that stay', async ({ before, after, keeps, kept }) => {
    const entries = (stages: readonly string[]): Readonly<Record<string, unknown>>[] =>
      stages.flatMap((stage, index) => (stage === '' ? [] : [entry(index * 10, names[stage as 'a'])]));
    await scenario().apply(flowOf(...entries(before)));
    await scenario().ready('AuthentikFlow', names.slug);
    const old = await placesOf(scenario(), names.slug);
    await scenario().apply(flowOf(...entries(after)));
    await scenario().ready('AuthentikFlow', names.slug);
    const now = await placesOf(scenario(), names.slug);
    expect(now.map(({ order, stage }) => ({ order, stage }))).toEqual(
      entries(after).map((wanted) => ({ order: wanted['order'], stage: (wanted['stageRef'] as { name: string }).name })),
    );
    const oldKeys = old.map(({ pk }) => pk);
    expect(now.filter(({ pk }) => oldKeys.includes(pk))).toHaveLength(keeps);
    const keyOf = (place: Place): string => `${place.pk} ${kept === 'stage' ? place.stage : place.order}`;
    const oldPlaces = old.map(keyOf);
    expect(now.filter((place) => oldKeys.includes(place.pk) && !oldPlaces.includes(keyOf(place)))).toEqual([]);
  });

  describeOnStandIn('in one go', 'it looks at the order of requests', () => {
    it('removes last, when everything else is in place, so that no visitor meets a gap', async () => {
      const { a, b, c, slug } = names;
      await scenario().apply(flowOf(entry(10, a), entry(20, b), entry(30, c)), dummyStage(scenario().name('d')));
      await scenario().ready('AuthentikFlow', slug);
      await scenario().ready('AuthentikStage', scenario().name('d'));
      scenario().target.sim?.resetRequests();
      // `a` goes, `b` moves, `d` comes at a place that nobody had.
      await scenario().apply(flowOf(entry(25, b), entry(30, c), entry(40, scenario().name('d'))));
      await scenario().ready('AuthentikFlow', slug);
      const writes = (scenario().target.sim?.requests ?? []).filter(isWrite);
      const told = writes.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f-]{36}/, '…')}`);
      expect(told.slice(0, -1).sort()).toEqual(['PATCH /api/v3/flows/bindings/…/', 'POST /api/v3/flows/bindings/']);
      expect(told.at(-1)).toBe('DELETE /api/v3/flows/bindings/…/');
    });

    it('with the header as well writes each once', async () => {
      scenario().target.sim?.resetRequests();
      await scenario().apply(withSpec(flowOf(entry(25, names.b)), { title: 'Another title', layout: 'sidebar_left' }));
      await scenario().ready('AuthentikFlow', names.slug);
      const writes: readonly RequestLog[] = (scenario().target.sim?.requests ?? []).filter(isWrite);
      expect(writes.map(({ method }) => method)).toEqual(['PATCH', 'DELETE', 'DELETE']);
      expect(writes[0]?.body).toMatchObject({ title: 'Another title', layout: 'sidebar_left' });
    });
  });

  it('with policies on a stage and on the flow binds, changes and unbinds them in place', async () => {
    const { authentik } = scenario();
    const [own, policy] = [scenario().name('guarded'), scenario().name('guard')];
    const bound = async (): Promise<readonly Readonly<Record<string, unknown>>[]> => {
      const pk = (await authentik.get('/policies/all/', policy)).pk;
      return (await authentik.list(POLICY_BINDINGS)).filter((row) => row['policy'] === pk);
    };
    const guarded = (onStage: readonly object[], onFlow: readonly object[]): Manifest =>
      withSpec(flow(own, [entry(10, names.a, { policies: onStage })]), { policies: onFlow });
    await scenario().apply(
      expressionPolicy(policy),
      guarded([{ order: 0, policyRef: { name: policy }, negate: true }], [{ order: 5, policyRef: { name: policy } }]),
    );
    await scenario().ready('AuthentikFlow', own);
    const first = await bound();
    const [place] = await placesOf(scenario(), own);
    const flowRow = await authentik.get(FLOWS, own);
    expect(first.map(({ target, order, negate }) => ({ target, order, negate })).sort((x, y) => Number(x.order) - Number(y.order))).toEqual(
      [
        { target: place?.pk, order: 0, negate: true },
        { target: flowRow.pk, order: 5, negate: false },
      ],
    );

    await scenario().apply(
      guarded([{ order: 1, policyRef: { name: policy }, negate: false, timeout: 45 }], [{ order: 7, policyRef: { name: policy } }]),
    );
    await scenario().ready('AuthentikFlow', own);
    const second = await bound();
    expect(second.map(({ pk, order, timeout }) => ({ pk, order, timeout })).sort((x, y) => Number(x.order) - Number(y.order))).toEqual([
      { pk: first.find(({ order }) => order === 0)?.['pk'], order: 1, timeout: 45 },
      { pk: first.find(({ order }) => order === 5)?.['pk'], order: 7, timeout: 30 },
    ]);

    // Said to be empty, they go. Server-side apply would drop a list that it empties, and left out means not managed.
    await scenario().api.patch('AuthentikFlow', scenario().namespace, own, { spec: guarded([], []).spec });
    await eventually(async () => expect(await bound()).toEqual([]), { message: 'the policies are unbound' });
  });
});

describe('bindings that somebody else made', () => {
  const scenario = useScenario({ connection: { driftPollInterval: '1s' } });

  it('are kept and listed, or pruned when the spec says so, and then last', async () => {
    const { authentik } = scenario();
    const [slug, ours, foreign] = [scenario().name('shared'), scenario().name('ours'), scenario().name('foreign')];
    await scenario().apply(dummyStage(ours), flow(slug, [ours]));
    await scenario().ready('AuthentikFlow', slug);
    const stage = await authentik.create('/stages/dummy/', { name: foreign });
    scenario().afterwards(async () => authentik.remove('/stages/dummy/', stage.pk));
    await authentik.create(BINDINGS, { target: (await authentik.get(FLOWS, slug)).pk, stage: stage.pk, order: 99 });

    const listed = await scenario().until(
      'AuthentikFlow',
      slug,
      (object) => conditionOf(object, 'UnmanagedBindings')?.status === 'True',
      'lists what is not its own',
    );
    expect(isReady(listed)).toBe(true);
    expect(listed.status?.['unmanagedBindings']).toEqual([expect.stringContaining(foreign)]);
    expect((await placesOf(scenario(), slug)).map((place) => place.stage)).toEqual([ours, foreign]);

    await scenario().apply(withSpec(flow(slug, [ours]), { unmanagedBindings: 'Prune' }));
    const pruned = await scenario().ready('AuthentikFlow', slug);
    expect(conditionOf(pruned, 'UnmanagedBindings')?.status).toBe('False');
    expect((await placesOf(scenario(), slug)).map((place) => place.stage)).toEqual([ours]);
    expect(await authentik.find('/stages/dummy/', foreign)).toBeDefined();
  });
});

describe('what somebody changes in Authentik', () => {
  const scenario = useScenario({ connection: { driftPollInterval: '1s' } });

  it('is put back where it is declared, with an event that names it, and left alone where it is not', async () => {
    const { authentik } = scenario();
    const [slug, stage] = [scenario().name('drifting'), scenario().name('drifting-stage')];
    await scenario().apply(dummyStage(stage), flow(slug, [stage]));
    await scenario().ready('AuthentikFlow', slug);
    const [place] = await placesOf(scenario(), slug);
    await authentik.change(FLOWS, slug, { title: 'Somebody was here', layout: 'sidebar_right' });
    await eventually(
      async () => expect(await authentik.get(FLOWS, slug)).toMatchObject({ title: `Title of ${slug}`, layout: 'sidebar_right' }),
      { message: 'the title is put back' },
    );
    const event = await scenario().event(`AuthentikFlow/${slug}`, 'DriftCorrected');
    expect(event.note).toContain('title');
    expect(event.note).not.toContain('layout');

    await authentik.remove(BINDINGS, place?.pk ?? '');
    await eventually(async () => expect((await placesOf(scenario(), slug)).map(({ stage: name }) => name)).toEqual([stage]), {
      message: 'the stage is bound again',
    });
  });

  it('is made again when it was deleted', async () => {
    const { authentik } = scenario();
    const stage = scenario().name('deleted');
    await scenario().apply(dummyStage(stage));
    const before = await scenario().ready('AuthentikStage', stage);
    await authentik.remove('/stages/dummy/', before.status?.uuid ?? '');
    const after = await scenario().until(
      'AuthentikStage',
      stage,
      (object) => isReady(object) && object.status?.uuid !== before.status?.uuid,
      'is there again',
    );
    expect((await authentik.get('/stages/dummy/', stage)).pk).toBe(after.status?.uuid);
  });
});

describe("Authentik's own login flow", () => {
  const scenario = useScenario({ connection: { driftPollInterval: '0s' } });
  const SLUG = 'default-authentication-flow';

  it('is taken over as it is, and left as it was', async () => {
    const { authentik } = scenario();
    const before = { flow: await authentik.get(FLOWS, SLUG), places: await placesOf(scenario(), SLUG) };
    scenario().target.sim?.resetRequests();
    const stages = before.places.map(({ order, stage }) => ({ order, stageRef: { external: stage } }));
    await scenario().apply({ ...flow(scenario().name('adopted')), spec: { slug: SLUG, designation: 'authentication', stages } });
    const adopted = await scenario().ready('AuthentikFlow', scenario().name('adopted'));
    expect(adopted.status?.['adopted']).toMatchObject({ before: { designation: 'authentication' } });
    expect(adopted.status?.['stageCount']).toBe(before.places.length);
    await scenario().remove(['AuthentikFlow', scenario().name('adopted')]);
    expect({ flow: await authentik.get(FLOWS, SLUG), places: await placesOf(scenario(), SLUG) }).toEqual(before);
    expect((scenario().target.sim?.requests ?? []).filter(isWrite).map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });

  it('gives back a stage that was added to it, and its order', async () => {
    const { authentik } = scenario();
    const extra = scenario().name('extra');
    const before = await placesOf(scenario(), SLUG);
    const flowBefore = await authentik.get(FLOWS, SLUG);
    const stages = [
      ...before.map(({ order, stage }) => ({ order, stageRef: { external: stage } })),
      { order: 5, stageRef: { name: extra } },
    ];
    await scenario().apply(dummyStage(extra), {
      ...flow(scenario().name('borrowed')),
      spec: { slug: SLUG, title: 'Log in to the market', stages, adoptionPolicy: 'Always' },
    });
    await scenario().ready('AuthentikFlow', scenario().name('borrowed'));
    expect((await placesOf(scenario(), SLUG)).map(({ stage }) => stage)).toEqual([extra, ...before.map(({ stage }) => stage)]);
    await scenario().remove(['AuthentikFlow', scenario().name('borrowed')], ['AuthentikStage', extra]);
    expect(await placesOf(scenario(), SLUG)).toEqual(before);
    expect(await authentik.get(FLOWS, SLUG)).toMatchObject({ title: flowBefore['title'] });
  });
});
