/**
 * Writes what is derived from the CRDs and the charts: the chart's copies of the CRDs, and the plain manifests in `deploy/`.
 *
 *   node scripts/render-deploy.ts           write
 *   node scripts/render-deploy.ts --check   compare with what is there; exit 1 when something differs
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { resolveTools } from '../test/bed/tools.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const run = promisify(execFile);

interface Manifest {
  readonly chart: string;
  readonly release: string;
  readonly namespace: string;
  /** Comes first in the file. */
  readonly preamble: string;
}

/** A namespace that accepts only pods of the `restricted` Pod Security Standard, which the operator's meets. */
const OPERATOR_NAMESPACE = `apiVersion: v1
kind: Namespace
metadata:
  name: authentik-flow-operator
  labels:
    pod-security.kubernetes.io/enforce: restricted
`;

/** By the name that `deploy/<name>.yaml` and `deploy/<name>.values.yaml` share. */
const MANIFESTS: Readonly<Record<string, Manifest>> = {
  operator: {
    chart: 'authentik-flow-operator',
    release: 'authentik-flow-operator',
    namespace: 'authentik-flow-operator',
    preamble: `---\n${OPERATOR_NAMESPACE}`,
  },
  'market-enrollment': { chart: 'market-enrollment', release: 'market-enrollment', namespace: 'market', preamble: '' },
};

/** The chart's copies of `crds/`, by their paths in the project. Helm can't reach outside a chart's own folder. */
export async function chartCrds(): Promise<Record<string, string>> {
  const names = (await readdir(path.join(ROOT, 'crds'))).filter((name) => name.endsWith('.yaml'));
  const files = names.map(async (name) => {
    return [`helm/authentik-flow-operator/files/crds/${name}`, await readFile(path.join(ROOT, 'crds', name), 'utf8')] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}

/**
 * The rendered files in `deploy/`, by their paths in the project, from the charts as they are on disk.
 *
 * @throws when helm is missing or refuses the values.
 */
export async function deployFiles(): Promise<Record<string, string>> {
  const { helm } = await resolveTools();
  const files = Object.entries(MANIFESTS).map(
    async ([name, manifest]) => [`deploy/${name}.yaml`, await render(helm, name, manifest)] as const,
  );
  return Object.fromEntries(await Promise.all(files));
}

async function render(helm: string, name: string, { chart, release, namespace, preamble }: Manifest): Promise<string> {
  const values = `deploy/${name}.values.yaml`;
  const args = ['template', release, `helm/${chart}`, '--namespace', namespace, '--values', values];
  const { stdout } = await run(helm, args, { cwd: ROOT, maxBuffer: 16 << 20 });
  const header = `# Rendered from helm/${chart} with ${values} by scripts/render-deploy.ts.\n`;
  return header + preamble + withoutHelm(stdout);
}

/** Takes out what is only true of a helm release. */
function withoutHelm(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^# Source: |^ +helm\.sh\/chart: |^ +app\.kubernetes\.io\/managed-by: Helm$/.test(line))
    .join('\n');
}

async function main(): Promise<void> {
  const check = process.argv.includes('--check');
  // The charts are rendered from what is on disk, so the CRDs go first.
  for (const derive of [chartCrds, deployFiles]) {
    for (const [name, content] of Object.entries(await derive())) {
      const file = path.join(ROOT, name);
      if ((await readFile(file, 'utf8').catch(() => undefined)) === content) continue;
      console.log(check ? `stale: ${name} (run node scripts/render-deploy.ts)` : `wrote ${name}`);
      if (check) process.exitCode = 1;
      else {
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, content);
      }
    }
  }
}

if (import.meta.main) await main();
