/** A namespace that is deleted while the operator is down loses its Secret first; what its objects made is undone all the same. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';

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

it('undoes everything by what was kept of the token, and then forgets it', async () => {
  const before = sim.snapshot();
  bed.connect(sim);
  bed.apply('AuthentikStage', 'who', {
    name: 'default-authentication-identification',
    type: 'Identification',
    adoptionPolicy: 'Always',
    identification: { userFields: ['email'] },
  });
  bed.apply('AuthentikStage', 'login', { type: 'UserLogin', userLogin: {} });
  const stages = [{ order: 10, stageRef: { name: 'login' } }];
  bed.apply('AuthentikFlow', 'sign-up', { slug: 'sign-up', name: 'Sign-up', title: 'Sign-up', designation: 'enrollment', stages });
  bed.apply('EnrollmentBinding', 'sign-up', { flowRef: { name: 'sign-up' }, identificationStageRef: { name: 'who' }, verify: 'Skip' });
  await bed.until('EnrollmentBinding', 'sign-up', 'True/Reconciled');
  expect(bed.credentials.held.size).toBe(1);
  await bed.stop();

  bed.sources.set('Secret', 'market', 'authentik-token', undefined);
  const objects = [
    ['AuthentikConnection', 'default'],
    ['AuthentikStage', 'who'],
    ['AuthentikStage', 'login'],
    ['AuthentikFlow', 'sign-up'],
    ['EnrollmentBinding', 'sign-up'],
  ] as const;
  for (const [kind, name] of objects) bed.delete(kind, name);
  bed = new EngineBed({}, bed);
  bed.engine.work();
  for (const [kind, name] of objects) await bed.until(kind, name, 'gone');
  expect(sim.snapshot()).toEqual(before);
  expect(bed.events.filter((event) => event.includes('Released'))).toEqual([]);
  expect(bed.credentials.held.size).toBe(0);
});
