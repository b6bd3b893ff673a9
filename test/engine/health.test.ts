/** What a server that hangs, fails or asks for patience costs: nobody else anything, and its own objects hardly a word. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed, type Address } from './engine-bed.ts';
import { fastClock } from './fast-clock.ts';
import { callsOf } from './requests.ts';
import { startStallingProxy, type StallingProxy } from './stalling-proxy.ts';

const prompt = (label: string): object => ({ fieldKey: 'k', label, type: 'text' });
const inN = (name: string): Address => ({ name, namespace: 'n' });
const NAMES = Array.from({ length: 20 }, (_, index) => `p-${index}`);

let sim: AuthentikSim;
let proxy: StallingProxy;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  proxy = await startStallingProxy(sim.url);
  bed = new EngineBed({ workers: 32, clock: fastClock(10) });
});
afterEach(async () => {
  await bed.stop();
  await proxy.stop();
  await sim.stop();
});

function connectBoth(requestTimeout: string): void {
  bed.connect({ url: proxy.url, token: sim.token }, { requestTimeout });
  bed.connect(sim, {}, 'n');
}

/** All that anybody may read of the objects. */
function written(): number {
  return bed.store.statusWrites.filter(({ key }) => key.namespace === 'market').length;
}

describe('a server that hangs', () => {
  it('keeps nobody waiting who uses another one, and is said to be unreachable on its connection', async () => {
    bed.engine.work();
    connectBoth('1s');
    for (const name of NAMES) bed.apply('AuthentikPrompt', name, prompt('l'));
    bed.apply('AuthentikPrompt', inN('q'), prompt('l'));
    for (const name of NAMES) await bed.until('AuthentikPrompt', name, 'True/Reconciled');
    await bed.until('AuthentikPrompt', inN('q'), 'True/Reconciled');

    proxy.stall(true);
    for (const name of NAMES) bed.apply('AuthentikPrompt', name, prompt('changed'));
    const before = performance.now();
    bed.apply('AuthentikPrompt', inN('q'), prompt('changed'));
    await bed.until('AuthentikPrompt', inN('q'), 'True/Reconciled');
    expect(performance.now() - before).toBeLessThan(1000);

    await bed.until('AuthentikConnection', 'default', 'False/Unreachable', 25_000);
    proxy.stall(false);
    await bed.until('AuthentikConnection', 'default', 'True/Reconciled', 25_000);
    for (const name of NAMES) await bed.until('AuthentikPrompt', name, 'True/Reconciled');
  }, 60_000);

  it('keeps nobody waiting at start', async () => {
    proxy.stall(true);
    connectBoth('30s');
    bed.apply('AuthentikPrompt', 'p', prompt('l'));
    bed.apply('AuthentikPrompt', inN('q'), prompt('l'));
    const before = performance.now();
    bed.engine.work();
    await bed.until('AuthentikPrompt', inN('q'), 'True/Reconciled');
    expect(performance.now() - before).toBeLessThan(1000);
  });

  it('takes nothing from what was Ready before, when the operator starts while it hangs', async () => {
    bed.engine.work();
    connectBoth('1s');
    for (const name of NAMES) bed.apply('AuthentikPrompt', name, prompt('l'));
    for (const name of NAMES) await bed.until('AuthentikPrompt', name, 'True/Reconciled');
    await bed.quiet();
    await bed.stop();

    proxy.stall(true);
    bed = new EngineBed({ workers: 32, clock: fastClock(10) }, bed);
    bed.store.statusWrites.length = 0;
    bed.engine.work();
    await bed.until('AuthentikConnection', 'default', 'False/Unreachable');
    await bed.quiet();
    for (const name of NAMES) expect(bed.ready('AuthentikPrompt', name)).toBe('True/Reconciled');
    proxy.stall(false);
    await bed.until('AuthentikConnection', 'default', 'True/Reconciled');
    await bed.eventually('nobody reconciles any more', () =>
      NAMES.every((name) => bed.condition('AuthentikPrompt', name, 'Reconciling') === undefined),
    );
    expect(bed.events.filter((event) => event.startsWith('AuthentikPrompt') && !event.includes('ConnectionNotReady'))).toEqual([]);
  }, 30_000);
});

describe('a server that is away for a moment', () => {
  it('is no news: nothing is written anywhere', async () => {
    bed.engine.work();
    bed.connect({ url: proxy.url, token: sim.token }, { requestTimeout: '1s' });
    for (const name of NAMES) bed.apply('AuthentikPrompt', name, prompt('l'));
    for (const name of NAMES) await bed.until('AuthentikPrompt', name, 'True/Reconciled');
    await bed.quiet();
    const before = written();

    sim.setDown(true);
    const connection = bed.get('AuthentikConnection', 'default');
    bed.apply('AuthentikConnection', 'default', connection?.spec as object, { look: 'again' });
    await bed.eventually('it was asked', () => sim.requests.some(({ status }) => status === null));
    sim.setDown(false);
    sim.resetRequests();
    await bed.eventually('it is asked again', () => callsOf(sim).includes('GET /admin/version/'));
    await bed.quiet();
    expect(written()).toBe(before);
    expect(bed.ready('AuthentikConnection', 'default')).toBe('True/Reconciled');
  });
});

describe('a server that asks for patience', () => {
  it('gets it from everybody who uses it', async () => {
    bed.engine.work();
    bed.connect(sim);
    bed.apply('AuthentikPrompt', 'first', prompt('l'));
    await bed.until('AuthentikPrompt', 'first', 'True/Reconciled');
    sim.faults.inject({
      match: { method: 'POST' },
      times: 1,
      respond: { kind: 'status', status: 429, body: { detail: 'Request was throttled.' }, headers: { 'retry-after': '20' } },
    });
    sim.resetRequests();
    bed.apply('AuthentikPrompt', 'limited', prompt('l'));
    await bed.until('AuthentikPrompt', 'limited', 'False/RateLimited');
    const refused = callsOf(sim).length;
    for (const name of NAMES) bed.apply('AuthentikPrompt', name, prompt('l'));
    await bed.quiet();
    expect(callsOf(sim).length - refused).toBe(0);
    for (const name of NAMES) await bed.until('AuthentikPrompt', name, 'True/Reconciled');
  });
});

describe('a connection that is being opened', () => {
  it('is no trouble of those who wait for it: no event says so, and none is written twice', async () => {
    bed.engine.work();
    for (const name of NAMES) bed.apply('AuthentikPrompt', name, prompt('l'));
    await bed.quiet();
    sim.faults.inject({ match: { pathPrefix: '/core/users/me/' }, times: 1, respond: { kind: 'delay', ms: 300 } });
    bed.events.length = 0;
    bed.connect(sim);
    for (const name of NAMES) await bed.until('AuthentikPrompt', name, 'True/Reconciled');
    expect(bed.events.filter((event) => event.includes('ConnectionNotReady'))).toEqual([]);
  });
});

describe('a server that was upgraded', () => {
  it('is news for those whom the old version could not serve', async () => {
    const old = await startAuthentikSim({ version: '2025.12', token: sim.token });
    const way = await startStallingProxy(old.url);
    try {
      bed.engine.work();
      bed.connect({ url: way.url, token: sim.token });
      bed.apply('AuthentikPrompt', 'alert', { fieldKey: 'k', label: 'l', type: 'alert_info' });
      await bed.until('AuthentikPrompt', 'alert', 'False/UnsupportedVersion');
      old.reportVersion('2026.5.0');
      const connection = bed.get('AuthentikConnection', 'default');
      bed.passes.length = 0;
      bed.apply('AuthentikConnection', 'default', connection?.spec as object, { look: 'again' });
      await bed.eventually('it is tried again', () => bed.passes.some((pass) => pass.startsWith('AuthentikPrompt')));
    } finally {
      await way.stop();
      await old.stop();
    }
  });
});
