/**
 * What the operator takes, as ratios measured in one run: `npm run bench`, `npm run bench -- --help`.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { imageSettings } from '../test/product/image-settings.ts';
import { isMet, table, type Row } from './row.ts';

/** Each in a process of its own, run as the image runs Node. */
interface Measurement {
  readonly name: string;
  readonly file: string;
  readonly arguments: readonly string[];
}

interface Options {
  readonly objects: string;
  readonly only?: string;
  readonly json: string;
}

const { objects, only, json } = new Command('bench')
  .description('Measures what the operator takes: time, memory, calls. Takes some ten minutes.')
  .option('--objects <list>', 'with how many objects, separated by commas', '1000,10000')
  .option('--only <names>', 'some of: many, hanging, shipped')
  .option('--json <file>', 'where the figures are written', path.join(import.meta.dirname, 'results.json'))
  .parse()
  .opts<Options>();

const measurements: readonly Measurement[] = [
  ...objects.split(',').map((count) => ({ name: 'many', file: 'many.ts', arguments: [count] })),
  { name: 'hanging', file: 'hanging.ts', arguments: [] },
  { name: 'shipped', file: 'shipped.ts', arguments: [] },
].filter(({ name }) => only === undefined || only.split(',').includes(name));

async function measure({ name, file, arguments: given }: Measurement): Promise<readonly Row[]> {
  console.error(`bench: ${[name, ...given].join(' ')} …`);
  const { flags, env } = await imageSettings();
  const child = fork(path.join(import.meta.dirname, file), given, { execArgv: [...flags, '--expose-gc'], env: { ...process.env, ...env } });
  const measured = once(child, 'message') as Promise<[readonly Row[]]>;
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`${name} ended with ${code} before it had measured anything`)),
  );
  const [rows] = await Promise.race([measured, ended]);
  ended.catch(() => undefined);
  return rows;
}

const rows: Row[] = [];
for (const measurement of measurements) rows.push(...(await measure(measurement)));
console.log(table(rows));
await writeFile(json, `${JSON.stringify(rows, null, 2)}\n`);
process.exitCode = rows.every(isMet) ? 0 : 1;
