/** Loops as real installations have them: applied in one go and in any order, deleted in any order, and alive after an outage. */
import fc from 'fast-check';
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';

type Declared = readonly [kind: string, name: string, spec: object];

const flow = (name: string, designation: string, ...stages: readonly string[]): Declared => [
  'AuthentikFlow',
  name,
  { slug: name, name, title: name, designation, stages: stages.map((stage, index) => ({ order: index * 10, stageRef: { name: stage } })) },
];
const stage = (name: string, type: string, member: object): Declared => [
  'AuthentikStage',
  name,
  { type, [`${type.charAt(0).toLowerCase()}${type.slice(1)}`]: member },
];

/** A password stage whose set-up flow contains that very stage. */
const CONFIGURED_BY_ITS_FLOW: readonly Declared[] = [
  stage('password', 'Password', { backends: ['authentik.core.auth.InbuiltBackend'], configureFlow: { name: 'change-password' } }),
  stage('write', 'UserWrite', { userCreationMode: 'never_create' }),
  stage('who', 'Identification', { userFields: ['username'] }),
  flow('change-password', 'stage_configuration', 'password', 'write'),
  flow('login', 'authentication', 'who', 'password'),
];

/** The login page links to recovery, and recovery ends on the login page. */
const LOGIN_AND_RECOVERY: readonly Declared[] = [
  stage('who', 'Identification', { userFields: ['email'], recoveryFlow: { name: 'recovery' } }),
  stage('who-recovers', 'Identification', { userFields: ['email'] }),
  stage('back', 'Redirect', { mode: 'flow', targetFlow: { name: 'login' } }),
  flow('login', 'authentication', 'who'),
  flow('recovery', 'recovery', 'who-recovers', 'back'),
];

/** Two flows that hand over to each other: neither redirect works without the other flow. */
const HAND_OVER: readonly Declared[] = [
  stage('to-b', 'Redirect', { mode: 'flow', targetFlow: { name: 'b' } }),
  stage('to-a', 'Redirect', { mode: 'flow', targetFlow: { name: 'a' } }),
  flow('a', 'stage_configuration', 'to-b'),
  flow('b', 'stage_configuration', 'to-a'),
];

const LOOPS = [
  {
    reason: 'a stage configured by the flow it sits in',
    objects: CONFIGURED_BY_ITS_FLOW,
    links: [['/stages/password/', 'password', 'configure_flow', 'change-password']],
  },
  {
    reason: 'login and recovery point at each other',
    objects: LOGIN_AND_RECOVERY,
    links: [
      ['/stages/identification/', 'who', 'recovery_flow', 'recovery'],
      ['/stages/redirect/', 'back', 'target_flow', 'login'],
    ],
  },
  {
    reason: 'two flows that hand over to each other',
    objects: HAND_OVER,
    links: [
      ['/stages/redirect/', 'to-a', 'target_flow', 'a'],
      ['/stages/redirect/', 'to-b', 'target_flow', 'b'],
    ],
  },
] as const;

let sim: AuthentikSim;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim);
  await bed.until('AuthentikConnection', 'default', 'True/Reconciled');
});

afterEach(async () => {
  await bed.stop();
  await sim.stop();
});

async function rows(path: string): Promise<readonly Record<string, unknown>[]> {
  const answer = await fetch(`${sim.url}/api/v3${path}?page_size=100`, { headers: { authorization: `Bearer ${sim.token}` } });
  return ((await answer.json()) as { results: Record<string, unknown>[] }).results;
}

async function linkOf([path, name, field]: readonly [string, string, string, string]): Promise<unknown> {
  const key = (await rows(path)).find((row) => row['name'] === name)?.[field];
  return (await rows('/flows/instances/')).find((row) => row['pk'] === key)?.['slug'];
}

async function allReady(objects: readonly Declared[]): Promise<void> {
  for (const [kind, name] of objects) await bed.until(kind, name, 'True/Reconciled');
}

async function allGone(objects: readonly Declared[]): Promise<void> {
  for (const [kind, name] of objects) await bed.until(kind, name, 'gone');
}

/** A few orders of each; the seed makes a failure repeatable. */
function orders<T>(objects: readonly T[]): readonly (readonly T[])[] {
  const shuffled = fc.sample(fc.shuffledSubarray([...objects], { minLength: objects.length }), { numRuns: 3, seed: 7 });
  return [objects, [...objects].reverse(), ...shuffled];
}

describe.each(LOOPS)('$reason', ({ objects, links }) => {
  it('is applied in any order, and deleted in any order', async () => {
    const before = sim.snapshot();
    for (const order of orders(objects)) {
      for (const [kind, name, spec] of order) bed.apply(kind, name, spec);
      await allReady(objects);
      for (const link of links) expect(await linkOf(link)).toBe(link[3]);
      await bed.quiet();
      for (const [kind, name] of [...order].reverse()) bed.delete(kind, name);
      await allGone(objects);
      expect(sim.snapshot()).toEqual(before);
    }
    expect(bed.errors).toEqual([]);
  });

  it('is deleted as well when the spec is edited meanwhile, and one object at a time', async () => {
    for (const [kind, name, spec] of objects) bed.apply(kind, name, spec);
    await allReady(objects);
    for (const [kind, name] of objects) {
      bed.delete(kind, name);
      await bed.quiet();
    }
    await allGone(objects);
    expect(bed.errors).toEqual([]);
  });

  it('is Ready again after an outage that a restart meets', async () => {
    for (const [kind, name, spec] of objects) bed.apply(kind, name, spec);
    await allReady(objects);
    sim.setDown(true);
    await bed.stop();
    bed = new EngineBed({}, bed);
    bed.engine.work();
    for (const [kind, name, spec] of objects) bed.apply(kind, name, spec, { seen: 'in the outage' });
    await bed.until('AuthentikConnection', 'default', 'False/Unreachable');
    sim.resetRequests();
    sim.setDown(false);
    await allReady(objects);
    expect(sim.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});

it('a link is set only once what it leads to is whole, and is no drift when it is', async () => {
  const removeFault = sim.faults.inject({
    match: { method: 'POST', pathPrefix: '/flows/bindings/' },
    respond: { kind: 'status', status: 403, body: { detail: 'no' } },
  });
  for (const [kind, name, spec] of LOGIN_AND_RECOVERY) bed.apply(kind, name, spec);
  await bed.until('AuthentikStage', 'who', 'False/LinkPending');
  expect(bed.condition('AuthentikStage', 'who', 'ReferencesResolved')).toMatchObject({
    status: 'False',
    message: expect.stringContaining('recoveryFlow is not set yet: AuthentikFlow "recovery"') as string,
  });
  expect(bed.condition('AuthentikStage', 'who', 'Synced')?.status).toBe('True');
  expect(await linkOf(['/stages/identification/', 'who', 'recovery_flow', 'recovery'])).toBeUndefined();
  removeFault();
  await allReady(LOGIN_AND_RECOVERY);
  expect(bed.events.filter((event) => event.includes('DriftCorrected'))).toEqual([]);
});

it('a flow is Ready though a link of its stage leads nowhere, and says so there', async () => {
  for (const [kind, name, spec] of [
    stage('who', 'Identification', { userFields: ['email'], recoveryFlow: { name: 'nowhere' } }),
    flow('login', 'authentication', 'who'),
  ])
    bed.apply(kind, name, spec);
  await bed.until('AuthentikFlow', 'login', 'True/Reconciled');
  await bed.until('AuthentikStage', 'who', 'False/LinkPending');
  expect(bed.condition('AuthentikStage', 'who', 'Ready')?.message).toContain('there is no AuthentikFlow "nowhere" in this namespace');
});

it('a link is taken away before what it leads to is deleted, and nobody is held', async () => {
  for (const [kind, name, spec] of CONFIGURED_BY_ITS_FLOW) bed.apply(kind, name, spec);
  await allReady(CONFIGURED_BY_ITS_FLOW);
  await bed.quiet();
  sim.resetRequests();
  bed.delete('AuthentikFlow', 'change-password');
  await bed.until('AuthentikFlow', 'change-password', 'gone');
  const writes = sim.requests.filter(({ method }) => method === 'PATCH' || method === 'DELETE');
  expect(writes.map(({ method, path }) => `${method} ${path.split('/').slice(3, 5).join('/')}`)).toEqual([
    'PATCH stages/password',
    'DELETE flows/instances',
  ]);
  await bed.until('AuthentikStage', 'password', 'False/LinkPending');
  await bed.until('AuthentikFlow', 'login', 'True/Reconciled');
});

it('a loop of what nothing works without is refused, named, and heals by the edit', async () => {
  bed.apply('AuthentikStage', 'who', {
    type: 'Identification',
    identification: { userFields: ['email'], webauthnStage: { name: 'second' } },
  });
  bed.apply('AuthentikStage', 'second', {
    type: 'AuthenticatorValidate',
    authenticatorValidate: { notConfiguredAction: 'configure', configurationStages: [{ name: 'who' }] },
  });
  await bed.until('AuthentikStage', 'second', 'False/InvalidSpec');
  await bed.until('AuthentikStage', 'who', 'False/InvalidSpec');
  expect(bed.condition('AuthentikStage', 'who', 'Ready')?.message).toBe(
    'AuthentikStage who needs AuthentikStage second, which needs AuthentikStage who: take one of these references out',
  );
  bed.apply('AuthentikStage', 'second', { type: 'AuthenticatorValidate', authenticatorValidate: { notConfiguredAction: 'skip' } });
  await bed.until('AuthentikStage', 'who', 'True/Reconciled');
});
