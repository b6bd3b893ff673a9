/** The condition Advice, on the engine as it ships and the stand-in: when it comes, what it says, and when it goes. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { apiCaller } from '../authentik-sim/test-client.ts';
import { eventually } from '../bed/eventually.ts';
import { EngineBed } from './engine-bed.ts';

type Spec = Readonly<Record<string, unknown>>;

const MAIL = { fieldKey: 'email', label: 'E-mail', type: 'email' };
const PASSWORD = { fieldKey: 'password', label: 'Password', type: 'password' };
const WRITE = { type: 'UserWrite', userWrite: { userCreationMode: 'always_create', createUsersAsInactive: false } };
const STRONG = { type: 'Password', password: { lengthMin: 12, checkStaticRules: true } };
const BINDING = {
  flowRef: { name: 'sign-up' },
  identificationStageRef: { external: 'default-authentication-identification' },
  verify: 'Off',
};

const DENIED = 'You do not have permission to perform this action.';

let sim: AuthentikSim;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed();
  bed.engine.work();
});

afterEach(async () => {
  await bed.stop();
  await sim.stop();
  if (bed.errors.length > 0) throw new Error(`went wrong inside: ${JSON.stringify(bed.errors)}`);
});

function form(prompt: Spec = {}): void {
  bed.apply('AuthentikStage', 'form', { type: 'Prompt', prompt: { fields: [{ name: 'email' }, { name: 'password' }], ...prompt } });
}

function flow(spec: Spec = {}): void {
  const stages = ['form', 'write'].map((name, index) => ({ order: 10 * (index + 1), stageRef: { name } }));
  const header = {
    slug: 'sign-up',
    name: 'Sign-up',
    title: 'Sign-up',
    designation: 'enrollment',
    authentication: 'require_unauthenticated',
  };
  bed.apply('AuthentikFlow', 'sign-up', { ...header, stages, ...spec });
}

/** A sign-up with nothing to say against, and what is asked for in its place. */
async function signUp(spec: { readonly prompt?: Spec; readonly flow?: Spec; readonly write?: Spec } = {}): Promise<void> {
  bed.connect(sim);
  bed.apply('AuthentikPrompt', 'email', MAIL);
  bed.apply('AuthentikPrompt', 'password', PASSWORD);
  bed.apply('AuthentikPolicy', 'strong', STRONG);
  form(spec.prompt ?? { validationPolicies: [{ name: 'strong' }] });
  bed.apply('AuthentikStage', 'write', spec.write ?? WRITE);
  flow(spec.flow);
  bed.apply('EnrollmentBinding', 'sign-up', BINDING);
  await bed.until('AuthentikFlow', 'sign-up', 'True/Reconciled');
  await bed.quiet();
}

function advice(kind: string, name: string): string {
  const condition = bed.condition(kind, name, 'Advice');
  return `${condition?.status ?? ''}/${condition?.reason ?? 'absent'}`;
}

/** Waits for what is advised once everything is Ready. */
async function advised(kind: string, name: string, wanted: string): Promise<string> {
  await eventually(() => expect(advice(kind, name)).toBe(wanted), { interval: 5, message: `${kind} ${name} advises ${wanted}` });
  expect(bed.ready(kind, name)).toBe('True/Reconciled');
  return bed.condition(kind, name, 'Advice')?.message ?? '';
}

function warnings(): readonly string[] {
  return bed.events.filter((event) =>
    /(SignedInMaySignUp|NoPasswordPolicy|NobodyActivates|PasswordPolicyTooEarly|NothingLinks|SharedOrder)/.test(event),
  );
}

it('has nothing to say of a sign-up that is as it should be', async () => {
  await signUp();
  await advised('AuthentikFlow', 'sign-up', 'False/NothingToAdvise');
  for (const stage of ['form', 'write']) await advised('AuthentikStage', stage, 'False/NothingToAdvise');
  expect(warnings()).toEqual([]);
});

it('comes with one event, stays over passes, and goes when the flow is mended', async () => {
  await signUp({ flow: { authentication: 'none' } });
  expect(await advised('AuthentikFlow', 'sign-up', 'True/SignedInMaySignUp')).toContain('require_unauthenticated');
  bed.apply('AuthentikFlow', 'sign-up', bed.get('AuthentikFlow', 'sign-up')?.spec as object, { look: 'again' });
  await bed.quiet();
  expect(warnings()).toHaveLength(1);
  flow();
  await advised('AuthentikFlow', 'sign-up', 'False/NothingToAdvise');
});

it('is said on the flow and on the stage that causes it, until the stage is mended', async () => {
  await signUp({ prompt: {} });
  await advised('AuthentikFlow', 'sign-up', 'True/NoPasswordPolicy');
  expect(await advised('AuthentikStage', 'form', 'True/NoPasswordPolicy')).toMatch(/^in flow "sign-up": form "form" takes any password/);
  await advised('AuthentikStage', 'write', 'False/NothingToAdvise');
  form({ validationPolicies: [{ name: 'strong' }] });
  await advised('AuthentikStage', 'form', 'False/NothingToAdvise');
  await advised('AuthentikFlow', 'sign-up', 'False/NothingToAdvise');
});

it('follows on one stage what is changed on another', async () => {
  await signUp({ write: { type: 'UserWrite', userWrite: { ...WRITE.userWrite, createUsersAsInactive: true } } });
  expect(await advised('AuthentikStage', 'write', 'True/NobodyActivates')).toContain('activateUserOnSuccess');
  bed.apply('AuthentikStage', 'mail', { type: 'Email', email: { activateUserOnSuccess: true, useGlobalSettings: true } });
  flow({ stages: ['form', 'write', 'mail'].map((name, index) => ({ order: 10 * (index + 1), stageRef: { name } })) });
  await advised('AuthentikStage', 'write', 'False/NothingToAdvise');
  bed.apply('AuthentikStage', 'mail', { type: 'Email', email: { activateUserOnSuccess: false, useGlobalSettings: true } });
  await advised('AuthentikStage', 'write', 'True/NobodyActivates');
});

it('names a password policy in the wrong place (case 13)', async () => {
  await signUp({ prompt: {}, flow: { policies: [{ order: 0, policyRef: { name: 'strong' } }] } });
  const message = await advised('AuthentikFlow', 'sign-up', 'True/PasswordPolicyTooEarly');
  expect(message).toContain('"strong" on the flow');
  expect(message).toContain('validationPolicies');
  // One warning for the reason; what comes second is in the message.
  expect(message).toContain('NoPasswordPolicy: ');
  expect(warnings().filter((event) => event.includes('AuthentikFlow'))).toHaveLength(1);
});

it('says that two stages share an order, also when one of them is somebody else’s (case 14)', async () => {
  const call = apiCaller(sim.url, sim.token);
  const theirs = (await call('POST', '/stages/dummy/', { name: 'theirs' })).body;
  const header = {
    slug: 'sign-up',
    name: 'Sign-up',
    title: 'Theirs',
    designation: 'enrollment',
    authentication: 'require_unauthenticated',
  };
  const made = (await call('POST', '/flows/instances/', header)).body;
  await call('POST', '/flows/bindings/', { target: made['pk'] ?? null, stage: theirs['pk'] ?? null, order: 10 });
  await signUp({ flow: { adoptionPolicy: 'Always' } });
  expect(await advised('AuthentikFlow', 'sign-up', 'True/SharedOrder')).toContain('"form", "theirs" at order 10');
});

describe('a sign-up that nothing links to', () => {
  it('is told of while nothing names it, and no longer than that', async () => {
    await signUp();
    bed.delete('EnrollmentBinding', 'sign-up');
    expect(await advised('AuthentikFlow', 'sign-up', 'True/NothingLinks')).toContain('EnrollmentBinding');
    bed.apply('EnrollmentBinding', 'sign-up', BINDING);
    await advised('AuthentikFlow', 'sign-up', 'False/NothingToAdvise');
  });

  it('is linked to by what somebody else has set', async () => {
    await signUp();
    const { pk } = (await apiCaller(sim.url, sim.token)('GET', '/flows/instances/?slug=sign-up')).first;
    const redirect = { name: 'theirs', mode: 'flow', target_flow: pk ?? null };
    expect((await apiCaller(sim.url, sim.token)('POST', '/stages/redirect/', redirect)).status).toBe(201);
    bed.delete('EnrollmentBinding', 'sign-up');
    await eventually(() => expect(bed.get('EnrollmentBinding', 'sign-up')).toBeUndefined());
    await bed.quiet();
    await advised('AuthentikFlow', 'sign-up', 'False/NothingToAdvise');
  });

  it('may be linked to where we have no right to look; the rest is told', async () => {
    sim.faults.inject({ match: { pathPrefix: '/sources/all/' }, respond: { kind: 'status', status: 403, body: { detail: DENIED } } });
    await signUp({ flow: { authentication: 'none' } });
    bed.delete('EnrollmentBinding', 'sign-up');
    await eventually(() => expect(bed.get('EnrollmentBinding', 'sign-up')).toBeUndefined());
    await bed.quiet();
    expect(await advised('AuthentikFlow', 'sign-up', 'True/SignedInMaySignUp')).not.toContain('NothingLinks');
  });
});

describe('what is not declared here', () => {
  const external = [
    { order: 10, stageRef: { name: 'form' } },
    { order: 20, stageRef: { external: 'default-source-enrollment-write' } },
  ];

  it('is not looked into for advice', async () => {
    await signUp({ prompt: {}, flow: { stages: external } });
    bed.delete('AuthentikStage', 'write');
    await eventually(() => expect(bed.get('AuthentikStage', 'write')).toBeUndefined());
    flow({ stages: external, title: 'Once more' });
    await bed.until('AuthentikFlow', 'sign-up', 'True/Reconciled');
    await advised('AuthentikFlow', 'sign-up', 'False/NothingToAdvise');
  });

  it('is known where stages of its type are listed anyway', async () => {
    await signUp({ prompt: {}, flow: { stages: external } });
    expect(await advised('AuthentikFlow', 'sign-up', 'True/NoPasswordPolicy')).toContain('form "form"');
  });
});

it('costs no request where all is well, and changes nothing of what is Ready when it can’t be given', async () => {
  await signUp();
  const lists = new Set(sim.requests.filter(({ method }) => method === 'GET').map(({ path }) => path.replace('/api/v3', '')));
  for (const path of ['/sources/all/', '/stages/redirect/', '/policies/bindings/', '/stages/user_login/'])
    expect(lists).not.toContain(path);

  sim.faults.inject({ match: { pathPrefix: '/policies/bindings/' }, respond: { kind: 'html502' } });
  flow({ authentication: 'none', policies: undefined });
  await bed.until('AuthentikFlow', 'sign-up', 'True/Reconciled');
  expect(bed.condition('AuthentikFlow', 'sign-up', 'Ready')?.status).toBe('True');
});

it('is the same after a restart, and no news', async () => {
  await signUp({ prompt: {}, flow: { authentication: 'none' } });
  await advised('AuthentikStage', 'form', 'True/NoPasswordPolicy');
  const objects = ['AuthentikFlow', 'AuthentikStage'].flatMap((kind) => bed.store.list(kind));
  const conditions = (): readonly unknown[] => objects.map(({ kind, metadata }) => bed.condition(kind, metadata.name, 'Advice'));
  const before = conditions();
  await bed.stop();
  const again = new EngineBed({ store: bed.store, sources: bed.sources });
  again.engine.work();
  // What the first listing does when an operator starts: everything is looked at.
  for (const { kind, metadata, spec } of objects) bed.store.apply(kind, metadata.name, spec, { annotations: { seen: 'again' } });
  await again.quiet();
  expect(again.passes.length).toBeGreaterThanOrEqual(objects.length);
  expect(conditions()).toEqual(before);
  expect(again.events).toEqual([]);
  expect(again.errors).toEqual([]);
  await again.stop();
});
