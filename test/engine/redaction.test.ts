import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';

const PASSWORD = 'correct-horse-battery';

let sim: AuthentikSim;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim);
  bed.sources.set('Secret', 'market', 'smtp', { host: 'smtp.example.com', username: 'market', password: PASSWORD });
  bed.apply('AuthentikStage', 'mail', { type: 'Email', email: { smtpSecretRef: { name: 'smtp' } } });
  await bed.until('AuthentikStage', 'mail', 'True/Reconciled');
});

afterEach(async () => {
  await bed.stop();
  await sim.stop();
});

it('says the same about a name, whether or not it is somebody’s password', async () => {
  bed.apply('AuthentikStage', 'probe', { type: 'Prompt', prompt: { fields: [{ external: PASSWORD }] } });
  await bed.until('AuthentikStage', 'probe', 'False/ReferenceNotFound');
  expect(bed.condition('AuthentikStage', 'probe', 'Ready')?.message).toContain(`"${PASSWORD}"`);
});

it('takes a password out of what Authentik says about it', async () => {
  sim.faults.inject({
    match: { method: 'PATCH', pathPrefix: '/stages/email/' },
    respond: { kind: 'status', status: 400, body: { host: [`cannot log in with ${PASSWORD} there`] } },
  });
  bed.apply('AuthentikStage', 'mail', { type: 'Email', email: { smtpSecretRef: { name: 'smtp' }, subject: 'Another' } });
  await bed.until('AuthentikStage', 'mail', 'False/InvalidSpec');
  const told = [bed.condition('AuthentikStage', 'mail', 'Ready')?.message, ...bed.events].join('\n');
  expect(told).toContain('cannot log in with');
  expect(told).not.toContain(PASSWORD);
});

it('keeps nothing in the status that is made of the password', async () => {
  const hashOf = (): unknown => (bed.status('AuthentikStage', 'mail')['secrets'] as readonly unknown[])[0];
  const first = hashOf();
  bed.sources.set('Secret', 'market', 'smtp', { host: 'smtp.example.com', username: 'market', password: 'another' });
  await bed.quiet();
  expect(bed.events.filter((event) => event.includes('SecretRotated'))).toHaveLength(1);
  expect(hashOf()).not.toEqual(first);
  expect(JSON.stringify(bed.status('AuthentikStage', 'mail'))).not.toContain(PASSWORD);
});

it('writes nothing to Authentik when only the version of the Secret changed', async () => {
  sim.resetRequests();
  bed.sources.set('Secret', 'market', 'smtp', { host: 'smtp.example.com', username: 'market', password: PASSWORD });
  await bed.quiet();
  expect(sim.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
});
