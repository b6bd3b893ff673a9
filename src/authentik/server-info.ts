import { z } from 'zod';
import { displayable } from '../runtime/displayable.ts';
import type { AuthentikClient } from './client.ts';
import { AuthentikError } from './errors.ts';

/** What a token's user sees of a server and of itself. */
export interface ServerInfo {
  /** As the server says it, such as `2026.2.2`. */
  readonly version: string;
  readonly username: string;
  /** A superuser may do everything. */
  readonly isSuperuser: boolean;
  /** Global permissions as `app_label.codename`; undefined when they can't be determined, which doesn't mean that any is missing. */
  readonly permissions: ReadonlySet<string> | undefined;
}

const AdminVersion = z.looseObject({ version_current: z.string() });
const Me = z.looseObject({
  user: z.looseObject({
    username: z.string(),
    is_superuser: z.boolean(),
    // Since 2025.12, with those that come through groups. Before, only groups had roles, and a user could hold permissions directly.
    roles: z.array(z.looseObject({ pk: z.string() })).optional(),
  }),
});
const Permission = z.looseObject({ app_label: z.string(), codename: z.string() });

/**
 * Asks a server for its version, and the token for its rights: two requests, and for whoever is no superuser one more per role and hundred
 * permissions. None of them needs a permission, so the first 403 is about the token itself.
 */
export async function probe(client: Pick<AuthentikClient, 'base' | 'get' | 'list'>): Promise<ServerInfo> {
  const { user } = await read(client, '/core/users/me/', Me);
  const { version_current: version } = await read(client, '/admin/version/', AdminVersion);
  const roles = user.roles?.map(({ pk }) => pk);
  return {
    version: displayable(version),
    username: displayable(user.username),
    isSuperuser: user.is_superuser,
    permissions: user.is_superuser || roles === undefined ? undefined : await permissionsOf(client, roles),
  };
}

/** Those of `required` that the token lacks; none when it may do everything, or when its rights are not known. */
export function missingPermissions(info: Pick<ServerInfo, 'isSuperuser' | 'permissions'>, required: readonly string[]): readonly string[] {
  const { permissions } = info;
  return info.isSuperuser || permissions === undefined ? [] : required.filter((permission) => !permissions.has(permission));
}

async function permissionsOf(client: Pick<AuthentikClient, 'list'>, roles: readonly string[]): Promise<ReadonlySet<string> | undefined> {
  try {
    const lists = await Promise.all(roles.map(async (role) => client.list('/rbac/permissions/', { role })));
    const permissions = z.array(Permission).safeParse(lists.flat());
    return permissions.success ? new Set(permissions.data.map((entry) => `${entry.app_label}.${entry.codename}`)) : undefined;
  } catch (error) {
    if (error instanceof AuthentikError && (error.reason === 'PermissionDenied' || error.reason === 'InvalidSpec')) return undefined;
    throw error;
  }
}

async function read<T>(client: Pick<AuthentikClient, 'base' | 'get'>, path: string, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await client.get(path));
  if (parsed.success) return parsed.data;
  throw new AuthentikError('Unreachable', `${client.base} did not answer GET ${path} as Authentik does: check url.`);
}
