/** Authentiks that nobody has tested this operator with. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';
import { somebodyElse } from './requests.ts';

const STAGE = { type: 'Dummy', dummy: { throwError: false } };

let sim: AuthentikSim;
let bed: EngineBed;

afterEach(async () => {
  await bed.stop();
  await sim.stop();
});

async function begin(reportedVersion?: string): Promise<void> {
  sim = await startAuthentikSim({ version: '2026.2', ...(reportedVersion === undefined ? {} : { reportedVersion }) });
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim);
  bed.apply('AuthentikStage', 'stage', STAGE);
}

async function stages(): Promise<readonly unknown[]> {
  const { results } = await somebodyElse(sim, 'GET', '/stages/all/?search=stage');
  return (results as { name: string }[]).filter(({ name }) => name === 'stage');
}

it('a newer one is used as the newest that is known, and said', async () => {
  await begin('2026.11.0');
  await bed.until('AuthentikStage', 'stage', 'True/Reconciled');
  expect(bed.ready('AuthentikConnection', 'default')).toBe('True/Reconciled');
  expect(bed.condition('AuthentikConnection', 'default', 'VersionSupported')).toMatchObject({
    status: 'Unknown',
    reason: 'UntestedVersion',
    message: 'Authentik 2026.11.0 was not tested with this operator; it is used as 2026.8',
  });
  expect(bed.status('AuthentikConnection', 'default')['version']).toBe('2026.11.0');
});

it('an older one is refused, with the oldest that would do', async () => {
  await begin('2025.8.4');
  await bed.until('AuthentikConnection', 'default', 'False/UnsupportedVersion');
  expect(bed.condition('AuthentikConnection', 'default', 'VersionSupported')?.message).toContain('the oldest that works is 2025.10');
  await bed.until('AuthentikStage', 'stage', 'False/ConnectionNotReady');
  expect(await stages()).toHaveLength(0);
});

it.each([
  { version: '2025.8.4', restarted: false, reason: 'older' },
  { version: '2025.8.4', restarted: true, reason: 'older, and nothing is in memory' },
  { version: '2027.2.0', restarted: true, reason: 'newer' },
  { version: 'enterprise', restarted: true, reason: 'none that anybody can read' },
])('objects are deleted from $version: $reason', async ({ version, restarted }) => {
  await begin();
  await bed.until('AuthentikStage', 'stage', 'True/Reconciled');
  sim.reportVersion(version);
  if (restarted) {
    await bed.stop();
    bed = new EngineBed({}, bed);
    bed.engine.work();
  } else {
    bed.apply('AuthentikConnection', 'default', bed.get('AuthentikConnection', 'default')?.spec as object, { look: 'again' });
    await bed.until('AuthentikConnection', 'default', 'False/UnsupportedVersion');
  }
  bed.delete('AuthentikStage', 'stage');
  await bed.until('AuthentikStage', 'stage', 'gone');
  expect(await stages()).toHaveLength(0);
});
