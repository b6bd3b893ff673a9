import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** How the image runs Node: what stands between the program and our file in its entry point, and its variables. */
export interface ImageSettings {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Read from the Dockerfile, so that what is measured is what is shipped. */
export async function imageSettings(): Promise<ImageSettings> {
  const dockerfile = await readFile(path.resolve(import.meta.dirname, '../../Dockerfile'), 'utf8');
  const entryPoint = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
  const variables = /^ENV (.*)$/m.exec(dockerfile)?.[1]?.split(' ') ?? [];
  return {
    flags: entryPoint.filter((argument) => argument.startsWith('--')),
    env: Object.fromEntries(variables.map((variable) => variable.split('=') as [string, string])),
  };
}
