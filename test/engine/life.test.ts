/** The bed itself: one small market from nothing to Ready, a change, and back to nothing. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';

const FLOW = { slug: 'sign-up', name: 'Sign-up', title: 'Sign-up', designation: 'enrollment' };
const STAGES = [{ order: 10, stageRef: { name: 'form' } }];

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
});

it('makes what is applied, in whatever order, and takes it away again', async () => {
  const before = sim.snapshot();
  bed.apply('AuthentikFlow', 'sign-up', { ...FLOW, stages: STAGES });
  bed.apply('AuthentikStage', 'form', { type: 'Prompt', prompt: { fields: [{ name: 'email' }] } });
  bed.apply('AuthentikPrompt', 'email', { fieldKey: 'email', label: 'E-mail', type: 'email' });
  bed.connect(sim);
  await bed.until('AuthentikFlow', 'sign-up', 'True/Reconciled');
  await bed.quiet();
  for (const [kind, name] of [
    ['AuthentikConnection', 'default'],
    ['AuthentikStage', 'form'],
    ['AuthentikPrompt', 'email'],
  ] as const)
    expect({ kind, ready: bed.ready(kind, name) }).toEqual({ kind, ready: 'True/Reconciled' });

  sim.resetRequests();
  bed.apply('AuthentikFlow', 'sign-up', { ...FLOW, title: 'Join us', stages: STAGES });
  await bed.until('AuthentikFlow', 'sign-up', 'True/Reconciled');
  expect(sim.requests.filter(({ method }) => method === 'PATCH')).toHaveLength(1);

  bed.delete('AuthentikPrompt', 'email');
  bed.delete('AuthentikStage', 'form');
  bed.delete('AuthentikFlow', 'sign-up');
  await bed.until('AuthentikPrompt', 'email', 'gone');
  expect(sim.snapshot()).toEqual(before);
  expect(bed.errors).toEqual([]);
});

it('notices a Secret that appears', async () => {
  bed.connect(sim);
  bed.sources.set('Secret', 'market', 'authentik-token', undefined);
  await bed.until('AuthentikConnection', 'default', 'False/SecretNotFound');
  bed.sources.set('Secret', 'market', 'authentik-token', { token: sim.token });
  await bed.until('AuthentikConnection', 'default', 'True/Reconciled');
});
