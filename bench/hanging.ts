/** Many tenants with a server each, some of which hang: what that costs the others. */
import { EngineBed } from '../test/engine/engine-bed.ts';
import { applyGuides, editOne, guidesReady } from './guides.ts';
import type { Row } from './row.ts';
import { startStandIns } from './stand-ins.ts';

const TENANTS = 50;
const HANGING = 10;
const REQUEST_MS = 50;

const standIns = await startStandIns(TENANTS, REQUEST_MS);
const bed = new EngineBed({ workers: 32 });
bed.engine.work();
for (const [tenant, server] of standIns.servers.entries()) {
  bed.connect(server, { driftPollInterval: '10s' }, `tenant-${tenant}`);
  await applyGuides(bed, 1, `tenant-${tenant}`);
}
for (const tenant of standIns.servers.keys()) await guidesReady(bed, 1, `tenant-${tenant}`);

await standIns.hang(HANGING);
// Those of the hanging ones wait for an answer, and hold whatever they can hold.
const stuck = Array.from({ length: HANGING }, async (_, tenant) => editOne(bed, 0, `tenant-${tenant}`));
for (const waiting of stuck) waiting.catch(() => undefined);
const times: number[] = [];
for (let tenant = HANGING; tenant < TENANTS; tenant += 1) times.push(await editOne(bed, 0, `tenant-${tenant}`));

const rows: readonly Row[] = [
  {
    id: 'e',
    what: `a healthy tenant's edit while ${HANGING} of ${TENANTS} servers hang, the slowest`,
    value: Math.max(...times) / 1000,
    unit: 's',
    goal: 1,
  },
];
standIns.stop();
process.send?.(rows);
process.exit(0);
