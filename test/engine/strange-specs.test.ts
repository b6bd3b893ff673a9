/** Specs that this operator can't read: of a later version's type, or stored under an earlier schema. */
import { FINALIZER, ABANDON_ANNOTATION } from '../../src/api/v1alpha1/group.ts';
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';

const UNKNOWN = { type: 'Telepathy', telepathy: {} };

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

it.each([
  { reason: 'a type of a later version', kind: 'AuthentikStage', spec: UNKNOWN, says: 'does not know type Telepathy: upgrade it' },
  { reason: 'a policy of such a type', kind: 'AuthentikPolicy', spec: UNKNOWN, says: 'does not know type Telepathy: upgrade it' },
  { reason: 'a connection without a token', kind: 'AuthentikConnection', spec: { url: 'https://a' }, says: 'spec.tokenSecretRef' },
  { reason: 'a flow whose stages are no list', kind: 'AuthentikFlow', spec: { slug: 'a', stages: {} }, says: 'spec.' },
  { reason: 'a binding without anything', kind: 'EnrollmentBinding', spec: {}, says: 'spec.flowRef' },
])('says what is wrong, and lets go: $reason', async ({ kind, spec, says }) => {
  bed.connect(sim);
  bed.store.apply(kind, 'strange', spec, { namespace: 'market' });
  await bed.until(kind, 'strange', 'False/InvalidSpec');
  expect(bed.condition(kind, 'strange', 'Stalled')?.message).toContain(says);
  bed.delete(kind, 'strange');
  await bed.until(kind, 'strange', 'gone');
  expect(bed.errors).toEqual([]);
});

it('lets go of what it has in Authentik too, and says what stays, where somebody says so', async () => {
  bed.connect(sim);
  const made = bed.apply('AuthentikStage', 'strange', UNKNOWN);
  // Both at once, before anybody else can write.
  void bed.store.setFinalizer(made, FINALIZER, true);
  const held = bed.get('AuthentikStage', 'strange') ?? made;
  await bed.store.writeStatus(held, { uuid: '0f0e0d0c-0b0a-4908-8706-050403020100', connectionURL: sim.url, connection: 'market/default' });
  await bed.until('AuthentikStage', 'strange', 'False/InvalidSpec');
  bed.delete('AuthentikStage', 'strange');
  await bed.quiet();
  expect(bed.condition('AuthentikStage', 'strange', 'Ready')?.message).toContain(ABANDON_ANNOTATION);
  bed.apply('AuthentikStage', 'strange', UNKNOWN, { [ABANDON_ANNOTATION]: 'true' });
  await bed.until('AuthentikStage', 'strange', 'gone');
  expect(bed.events.filter((event) => event.includes('Released'))).toHaveLength(1);
  expect(sim.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
});

it('works on beside them', async () => {
  bed.apply('AuthentikStage', 'strange', UNKNOWN);
  bed.connect(sim);
  bed.apply('AuthentikStage', 'good', { type: 'Dummy', dummy: {} });
  await bed.until('AuthentikStage', 'good', 'True/Reconciled');
});
