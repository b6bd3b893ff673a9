/** A Secret that goes for a while: what was made of it stays, and nobody who signs up is punished. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';

let sim: AuthentikSim;
let bed: EngineBed;

const LOGIN = 'default-authentication-identification';
const smtp = (password: string): Record<string, string> => ({ host: 'mail.example.com', username: 'market', password });
const writes = (): readonly string[] =>
  sim.requests
    .filter(({ method, path }) => method !== 'GET' && !path.includes('/executor/'))
    .map(({ method, path }) => `${method} ${path.replace('/api/v3', '').replace(/[0-9a-f-]{36}/, '…')}`);

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim);
  bed.sources.set('Secret', 'market', 'smtp', smtp('one-of-them'));
  bed.apply('AuthentikStage', 'mail', { type: 'Email', email: { smtpSecretRef: { name: 'smtp' } } });
  bed.apply('AuthentikFlow', 'join', {
    slug: 'join',
    name: 'join',
    title: 'Join',
    designation: 'enrollment',
    stages: [{ order: 10, stageRef: { name: 'mail' } }],
  });
  bed.apply('EnrollmentBinding', 'join', {
    flowRef: { name: 'join' },
    identificationStageRef: { external: LOGIN },
    verify: 'Skip',
  });
  await bed.until('EnrollmentBinding', 'join', 'True/Reconciled');
  await bed.quiet();
  sim.resetRequests();
});

afterEach(async () => {
  await bed.stop();
  await sim.stop();
});

it.each([
  { reason: 'the same', password: 'one-of-them', wanted: [] as readonly string[], told: 0 },
  { reason: 'with another password', password: 'another-one', wanted: ['PATCH /stages/email/…/'], told: 1 },
])('and returns $reason', async ({ password, wanted, told }) => {
  bed.sources.set('Secret', 'market', 'smtp', undefined);
  await bed.until('AuthentikStage', 'mail', 'False/SecretNotFound');
  await bed.quiet();
  expect(writes()).toEqual([]);
  bed.sources.set('Secret', 'market', 'smtp', smtp(password));
  await bed.until('AuthentikStage', 'mail', 'True/Reconciled');
  await bed.until('EnrollmentBinding', 'join', 'True/Reconciled');
  await bed.quiet();
  expect(writes()).toEqual(wanted);
  expect(bed.events.filter((event) => event.includes('SecretRotated'))).toHaveLength(told);
});

it('and does not return: its stage is deleted without it', async () => {
  bed.sources.set('Secret', 'market', 'smtp', undefined);
  await bed.until('AuthentikStage', 'mail', 'False/SecretNotFound');
  for (const kind of ['EnrollmentBinding', 'AuthentikFlow']) bed.delete(kind, 'join');
  bed.delete('AuthentikStage', 'mail');
  await bed.until('EnrollmentBinding', 'join', 'gone');
  expect(bed.events.filter((event) => event.startsWith('EnrollmentBinding/market/join Restored'))).toHaveLength(1);
  await bed.until('AuthentikStage', 'mail', 'gone');
  expect(writes().filter((write) => write.startsWith('DELETE /stages/email/'))).toHaveLength(1);
});
