/** The operator takes over from an earlier release: from the statuses that it wrote, and what it made in Authentik. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { leftBy, SECRETS, type LeftObject } from '../upgrade/earlier-release.ts';
import { EngineBed } from './engine-bed.ts';
import { callsOf, isWrite, somebodyElse } from './requests.ts';

let sim: AuthentikSim;
let bed: EngineBed;
let objects: readonly LeftObject[];

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  objects = await leftBy('0.1.0', sim);
  bed = new EngineBed();
  bed.sources.set('Secret', 'market', 'market-smtp', SECRETS['market-smtp']);
  bed.sources.set('Secret', 'market', 'authentik-token', { token: sim.token });
  for (const { kind, metadata, spec, status } of objects) {
    const made = bed.apply(kind, metadata.name, spec);
    const [finalizer = ''] = metadata.finalizers;
    await bed.store.writeStatus(await bed.store.setFinalizer(made, finalizer, true), status);
  }
  sim.resetRequests();
});
afterEach(async () => {
  await bed.stop();
  await sim.stop();
});

async function takeOver(): Promise<void> {
  bed.engine.work();
  // What is Ready stays so; the connection is asked anew.
  await bed.eventually('the connection was asked', () => callsOf(sim).includes('GET /admin/version/'));
  await bed.quiet();
  for (const { kind, metadata } of objects) await bed.until(kind, metadata.name, 'True/Reconciled');
}

describe('after 0.1.0', () => {
  it('all is Ready as it was, and nothing is written to Authentik', async () => {
    await takeOver();
    expect(callsOf(sim).filter(isWrite)).toEqual([]);
    for (const { kind, metadata, status } of objects)
      expect({ kind, ...metadata, uuid: bed.status(kind, metadata.name)['uuid'] }).toEqual({ kind, ...metadata, uuid: status['uuid'] });
    expect(bed.errors).toEqual([]);
  });

  it('an edit is carried out, and bindings keep their keys', async () => {
    await takeOver();
    const flow = objects.find(({ kind }) => kind === 'AuthentikFlow');
    bed.apply('AuthentikFlow', 'sign-up', { ...flow?.spec, title: 'Another' });
    await bed.until('AuthentikFlow', 'sign-up', 'True/Reconciled');
    expect(callsOf(sim).filter(isWrite)).toEqual(['PATCH /flows/instances/market-sign-up/']);
  });

  it('what it made is deleted, and what it adopted is put back', async () => {
    await takeOver();
    const managed = objects.filter(({ kind }) => kind !== 'AuthentikConnection');
    for (const { kind, metadata } of managed) bed.delete(kind, metadata.name);
    for (const { kind, metadata } of managed) await bed.until(kind, metadata.name, 'gone');
    const rows = async (path: string): Promise<readonly Record<string, unknown>[]> =>
      (await somebodyElse(sim, 'GET', `${path}?page_size=100`))['results'] as Record<string, unknown>[];
    const market = (await Promise.all(['/stages/all/', '/policies/all/', '/flows/instances/', '/stages/prompt/prompts/'].map(rows))).flat();
    expect(market.map(({ name }) => name).filter((name) => String(name).startsWith('market-'))).toEqual(['market-login']);
    expect((await rows('/stages/user_login/')).find(({ name }) => name === 'market-login')).toMatchObject({ session_duration: 'hours=1' });
    const [identification] = await rows('/stages/identification/');
    expect(identification).toMatchObject({ name: 'default-authentication-identification', enrollment_flow: null });
  });
});

describe('a cluster that is restored without statuses', () => {
  it('finds everything by its name, makes nothing twice, and leaves it there when it is deleted', async () => {
    for (const { kind, metadata } of objects) {
      const object = bed.get(kind, metadata.name);
      if (object !== undefined) await bed.store.writeStatus(object, {});
    }
    // Authentik doesn't show the password of the mail stage, so nobody can tell that it is the declared one.
    const connection = bed.get('AuthentikConnection', 'default')?.spec as object;
    bed.apply('AuthentikConnection', 'default', { ...connection, defaults: { adoptionPolicy: 'Always' } });
    await takeOver();
    expect(callsOf(sim).filter((call) => call.startsWith('POST') && !call.includes('cache_clear'))).toEqual([]);
    for (const { kind, metadata, status } of objects)
      expect({ ...metadata, uuid: bed.status(kind, metadata.name)['uuid'] }).toEqual({ ...metadata, uuid: status['uuid'] });
    expect(bed.status('AuthentikFlow', 'sign-up')['adopted']).toBeDefined();
    const managed = objects.filter(({ kind }) => kind !== 'AuthentikConnection');
    for (const { kind, metadata } of managed) bed.delete(kind, metadata.name);
    for (const { kind, metadata } of managed) await bed.until(kind, metadata.name, 'gone');
    expect(callsOf(sim).filter((call) => call.startsWith('DELETE'))).toEqual([]);
  });
});

describe('a cluster that is left for another one', () => {
  it('lets go of paused objects with Retain, without a request to Authentik', async () => {
    const managed = objects.filter(({ kind }) => kind !== 'AuthentikConnection');
    const paused = 'authentik.oceanenterprise.io/paused';
    for (const { kind, metadata, spec } of managed)
      bed.apply(kind, metadata.name, { ...spec, deletionPolicy: 'Retain' }, { [paused]: 'true' });
    await bed.stop();
    bed = new EngineBed({}, bed);
    bed.engine.work();
    for (const { kind, metadata } of managed) await bed.until(kind, metadata.name, 'Unknown/Paused');
    for (const { kind, metadata } of managed) bed.delete(kind, metadata.name);
    await bed.quiet();
    sim.resetRequests();
    for (const { kind, metadata } of managed) bed.apply(kind, metadata.name, bed.get(kind, metadata.name)?.spec as object, {});
    for (const { kind, metadata } of managed) await bed.until(kind, metadata.name, 'gone');
    expect(callsOf(sim).filter(isWrite)).toEqual([]);
  });
});
