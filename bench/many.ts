/**
 * One operator with many objects on one server: from nothing to Ready, what it takes then, one edit, a restart. A process of its own, since
 * memory is measured.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineBed } from '../test/engine/engine-bed.ts';
import { applyGuides, editOne, guidesReady, median, OBJECTS_PER_GUIDE } from './guides.ts';
import type { Row } from './row.ts';
import { startStandIns, type StandIns } from './stand-ins.ts';

/** As slow as a real server is, and as many requests in flight as a connection has by default. */
const REQUEST_MS = 50;
const IN_FLIGHT = 4;
/** As by default. */
const WORKERS = 32;
const IDLE_MS = 60_000;
const EDITS = 15;
/** The log is asked about this often while it idles: twice as often as by default. */
const CONNECTION = { driftPollInterval: '15s' };

const objects = Number(process.argv[2] ?? 1000);
const guides = Math.ceil(objects / OBJECTS_PER_GUIDE);
const label = `${objects.toLocaleString('en')} objects`;

/** Forgets what the bed writes down for tests. */
function forget(bed: EngineBed): void {
  for (const log of [bed.events, bed.passes, bed.store.statusWrites]) log.splice(0);
}

async function build(bed: EngineBed, standIns: StandIns): Promise<readonly Row[]> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  bed.engine.work();
  bed.connect(standIns.servers[0], CONNECTION);
  await bed.until('AuthentikConnection', 'default', 'True/Reconciled');
  await standIns.count();
  delay.enable();
  const began = performance.now();
  await applyGuides(bed, guides);
  await guidesReady(bed, guides);
  const took = performance.now() - began;
  delay.disable();
  const { writes, reads } = await standIns.count();
  return [
    {
      id: 'a',
      what: `nothing → Ready, ${label}: time ÷ (writes × ${REQUEST_MS} ms ÷ ${IN_FLIGHT})`,
      value: took / ((writes * REQUEST_MS) / IN_FLIGHT),
      unit: '',
      goal: 1.15,
    },
    { id: 'a', what: `nothing → Ready, ${label}: reads for ${writes} writes`, value: reads, unit: '' },
    { id: 'c', what: `longest block of the event loop meanwhile`, value: delay.max / 1e6, unit: 'ms', goal: 100 },
  ];
}

async function idle(bed: EngineBed): Promise<readonly Row[]> {
  forget(bed);
  globalThis.gc?.();
  const before = process.cpuUsage();
  await sleep(IDLE_MS);
  const { user, system } = process.cpuUsage(before);
  globalThis.gc?.();
  return [
    { id: 'b', what: `memory, ${label}, resident`, value: process.memoryUsage().rss / 2 ** 20, unit: 'MB', goal: 250 },
    { id: 'b', what: `CPU at rest, ${label}`, value: ((user + system) / 1000 / IDLE_MS) * 100, unit: '%', goal: 1 },
  ];
}

async function edits(bed: EngineBed): Promise<readonly number[]> {
  const times: number[] = [];
  for (let edit = 0; edit < EDITS; edit += 1) times.push(await editOne(bed, edit % guides));
  return times;
}

/** The same edits with few objects, on a server of their own. */
async function edit(bed: EngineBed): Promise<readonly Row[]> {
  const among = median(await edits(bed));
  const standIns = await startStandIns(1, REQUEST_MS);
  const small = new EngineBed({ workers: WORKERS });
  small.engine.work();
  small.connect(standIns.servers[0], CONNECTION);
  await applyGuides(small, 1);
  await guidesReady(small, 1);
  const times: number[] = [];
  for (let count = 0; count < EDITS; count += 1) times.push(await editOne(small, 0));
  await small.stop();
  standIns.stop();
  return [
    {
      id: 'd',
      what: `one edit among ${label} ÷ among ${OBJECTS_PER_GUIDE} (${median(times).toFixed(0)} ms)`,
      value: among / median(times),
      unit: '',
      goal: 1.5,
    },
  ];
}

async function restart(former: EngineBed, standIns: StandIns): Promise<readonly Row[]> {
  await former.stop();
  await standIns.count();
  const began = performance.now();
  const bed = new EngineBed({ workers: WORKERS }, former);
  bed.engine.work();
  await guidesReady(bed, guides);
  const took = (performance.now() - began) / 1000;
  const { reads, writes } = await standIns.count();
  await bed.stop();
  return [
    { id: 'f', what: `restart with ${label}: calls until quiet`, value: reads + writes, unit: '' },
    { id: 'f', what: `restart with ${label}: writes until quiet`, value: writes, unit: '', goal: 0 },
    { id: 'f', what: `restart with ${label}: until quiet`, value: took, unit: 's' },
  ];
}

const standIns = await startStandIns(1, REQUEST_MS);
const bed = new EngineBed({ workers: WORKERS });
const forgetting = setInterval(() => forget(bed), 1000);
const rows = [...(await build(bed, standIns)), ...(await idle(bed)), ...(await edit(bed)), ...(await restart(bed, standIns))];
clearInterval(forgetting);
standIns.stop();
process.send?.(rows);
process.exit(0);
