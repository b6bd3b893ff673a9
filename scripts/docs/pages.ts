import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import { fileName, folderOf, kindPage, TYPED, typePage } from './kind-page.ts';
import { metricsPage } from './metrics-page.ts';
import { permissionsPage, roleBlueprint } from './permissions-page.ts';
import { reasonsPage } from './reasons-page.ts';

const EXAMPLES = path.resolve(import.meta.dirname, '../../docs/examples');

/** Every generated page, and the blueprint, by their paths in the project. The examples of the kinds are files of their own. */
export async function documentation(): Promise<Record<string, string>> {
  const kinds = KINDS.map(async (kind) => {
    const name = fileName(kind.kind);
    return [`docs/kinds/${name}.md`, kindPage(kind, await readFile(path.join(EXAMPLES, `${name}.yaml`), 'utf8'))] as const;
  });
  const types = KINDS.flatMap((kind) =>
    (TYPED[kind.kind] ?? []).map(async (entry) => {
      const name = `${folderOf(kind)}/${fileName(entry.type)}`;
      return [`docs/kinds/${name}.md`, typePage(kind, entry, await readFile(path.join(EXAMPLES, `${name}.yaml`), 'utf8'))] as const;
    }),
  );
  return {
    ...Object.fromEntries(await Promise.all([...kinds, ...types])),
    'docs/reasons.md': reasonsPage(),
    'docs/metrics.md': await metricsPage(),
    'docs/permissions.md': permissionsPage(),
    'deploy/authentik-role.blueprint.yaml': roleBlueprint(),
  };
}
