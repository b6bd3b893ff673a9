// Writes every generated file: `npm run generate`. With `--check` it writes nothing and fails when a file differs.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generatedFiles } from './generated-files.ts';

const root = path.resolve(import.meta.dirname, '..');
const check = process.argv.includes('--check');
const stale: string[] = [];

for (const [name, content] of Object.entries(await generatedFiles())) {
  const file = path.join(root, name);
  const current = await readFile(file, 'utf8').catch(() => undefined);
  if (current === content) continue;
  stale.push(name);
  if (check) continue;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
}

for (const name of stale) console.log(check ? `stale: ${name} (run npm run generate)` : `wrote ${name}`);
if (check && stale.length > 0) process.exitCode = 1;
