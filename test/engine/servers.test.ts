/** Which connections mean the same server, what they share, and who may use them. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { FINALIZER, FORCE_DELETE_ANNOTATION } from '../../src/api/v1alpha1/group.ts';
import { EngineBed, type Address } from './engine-bed.ts';
import { fastClock } from './fast-clock.ts';
import { allCallsOf, callsOf, isList, isNews, somebodyElse } from './requests.ts';

const OPERATOR_WIDE = { namespace: 'ops', name: 'default' };
const prompt = (name: string): object => ({ name, fieldKey: name, label: name, type: 'text' });
const inN = (name: string): Address => ({ name, namespace: 'n' });
const inOps: Address = { name: 'default', namespace: 'ops' };

const sims: AuthentikSim[] = [];
let sim: AuthentikSim;
let bed: EngineBed;

async function anotherSim(options: { token?: string } = {}): Promise<AuthentikSim> {
  const made = await startAuthentikSim({ version: '2026.2', ...options });
  sims.push(made);
  return made;
}

function start(options: ConstructorParameters<typeof EngineBed>[0] = {}): void {
  bed = new EngineBed(options);
  bed.engine.work();
}

async function has(server: AuthentikSim, name: string): Promise<boolean> {
  const answer = await somebodyElse(server, 'GET', `/stages/prompt/prompts/?name=${name}`);
  return (answer['results'] as unknown[]).length > 0;
}

beforeEach(async () => {
  sim = await anotherSim();
});

afterEach(async () => {
  await bed.stop();
  await Promise.all(sims.splice(0).map(async (each) => each.stop()));
});

describe('one server that two connections mean', () => {
  it('is listed once, and asked for news once, for all of them', async () => {
    start();
    bed.connect(sim, { driftPollInterval: '1h' });
    bed.connect({ url: `${sim.url}/`, token: sim.token }, { driftPollInterval: '1h' }, 'n');
    bed.apply('AuthentikPrompt', 'a', prompt('a'));
    bed.apply('AuthentikPrompt', inN('b'), prompt('b'));
    await bed.until('AuthentikPrompt', 'a', 'True/Reconciled');
    await bed.until('AuthentikPrompt', inN('b'), 'True/Reconciled');
    expect(callsOf(sim).filter(isList)).toEqual(['GET /stages/prompt/prompts/?ordering=pk&page_size=100']);
    expect(allCallsOf(sim).filter(isNews)).toHaveLength(2);
  });

  it('has one owner for each thing in it, though they reach it by two addresses', async () => {
    start();
    bed.connect(sim);
    bed.connect({ url: sim.url.replace('127.0.0.1', 'localhost'), token: sim.token }, {}, 'n');
    const stage = (hours: number): object => ({
      name: 'default-authentication-login',
      type: 'UserLogin',
      adoptionPolicy: 'Always',
      userLogin: { sessionDuration: `hours=${hours}` },
    });
    bed.apply('AuthentikStage', 's', stage(1));
    await bed.until('AuthentikStage', 's', 'True/Reconciled');
    bed.apply('AuthentikStage', inN('s'), stage(2));
    await bed.until('AuthentikStage', inN('s'), 'False/Conflict');
    expect(sim.requests.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
  });

  it.each([
    { reason: 'both declare it in the same moment', wait: false },
    { reason: 'one has it already', wait: true },
  ])('has no two owners who undo each other when the log tells each of what the other did: $reason', async ({ wait }) => {
    start({ clock: fastClock(100) });
    bed.connect(sim, { driftPollInterval: '10s' });
    bed.connect({ url: sim.url.replace('127.0.0.1', 'localhost'), token: sim.token }, { driftPollInterval: '10s' }, 'n');
    await bed.until('AuthentikConnection', 'default', 'True/Reconciled');
    await bed.until('AuthentikConnection', inN('default'), 'True/Reconciled');
    const stage = (hours: number): object => ({
      name: 'default-authentication-login',
      type: 'UserLogin',
      adoptionPolicy: 'Always',
      userLogin: { sessionDuration: `hours=${hours}` },
    });
    bed.apply('AuthentikStage', 's', stage(1));
    if (wait) await bed.until('AuthentikStage', 's', 'True/Reconciled');
    bed.apply('AuthentikStage', inN('s'), stage(2));
    const states = (): readonly string[] => [bed.ready('AuthentikStage', 's'), bed.ready('AuthentikStage', inN('s'))].sort();
    await bed.eventually('one of them is refused', () => states().join() === 'False/Conflict,True/Reconciled');
    const patches = (): number => sim.requests.filter(({ method }) => method === 'PATCH').length;
    const before = patches();
    expect(before).toBeLessThanOrEqual(2);
    const polls = (): number => sim.requests.filter(({ path }) => path.endsWith('/events/events/')).length;
    const seen = polls();
    await bed.eventually('the log was read again and again', () => polls() >= seen + 6);
    await bed.quiet();
    expect(patches()).toBe(before);
    expect(states()).toEqual(['False/Conflict', 'True/Reconciled']);
  });

  it('has one link on each login form, though two bindings reach it by two addresses and call it by two names', async () => {
    start();
    bed.connect(sim);
    bed.connect({ url: sim.url.replace('127.0.0.1', 'localhost'), token: sim.token }, {}, 'n');
    const form = 'default-authentication-identification';
    const link = { flowRef: { external: 'default-source-enrollment' }, verify: 'Skip' };
    bed.apply('AuthentikStage', 'form', { name: form, type: 'Identification', identification: {}, adoptionPolicy: 'Always' });
    bed.apply('EnrollmentBinding', 'e', { ...link, identificationStageRef: { name: 'form' } });
    await bed.until('EnrollmentBinding', 'e', 'True/Reconciled');
    bed.apply('EnrollmentBinding', inN('e'), { ...link, identificationStageRef: { external: form } });
    await bed.until('EnrollmentBinding', inN('e'), 'False/Conflict');
  });

  it('is told apart from another one by what is there, and not by names: namesakes on two servers get on', async () => {
    const other = await anotherSim();
    start();
    bed.connect(sim);
    bed.connect(other, {}, 'n');
    bed.apply('AuthentikPrompt', 'p', prompt('p'));
    bed.apply('AuthentikPrompt', inN('p'), prompt('p'));
    await bed.until('AuthentikPrompt', 'p', 'True/Reconciled');
    await bed.until('AuthentikPrompt', inN('p'), 'True/Reconciled');
  });
});

describe('who may use a connection', () => {
  /** A stage that an object has on record, without having a right to it. */
  async function forge(namespace: string): Promise<string> {
    const listed = await somebodyElse(sim, 'GET', '/stages/all/?name=default-authentication-login');
    const uuid = String((listed['results'] as { pk: string }[])[0]?.pk);
    const at = { name: 'forged', namespace };
    bed.apply('AuthentikStage', at, { type: 'UserLogin', userLogin: {} }, { [FORCE_DELETE_ANNOTATION]: 'true' });
    await bed.until('AuthentikStage', at, 'False/ConnectionNotFound');
    const stage = bed.store.list('AuthentikStage').find(({ metadata }) => metadata.name === 'forged');
    if (stage === undefined) throw new Error('the stage is gone');
    const held = await bed.store.setFinalizer(stage, FINALIZER, true);
    await bed.store.writeStatus(held, { connection: 'market/default', uuid, connectionURL: sim.url });
    return uuid;
  }
  /** A connection waits for its dependents; who takes its finalizer away doesn't. */
  async function remove(connection: Address): Promise<void> {
    const object = bed.get('AuthentikConnection', connection);
    if (object !== undefined) await bed.store.setFinalizer(object, FINALIZER, false);
    bed.delete('AuthentikConnection', connection);
    expect(bed.get('AuthentikConnection', connection)).toBeUndefined();
  }

  it('is asked of the connection, and not of what a status claims', async () => {
    start();
    bed.connect(sim);
    await bed.until('AuthentikConnection', 'default', 'True/Reconciled');
    const uuid = await forge('n');
    bed.delete('AuthentikStage', inN('forged'));
    await bed.until('AuthentikStage', inN('forged'), 'False/NamespaceNotAllowed');
    expect(await somebodyElse(sim, 'GET', `/stages/user_login/${uuid}/`)).toMatchObject({ pk: uuid });
  });

  it('is not everybody once the connection is gone, not even in its namespace: only who used it while it was there', async () => {
    start();
    bed.connect(sim);
    bed.apply('AuthentikPrompt', 'keeps', prompt('keeps'));
    await bed.until('AuthentikPrompt', 'keeps', 'True/Reconciled');
    await remove('default');
    const uuid = await forge('market');
    bed.delete('AuthentikStage', 'forged');
    await bed.until('AuthentikStage', 'forged', 'False/ConnectionNotFound');
    expect(await somebodyElse(sim, 'GET', `/stages/user_login/${uuid}/`)).toMatchObject({ pk: uuid });
  });

  it('is whoever used it when it went, with what it said about deletion', async () => {
    start({ defaultConnection: OPERATOR_WIDE });
    bed.connect(sim, { allowedNamespaces: { from: 'All' }, defaults: { deletionPolicy: 'Retain' } }, 'ops');
    bed.apply('AuthentikPrompt', 'kept', prompt('kept'));
    bed.apply('AuthentikPrompt', 'deleted', { ...prompt('deleted'), deletionPolicy: 'Delete' });
    await bed.until('AuthentikPrompt', 'kept', 'True/Reconciled');
    await bed.until('AuthentikPrompt', 'deleted', 'True/Reconciled');
    await remove(inOps);
    for (const name of ['kept', 'deleted']) bed.delete('AuthentikPrompt', name);
    for (const name of ['kept', 'deleted']) await bed.until('AuthentikPrompt', name, 'gone');
    expect([await has(sim, 'kept'), await has(sim, 'deleted')]).toEqual([true, false]);
  });
});

describe('the connection that an object uses', () => {
  const now = (): string => new Date().toISOString();

  it('is that of its own namespace, even when that comes a moment later', async () => {
    const own = await anotherSim();
    start({ defaultConnection: OPERATOR_WIDE });
    bed.connect(sim, { allowedNamespaces: { from: 'All' } }, 'ops');
    await bed.until('AuthentikConnection', inOps, 'True/Reconciled');
    bed.apply('AuthentikPrompt', 'mine', prompt('mine'), undefined, now());
    await bed.until('AuthentikPrompt', 'mine', 'False/Progressing');
    bed.connect(own);
    await bed.until('AuthentikPrompt', 'mine', 'True/Reconciled');
    expect([await has(sim, 'mine'), await has(own, 'mine')]).toEqual([false, true]);
  });

  it('stays the one on record when another one turns up, until the spec says which', async () => {
    const own = await anotherSim();
    start({ defaultConnection: OPERATOR_WIDE });
    bed.connect(sim, { allowedNamespaces: { from: 'All' } }, 'ops');
    bed.apply('AuthentikPrompt', 'mine', prompt('mine'));
    await bed.until('AuthentikPrompt', 'mine', 'True/Reconciled');
    bed.connect(own);
    await bed.until('AuthentikPrompt', 'mine', 'False/ConnectionChanged');
    expect(bed.condition('AuthentikPrompt', 'mine', 'Ready')?.message).toContain('{name: default, namespace: ops}');
    expect([await has(sim, 'mine'), await has(own, 'mine')]).toEqual([true, false]);

    bed.apply('AuthentikPrompt', 'mine', { ...prompt('mine'), connectionRef: { name: 'default', namespace: 'ops' } });
    await bed.until('AuthentikPrompt', 'mine', 'True/Reconciled');
    bed.delete('AuthentikPrompt', 'mine');
    await bed.until('AuthentikPrompt', 'mine', 'gone');
    expect([await has(sim, 'mine'), await has(own, 'mine')]).toEqual([false, false]);
  });

  it('is undone where the object is, also when another connection has taken the place', async () => {
    const own = await anotherSim();
    start({ defaultConnection: OPERATOR_WIDE });
    bed.connect(sim, { allowedNamespaces: { from: 'All' } }, 'ops');
    bed.apply('AuthentikPrompt', 'mine', prompt('mine'));
    await bed.until('AuthentikPrompt', 'mine', 'True/Reconciled');
    bed.connect(own);
    await bed.until('AuthentikPrompt', 'mine', 'False/ConnectionChanged');
    bed.delete('AuthentikPrompt', 'mine');
    await bed.until('AuthentikPrompt', 'mine', 'gone');
    expect(await has(sim, 'mine')).toBe(false);
  });
});

describe('what is known of a server', () => {
  it('is known at once of what another object of ours has just made', async () => {
    start();
    bed.connect(sim, { driftPollInterval: '1h' });
    bed.apply('AuthentikFlow', 'warm', {
      slug: 'warm',
      name: 'w',
      title: 'w',
      designation: 'enrollment',
      stages: [{ order: 1, stageRef: { external: 'default-authentication-login' } }],
    });
    await bed.until('AuthentikFlow', 'warm', 'True/Reconciled');
    bed.apply('AuthentikStage', 'new', { type: 'Deny', name: 'just made', deny: {} });
    await bed.until('AuthentikStage', 'new', 'True/Reconciled');
    sim.resetRequests();
    bed.apply('AuthentikFlow', 'user', {
      slug: 'user',
      name: 'u',
      title: 'u',
      designation: 'enrollment',
      stages: [{ order: 1, stageRef: { external: 'just made' } }],
    });
    await bed.until('AuthentikFlow', 'user', 'True/Reconciled');
    expect(callsOf(sim)).toEqual(['POST /flows/instances/', 'POST /flows/bindings/']);
  });

  it('asks for groups without their members', async () => {
    start();
    bed.connect(sim);
    await somebodyElse(sim, 'POST', '/core/groups/', { name: 'team' });
    sim.resetRequests();
    bed.apply('AuthentikFlow', 'f', {
      slug: 'f',
      name: 'f',
      title: 'f',
      designation: 'enrollment',
      policies: [{ order: 1, groupRef: { external: 'team' } }],
    });
    await bed.until('AuthentikFlow', 'f', 'True/Reconciled');
    expect(callsOf(sim).filter((call) => call.includes('/core/groups/'))).toEqual([
      'GET /core/groups/?ordering=pk&include_users=false&page_size=100',
    ]);
  });

  it('begins with where the audit log ends, before the first list', async () => {
    start();
    bed.connect(sim, { driftPollInterval: '1h' });
    bed.apply('AuthentikPrompt', 'p', prompt('p'));
    await bed.until('AuthentikPrompt', 'p', 'True/Reconciled');
    const calls = allCallsOf(sim);
    expect(calls.findIndex((call) => call.includes('/events/events/'))).toBeLessThan(calls.findIndex(isList));
    expect(calls.some((call) => call.includes('/events/events/'))).toBe(true);
  });

  it('clears caches once for all that change policies at the same time', async () => {
    start();
    bed.connect(sim);
    const names = Array.from({ length: 12 }, (_, index) => `policy-${index}`);
    const policy = (expression: string): object => ({ type: 'Expression', expression: { expression } });
    for (const name of names) bed.apply('AuthentikPolicy', name, policy('return True'));
    for (const name of names) await bed.until('AuthentikPolicy', name, 'True/Reconciled');
    sim.resetRequests();
    for (const name of names) bed.apply('AuthentikPolicy', name, policy('return False'));
    for (const name of names) await bed.until('AuthentikPolicy', name, 'True/Reconciled');
    const clears = callsOf(sim).filter((call) => call.includes('cache_clear'));
    expect(clears.length).toBeLessThanOrEqual(8);
  });

  it('says on the connection when nobody may be asked for changes', async () => {
    const token = sim.createToken(['authentik_flows.view_flow']);
    start();
    bed.connect({ url: sim.url, token }, { driftPollInterval: '1m' });
    await bed.eventually('it is said', () => bed.condition('AuthentikConnection', 'default', 'ChangesFollowed')?.status === 'False');
    expect(bed.condition('AuthentikConnection', 'default', 'ChangesFollowed')).toMatchObject({
      reason: 'PermissionDenied',
      message: expect.stringContaining('authentik_blueprints.view_blueprintinstance') as string,
    });
  });
});
