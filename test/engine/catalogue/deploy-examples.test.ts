/** The flows to copy in deploy/examples: each applied in one go to a fresh Authentik, and taken away again without a trace. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { startAuthentikSim, type AuthentikSim } from '../../authentik-sim/sim.ts';
import { EngineBed } from '../engine-bed.ts';
import { callsOf, isWrite } from '../requests.ts';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: object;
  readonly stringData?: Readonly<Record<string, string>>;
}

const FOLDER = path.resolve(import.meta.dirname, '../../../deploy/examples');
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'));

let sim: AuthentikSim;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim);
});

afterEach(async () => {
  await bed.stop();
  await sim.stop();
});

it.each(FILES)('%s: applied in one go, left alone, deleted in one go', async (file) => {
  const manifests = parseAllDocuments(readFileSync(path.join(FOLDER, file), 'utf8')).map((document) => document.toJS() as Manifest);
  const objects = manifests.filter(({ kind }) => kind !== 'Secret');
  const before = sim.snapshot();
  for (const { kind, metadata, stringData } of manifests)
    if (kind === 'Secret') bed.sources.set('Secret', 'market', metadata.name, stringData);
  for (const { kind, metadata, spec } of objects) bed.apply(kind, metadata.name, spec);
  for (const { kind, metadata } of objects) await bed.until(kind, metadata.name, 'True/Reconciled');
  await bed.quiet();

  sim.resetRequests();
  await bed.stop();
  bed = new EngineBed({}, bed);
  bed.engine.work();
  await bed.quiet();
  expect(callsOf(sim).filter(isWrite)).toEqual([]);

  for (const { kind, metadata } of objects) bed.delete(kind, metadata.name);
  for (const { kind, metadata } of objects) await bed.until(kind, metadata.name, 'gone');
  expect(sim.snapshot()).toEqual(before);
  expect(bed.errors).toEqual([]);
});
