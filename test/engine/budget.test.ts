/** What the engine may cost, counted in requests. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { FakeClock } from '../../src/runtime/fake-clock.ts';
import { EngineBed } from './engine-bed.ts';
import { applyGuide, deleteGuide, guideNamed } from './guide-14.ts';
import { allCallsOf, callsOf, isList, isNews, isWrite, somebodyElse } from './requests.ts';

describe('the guide, on a warm operator', () => {
  let sim: AuthentikSim;
  let bed: EngineBed;
  const guide = guideNamed('second');

  beforeAll(async () => {
    sim = await startAuthentikSim({ version: '2026.2' });
    bed = new EngineBed();
    bed.engine.work();
    bed.connect(sim, { driftPollInterval: '1h' });
    await applyGuide(bed, guideNamed('first'));
  });
  afterAll(async () => {
    await bed.stop();
    await sim.stop();
  });
  beforeEach(() => sim.resetRequests());

  it('is made with fourteen writes for its fourteen objects, and no read', async () => {
    await applyGuide(bed, guide);
    expect(callsOf(sim).filter(isWrite)).toHaveLength(14);
    expect(callsOf(sim)).toHaveLength(14);
  });

  it('takes one write, and no read, for a title', async () => {
    const spec = bed.get('AuthentikFlow', 'second-flow')?.spec as object;
    bed.apply('AuthentikFlow', 'second-flow', { ...spec, title: 'Join us' });
    await bed.until('AuthentikFlow', 'second-flow', 'True/Reconciled');
    await bed.quiet();
    expect(allCallsOf(sim)).toEqual(['PATCH /flows/instances/second-flow/']);
  });

  it('goes with two calls for each object that has one of its own, and no list', async () => {
    await deleteGuide(bed, guide);
    expect(callsOf(sim)).toHaveLength(2 * guide.length);
    expect(callsOf(sim).filter(isList)).toEqual([]);
    expect(allCallsOf(sim).filter(isNews).length).toBeLessThanOrEqual(1);
  });
});

describe('between two looks at the audit log', () => {
  let sim: AuthentikSim;
  let bed: EngineBed;
  let clock: FakeClock;
  const NEWS = ['/events/events/', '/managed/blueprints/'];

  beforeEach(async () => {
    sim = await startAuthentikSim({ version: '2026.2' });
    clock = new FakeClock();
    bed = new EngineBed({ clock });
    bed.engine.work();
    bed.connect(sim, { driftPollInterval: '1m' });
    await applyGuide(bed, guideNamed('first'));
    sim.resetRequests();
    bed.passes.length = 0;
  });
  afterEach(async () => {
    await bed.stop();
    await sim.stop();
  });

  /** Lets an interval pass, and everything that comes of it. */
  async function interval(): Promise<void> {
    await clock.advance(60_000);
    await newsRead();
    await bed.quiet();
  }

  async function newsRead(): Promise<void> {
    await bed.eventually('both were asked for', () =>
      NEWS.every((path) => sim.requests.some((request) => request.path.endsWith(path) && request.status !== null)),
    );
  }

  it('asks for the log and for the blueprints, and nothing else, though everything there is of our own making', async () => {
    await interval();
    expect(
      allCallsOf(sim)
        .map((call) => NEWS.find((path) => call.includes(path)) ?? call)
        .sort(),
    ).toEqual(NEWS);
    expect(bed.passes).toEqual([]);
  });

  it('looks at nobody when people sign up', async () => {
    for (let index = 0; index < 3; index += 1)
      await somebodyElse(sim, 'POST', '/core/users/', { username: `person-${index}`, name: 'Person' });
    sim.resetRequests();
    await interval();
    expect(callsOf(sim)).toEqual([]);
    expect(bed.passes).toEqual([]);
  });

  it('puts back what somebody changed, with one look at just that', async () => {
    const { uuid } = bed.status('AuthentikPrompt', 'first-email') as { uuid: string };
    await somebodyElse(sim, 'PATCH', `/stages/prompt/prompts/${uuid}/`, { label: 'changed by hand' });
    sim.resetRequests();
    await interval();
    expect(callsOf(sim)).toEqual([`GET /stages/prompt/prompts/${uuid}/`, `PATCH /stages/prompt/prompts/${uuid}/`]);
    expect(bed.passes.filter((pass) => pass.startsWith('AuthentikPrompt'))).toHaveLength(1);
  });

  it('compares everything when a blueprint was applied, since that leaves no entry', async () => {
    const { uuid } = bed.status('AuthentikPrompt', 'first-email') as { uuid: string };
    await somebodyElse(sim, 'PATCH', `/stages/prompt/prompts/${uuid}/`, { label: 'changed by a blueprint' });
    sim.forgetEvents();
    await somebodyElse(sim, 'POST', '/managed/blueprints/', { name: 'applied-now', path: 'x.yaml' });
    sim.forgetEvents();
    sim.resetRequests();
    await interval();
    await bed.eventually('the label is back', async () => {
      return (await somebodyElse(sim, 'GET', `/stages/prompt/prompts/${uuid}/`))['label'] === 'email';
    });
    const lists = callsOf(sim).filter(isList);
    expect(new Set(lists).size).toBe(lists.length);
  });
});

describe('among two hundred flows', () => {
  let sim: AuthentikSim;
  let bed: EngineBed;
  const names = Array.from({ length: 200 }, (_, index) => `flow-${index}`);
  const spec = (name: string, orders: readonly number[]): object => ({
    slug: name,
    name,
    title: name,
    designation: 'enrollment',
    stages: orders.map((order) => ({ order, stageRef: { name: `stage-${order}` } })),
  });

  beforeAll(async () => {
    sim = await startAuthentikSim({ version: '2026.2' });
    bed = new EngineBed({ workers: 16 });
    bed.engine.work();
    bed.connect(sim, { driftPollInterval: '1h' });
    for (const order of [10, 20]) bed.apply('AuthentikStage', `stage-${order}`, { type: 'Dummy', dummy: {} });
    for (const name of names) bed.apply('AuthentikFlow', name, spec(name, [10]));
    for (const name of names) await bed.until('AuthentikFlow', name, 'True/Reconciled', 60_000);
    await bed.quiet();
  }, 90_000);
  afterAll(async () => {
    await bed.stop();
    await sim.stop();
  });
  beforeEach(() => {
    sim.resetRequests();
    bed.passes.length = 0;
  });

  it('one edit is one write, and one pass over the flow', async () => {
    bed.apply('AuthentikFlow', 'flow-7', spec('flow-7', [10, 20]));
    await bed.until('AuthentikFlow', 'flow-7', 'True/Reconciled');
    await bed.quiet();
    expect(allCallsOf(sim)).toEqual(['POST /flows/bindings/']);
    // The two stages say which flows use them, and are told of whatever is written of the flow.
    expect(new Set(bed.passes)).toEqual(new Set(['AuthentikFlow ready', 'AuthentikStage ready']));
    expect(bed.passes.filter((pass) => pass.startsWith('AuthentikFlow'))).toHaveLength(1);
    expect(bed.passes.length).toBeLessThan(12);
  });

  it('deleting all of them is two calls for each', async () => {
    for (const name of names) bed.delete('AuthentikFlow', name);
    for (const name of names) await bed.until('AuthentikFlow', name, 'gone', 60_000);
    expect(callsOf(sim).filter(isList)).toEqual([]);
    expect(callsOf(sim)).toHaveLength(2 * names.length);
  }, 60_000);
});
