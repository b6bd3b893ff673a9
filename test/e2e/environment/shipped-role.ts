import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const BLUEPRINT = path.resolve(import.meta.dirname, '../../../deploy/authentik-role.blueprint.yaml');

const Entry = z.looseObject({ model: z.string(), attrs: z.looseObject({ permissions: z.array(z.string()).optional() }) });

/** The rights of the role in `deploy/authentik-role.blueprint.yaml`: what an administrator gives the operator who follows the documentation. */
export async function shippedRole(): Promise<readonly string[]> {
  // Authentik's own tags (`!KeyOf`) stand where we don't look.
  const blueprint = z.object({ entries: z.array(Entry) }).parse(parse(await readFile(BLUEPRINT, 'utf8'), { logLevel: 'silent' }));
  const role = blueprint.entries.find(({ model }) => model === 'authentik_rbac.role');
  if (role?.attrs.permissions === undefined) throw new Error(`${BLUEPRINT} has no role with permissions`);
  return role.attrs.permissions;
}
