import { conditionOf, isReconciling, verdict } from './support/conditions.ts';
import { dummyStage, enrollmentBinding, expressionPolicy, flow, prompt, stage, type Manifest } from './support/manifests.ts';
import { useScenario, type Scenario } from './support/scenario.ts';

/** Things are created in Authentik by others here, which the audit log tells. */
const scenario = useScenario({ connection: { driftPollInterval: '1s' } });

/** An object that refers to something, and how that something comes into being. */
interface Dangling {
  readonly reason: string;
  /** Makes the names of the row unique. */
  readonly id: string;
  readonly referrer: (name: string, missing: string) => Manifest;
  /** Where the referrer would be in Authentik. */
  readonly path: string;
  /** What is there meanwhile, for a link that is set later; otherwise nothing. */
  readonly standsIn?: Readonly<Record<string, unknown>>;
  readonly says: RegExp;
  readonly appear: (scenario: Scenario, missing: string) => Promise<void>;
}

const NEW_FLOW = { title: 'A flow', designation: 'stage_configuration' };

/** Creates something in Authentik behind the operator's back, and removes it when all is over. */
async function createThere(current: Scenario, path: string, body: Readonly<Record<string, unknown>>): Promise<void> {
  const { pk, slug } = await current.authentik.create(path, body);
  current.afterwards(async () => current.authentik.remove(path, typeof slug === 'string' ? slug : pk));
}

const ours: readonly Dangling[] = [
  {
    reason: "a flow's stage",
    id: 'flow-stage',
    referrer: (name, missing) => flow(name, [missing]),
    path: '/flows/instances/',
    says: /there is no AuthentikStage "/,
    appear: async (current, missing) => current.apply(dummyStage(missing)),
  },
  {
    reason: "a flow's policy",
    id: 'flow-policy',
    referrer: (name, missing) => flow(name, [], { policies: [{ order: 0, policyRef: { name: missing } }] }),
    path: '/flows/instances/',
    says: /there is no AuthentikPolicy "/,
    appear: async (current, missing) => current.apply(expressionPolicy(missing)),
  },
  {
    reason: "a form's prompt",
    id: 'stage-prompt',
    referrer: (name, missing) => stage(name, 'Prompt', { fields: [{ name: missing }] }),
    path: '/stages/prompt/stages/',
    says: /there is no AuthentikPrompt "/,
    appear: async (current, missing) => current.apply(prompt(missing)),
  },
  {
    reason: "a redirect's flow",
    id: 'stage-flow',
    referrer: (name, missing) => stage(name, 'Redirect', { mode: 'flow', targetFlow: { name: missing } }),
    path: '/stages/redirect/',
    standsIn: { mode: 'static', target_static: '/', target_flow: null },
    says: /targetFlow is not set yet: there is no AuthentikFlow "/,
    appear: async (current, missing) => current.apply(flow(missing)),
  },
  {
    reason: "an identification stage's password stage",
    id: 'stage-stage',
    referrer: (name, missing) => stage(name, 'Identification', { userFields: ['username'], passwordStage: { name: missing } }),
    path: '/stages/identification/',
    says: /there is no AuthentikStage "/,
    appear: async (current, missing) => current.apply(stage(missing, 'Password', { backends: ['authentik.core.auth.InbuiltBackend'] })),
  },
];

const external: readonly Dangling[] = [
  {
    reason: "a flow's stage",
    id: 'flow-stage-there',
    referrer: (name, missing) => flow(name, [{ order: 10, stageRef: { external: missing } }]),
    path: '/flows/instances/',
    says: /there is no stage with name "/,
    appear: async (current, missing) => createThere(current, '/stages/dummy/', { name: missing }),
  },
  {
    reason: "a flow's policy",
    id: 'flow-policy-there',
    referrer: (name, missing) => flow(name, [], { policies: [{ order: 0, policyRef: { external: missing } }] }),
    path: '/flows/instances/',
    says: /there is no policy with name "/,
    appear: async (current, missing) => createThere(current, '/policies/expression/', { name: missing, expression: 'return True' }),
  },
  {
    reason: "a flow's group",
    id: 'flow-group-there',
    referrer: (name, missing) => flow(name, [], { policies: [{ order: 0, groupRef: { external: missing } }] }),
    path: '/flows/instances/',
    says: /there is no group with name "/,
    appear: async (current, missing) => createThere(current, '/core/groups/', { name: missing }),
  },
  {
    reason: "a form's prompt",
    id: 'stage-prompt-there',
    referrer: (name, missing) => stage(name, 'Prompt', { fields: [{ external: missing }] }),
    path: '/stages/prompt/stages/',
    says: /there is no prompt with name "/,
    appear: async (current, missing) =>
      createThere(current, '/stages/prompt/prompts/', { name: missing, field_key: missing, label: 'A field', type: 'text', order: 0 }),
  },
  {
    reason: "a redirect's flow",
    id: 'stage-flow-there',
    referrer: (name, missing) => stage(name, 'Redirect', { mode: 'flow', targetFlow: { external: missing } }),
    path: '/stages/redirect/',
    standsIn: { mode: 'static', target_static: '/', target_flow: null },
    says: /targetFlow is not set yet: there is no flow with slug "/,
    appear: async (current, missing) => createThere(current, '/flows/instances/', { ...NEW_FLOW, name: missing, slug: missing }),
  },
];

/** The referrer waits and names what it waits for; of it is in Authentik what the row says; then it heals without being touched. */
async function waitsAndHeals({ id, referrer, path, standsIn, says, appear }: Dangling): Promise<void> {
  const [name, missing] = [scenario().name(id), scenario().name(`${id}-missing`)];
  const manifest = referrer(name, missing);
  await scenario().apply(manifest);
  const waiting = await scenario().judged(manifest.kind, name, 'ReferencesResolved=False/ReferenceNotFound');
  expect(verdict(waiting)).toBe('Ready=False/ReferenceNotFound');
  expect(isReconciling(waiting)).toBe(true);
  const message = conditionOf(waiting, 'ReferencesResolved')?.message ?? '';
  expect(message).toMatch(says);
  expect(message).toContain(`"${missing}"`);
  const there = await scenario().authentik.find(path, name);
  if (standsIn === undefined) expect(there).toBeUndefined();
  else expect(there).toMatchObject(standsIn);

  await appear(scenario(), missing);
  const healed = await scenario().ready(manifest.kind, name);
  expect(verdict(healed, 'ReferencesResolved')).toBe('ReferencesResolved=True/Reconciled');
  expect(await scenario().authentik.find(path, name)).toBeDefined();
}

describe('a reference to an object that is not applied yet', () => {
  it.each(ours)('is named, and heals when it is applied: $reason', async (row) => {
    await expect(waitsAndHeals(row)).resolves.toBeUndefined();
  });
});

describe('a reference to something that is not in Authentik yet', () => {
  it.each(external)('is named, and heals when somebody creates it there: $reason', async (row) => {
    await expect(waitsAndHeals(row)).resolves.toBeUndefined();
  });

  it('may also be a UUID, which is looked up before anything is written', async () => {
    const [name, nobody] = [scenario().name('by-uuid'), '3f0c2f3e-7f2d-4c53-9a1b-0123456789ab'];
    await scenario().apply(flow(name, [{ order: 10, stageRef: { external: nobody } }]));
    const waiting = await scenario().judged('AuthentikFlow', name, 'Ready=False/ReferenceNotFound');
    expect(conditionOf(waiting, 'Ready')?.message).toContain(nobody);
    const { pk } = await scenario().authentik.create('/stages/dummy/', { name: scenario().name('found-by-uuid') });
    scenario().afterwards(async () => scenario().authentik.remove('/stages/dummy/', pk));
    await scenario().apply(flow(name, [{ order: 10, stageRef: { external: pk } }]));
    const bound = await scenario().ready('AuthentikFlow', name);
    expect(bound.status?.['bindings']).toHaveLength(1);
  });
});

describe('a reference to an object that waits itself', () => {
  it('makes all wait, from the prompt up to the sign-up link, and one object heals them all', async () => {
    const { name } = { name: (what: string): string => scenario().name(`chain-${what}`) };
    await scenario().apply(
      enrollmentBinding(name('link'), { flowRef: { name: name('sign-up') }, identificationStageRef: { name: name('who') } }),
      flow(name('login'), [name('who')], { designation: 'authentication' }),
      flow(name('sign-up'), [name('form')]),
      stage(name('who'), 'Identification', { userFields: ['username'] }),
      stage(name('form'), 'Prompt', { fields: [{ name: name('field') }] }),
    );
    const form = await scenario().judged('AuthentikStage', name('form'), 'Ready=False/ReferenceNotFound');
    expect(conditionOf(form, 'Ready')?.message).toContain(name('field'));
    const signUp = await scenario().judged('AuthentikFlow', name('sign-up'), 'Ready=False/ReferenceNotReady');
    expect(conditionOf(signUp, 'Ready')?.message).toContain(name('form'));
    const link = await scenario().judged('EnrollmentBinding', name('link'), 'Ready=False/ReferenceNotReady');
    expect(conditionOf(link, 'Ready')?.message).toContain(name('sign-up'));
    for (const waiting of [form, signUp, link]) expect(isReconciling(waiting)).toBe(true);
    await scenario().ready('AuthentikFlow', name('login'));
    expect(await scenario().authentik.find('/flows/instances/', name('sign-up'))).toBeUndefined();
    expect((await scenario().authentik.get('/stages/identification/', name('who')))['enrollment_flow']).toBeNull();

    await scenario().apply(prompt(name('field')));
    await scenario().ready('EnrollmentBinding', name('link'));
    await scenario().ready('AuthentikFlow', name('sign-up'));
    const { pk } = await scenario().authentik.get('/flows/instances/', name('sign-up'));
    expect((await scenario().authentik.get('/stages/identification/', name('who')))['enrollment_flow']).toBe(pk);
  });

  it('tells once, not at every look: one event for the whole wait', async () => {
    const name = scenario().name('patient');
    await scenario().apply(flow(name, [scenario().name('never')]));
    await scenario().judged('AuthentikFlow', name, 'Ready=False/ReferenceNotFound');
    await scenario().event(`AuthentikFlow/${name}`, 'ReferenceNotFound');
    // Each of these looks at it again: whoever waits for something in Authentik is woken by what appears there.
    for (const other of ['one', 'two', 'three']) {
      const manifest = dummyStage(scenario().name(`other-${other}`));
      await scenario().apply(manifest);
      await scenario().ready('AuthentikStage', manifest.metadata.name);
    }
    const events = await scenario().events(`AuthentikFlow/${name}`);
    expect(events.map(({ reason, count }) => ({ reason, count }))).toEqual([{ reason: 'ReferenceNotFound', count: 1 }]);
  });
});
