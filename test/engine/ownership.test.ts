/** What is ours and what isn't, on the whole engine: no outage, crash or second address makes somebody else's object ours. */
import { jest } from '@jest/globals';
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { eventually } from '../bed/eventually.ts';
import { EngineBed } from './engine-bed.ts';

const FLOW = { slug: 'sign-up', name: 'Sign-up', designation: 'enrollment' };
const STOCK = 'default-source-enrollment';
const OTHER = { name: 'f', namespace: 'other' };

let sim: AuthentikSim;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed();
  bed.engine.work();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await bed.stop();
  await sim.stop();
});

async function api(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${sim.url}/api/v3${path}`, {
    method,
    headers: { authorization: `Bearer ${sim.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, unknown>;
}

/** The operator dies, and another process goes on with what the store has. */
async function restart(): Promise<void> {
  jest.restoreAllMocks();
  await bed.stop();
  bed = new EngineBed({}, bed);
  bed.engine.work();
}

it('leaves a rival’s flow alone that was made while our own request was cut, also when told to delete one of the two', async () => {
  bed.connect(sim, { requestTimeout: '1s' });
  bed.connect(sim, { requestTimeout: '1s' }, 'other');
  await bed.until('AuthentikConnection', 'default', 'True/Reconciled');
  await bed.until('AuthentikConnection', { name: 'default', namespace: 'other' }, 'True/Reconciled');
  sim.faults.inject({ match: { method: 'POST', pathPrefix: '/flows/instances/' }, times: 1, respond: { kind: 'cut', when: 'before' } });
  bed.apply('AuthentikFlow', 'f', { ...FLOW, title: 'ours' });
  await bed.until('AuthentikFlow', 'f', 'False/Unreachable');
  bed.apply('AuthentikFlow', OTHER, { ...FLOW, title: 'theirs' });
  await bed.until('AuthentikFlow', OTHER, 'True/Reconciled');
  await bed.until('AuthentikFlow', 'f', 'False/Conflict');
  bed.delete('AuthentikFlow', 'f');
  await bed.until('AuthentikFlow', 'f', 'gone');
  expect(await api('GET', '/flows/instances/sign-up/')).toMatchObject({ title: 'theirs' });
});

it('lets one of two objects write that reach one server by two addresses, whatever they are called there', async () => {
  bed.connect(sim);
  bed.connect({ url: sim.url.replace('127.0.0.1', 'localhost'), token: sim.token }, {}, 'other');
  const stage = (duration: string): object => ({
    name: 'default-authentication-login',
    type: 'UserLogin',
    adoptionPolicy: 'Always',
    userLogin: { sessionDuration: duration },
  });
  bed.apply('AuthentikStage', 'f', stage('hours=1'));
  await bed.until('AuthentikStage', 'f', 'True/Reconciled');
  bed.apply('AuthentikStage', OTHER, stage('hours=2'));
  await bed.until('AuthentikStage', OTHER, 'False/Conflict');
  bed.delete('AuthentikStage', OTHER);
  await bed.until('AuthentikStage', OTHER, 'gone');
  const { results } = (await api('GET', '/stages/user_login/?name=default-authentication-login')) as { results: readonly object[] };
  expect(results).toEqual([expect.objectContaining({ session_duration: 'hours=1' })]);
});

it('knows a binding on an adopted flow for its own after a crash before the status was written, and takes it away again', async () => {
  const before = sim.snapshot();
  bed.connect(sim);
  await bed.until('AuthentikConnection', 'default', 'True/Reconciled');
  const write = bed.store.writeStatus.bind(bed.store);
  const posted = (): boolean => sim.requests.some(({ method, path }) => method === 'POST' && path.includes('/flows/bindings/'));
  let died = false;
  jest.spyOn(bed.store, 'writeStatus').mockImplementation(async (object, status) => {
    died ||= object.kind === 'AuthentikFlow' && posted();
    if (died) throw new Error('the process is gone');
    return write(object, status);
  });
  const stages = [{ order: 99, stageRef: { external: 'default-authentication-login' } }];
  bed.apply('AuthentikFlow', 'f', { slug: STOCK, adoptionPolicy: 'Always', stages });
  await eventually(() => expect(died).toBe(true));
  await restart();
  await bed.until('AuthentikFlow', 'f', 'True/Reconciled');
  bed.delete('AuthentikFlow', 'f');
  await bed.until('AuthentikFlow', 'f', 'gone');
  expect({ died, left: sim.snapshot() }).toEqual({ died: true, left: before });
});

it('puts back what it changed, and neither what an administrator has changed since nor what the spec has let go of', async () => {
  bed.connect(sim);
  bed.apply('AuthentikFlow', 'f', {
    slug: STOCK,
    adoptionPolicy: 'Always',
    title: 'ours',
    layout: 'sidebar_left',
    deniedAction: 'message',
  });
  await bed.until('AuthentikFlow', 'f', 'True/Reconciled');
  bed.apply('AuthentikFlow', 'f', { slug: STOCK, adoptionPolicy: 'Always', layout: 'sidebar_left', deniedAction: 'message' });
  await bed.until('AuthentikFlow', 'f', 'True/Reconciled');
  await api('PATCH', `/flows/instances/${STOCK}/`, { title: 'by an administrator', denied_action: 'continue' });
  bed.delete('AuthentikFlow', 'f');
  await bed.until('AuthentikFlow', 'f', 'gone');
  expect(await api('GET', `/flows/instances/${STOCK}/`)).toMatchObject({
    title: 'by an administrator',
    denied_action: 'continue',
    layout: 'stacked',
  });
});
