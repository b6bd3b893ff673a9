/** What many objects cost, counted in requests; how long they take is measured elsewhere (`bench/`). */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { applyGuides, guidesReady, OBJECTS_PER_GUIDE } from '../../bench/guides.ts';
import { EngineBed } from './engine-bed.ts';
import { callsOf, isWrite } from './requests.ts';

const GUIDES = 100;
/** Each guide's ten objects, and its four stage bindings. */
const WRITES_PER_GUIDE = 14;
/** Who we are, which version it is, and one list a kind in use, by pages of a hundred that are there. */
const MOST_READS = 60;

describe(`${GUIDES * OBJECTS_PER_GUIDE} objects on one server`, () => {
  let sim: AuthentikSim;
  let bed: EngineBed;

  beforeAll(async () => {
    sim = await startAuthentikSim({ version: '2026.2' });
    bed = new EngineBed({ workers: 32 });
    bed.engine.work();
    bed.connect(sim, { driftPollInterval: '1h' });
    await applyGuides(bed, GUIDES);
    await guidesReady(bed, GUIDES);
  });
  afterAll(async () => {
    await bed.stop();
    await sim.stop();
  });

  it('are made with a write for each thing in Authentik, and hardly a read', () => {
    const calls = callsOf(sim);
    expect(calls.filter(isWrite)).toHaveLength(GUIDES * WRITES_PER_GUIDE);
    expect(calls.filter((call) => !isWrite(call)).length).toBeLessThanOrEqual(MOST_READS);
  });

  it('cost one write, one pass over it and some over what depends on it, when one of them is edited', async () => {
    sim.resetRequests();
    bed.passes.splice(0);
    const spec = bed.get('AuthentikFlow', 'g7-flow')?.spec as object;
    bed.apply('AuthentikFlow', 'g7-flow', { ...spec, title: 'Join us' });
    await bed.until('AuthentikFlow', 'g7-flow', 'True/Reconciled');
    await bed.quiet();
    expect(callsOf(sim)).toEqual(['PATCH /flows/instances/g7-flow/']);
    expect(bed.passes.filter((pass) => pass.startsWith('AuthentikFlow'))).toEqual(['AuthentikFlow ready']);
    // Its stages look at their flow, for their advice; nobody else's do.
    expect(bed.passes.length).toBeLessThanOrEqual(3 * OBJECTS_PER_GUIDE);
  });

  it('cost no write when the operator starts anew, and no more reads', async () => {
    await bed.stop();
    sim.resetRequests();
    const statusWrites = bed.store.statusWrites.length;
    bed = new EngineBed({ workers: 32 }, bed);
    bed.engine.work();
    await bed.until('AuthentikConnection', 'default', 'True/Reconciled');
    await guidesReady(bed, GUIDES);
    expect(callsOf(sim).filter(isWrite)).toEqual([]);
    expect(callsOf(sim).length).toBeLessThanOrEqual(MOST_READS);
    expect(bed.store.statusWrites.length - statusWrites).toBeLessThanOrEqual(1);
  });
});
