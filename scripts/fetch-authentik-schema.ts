/**
 * Writes `test/schema/<minor>.json` from the official OpenAPI document inside the npm package `@goauthentik/api`.
 *
 *   node scripts/fetch-authentik-schema.ts           fetch and write
 *   node scripts/fetch-authentik-schema.ts --check   fetch and compare with what is stored; exit 1 when they differ
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { type JsonObject, minorOf, schemaText, trimSchema } from '../test/schema/trim.ts';

const PACKAGE = '@goauthentik/api';
const VERSIONS = ['2025.10.4', '2025.12.6', '2026.2.0', '2026.5.6', '2026.8.3'];
const STORE = join(import.meta.dirname, '..', 'test', 'schema');

const run = promisify(execFile);
const packOutput = z.array(z.object({ filename: z.string(), integrity: z.string().startsWith('sha512-') })).length(1);

/** The text of the trimmed schema of one release. Takes the one file out of the package; the other 8,000 stay in the archive. */
async function fetchSchema(version: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'authentik-schema-'));
  try {
    const packed = await run('npm', ['pack', `${PACKAGE}@${version}`, '--json', '--pack-destination', directory], { maxBuffer: 64 << 20 });
    const [archive] = packOutput.parse(JSON.parse(packed.stdout));
    if (archive === undefined) throw new Error(`npm pack gave nothing for ${version}`);
    const file = await run('tar', ['-xzOf', join(directory, archive.filename), 'package/schema.yml'], { maxBuffer: 64 << 20 });
    const document = parse(file.stdout) as JsonObject;
    return schemaText(trimSchema(document), { package: PACKAGE, version, integrity: archive.integrity });
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function main(): Promise<void> {
  const check = process.argv.includes('--check');
  for (const version of VERSIONS) {
    const path = join(STORE, `${minorOf(version)}.json`);
    const text = await fetchSchema(version);
    if (!check) await writeFile(path, text);
    else if ((await readFile(path, 'utf8')) !== text) {
      process.exitCode = 1;
      console.error(`${path} is stale: run this script without --check`);
      continue;
    }
    console.log(`${path}: ${check ? 'as published' : 'written'}, ${Math.round(text.length / 1024)} KiB`);
  }
}

await main();
