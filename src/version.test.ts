import { readFileSync } from 'node:fs';
import path from 'node:path';
import { VERSION } from './version.ts';

it('the version is that of package.json', () => {
  const { version } = JSON.parse(readFileSync(path.join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string };
  expect(VERSION).toBe(version);
});
