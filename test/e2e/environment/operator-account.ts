import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { AuthentikClient } from '../../../src/authentik/client.ts';

/** A service account in a real Authentik, as the shipped blueprint makes one: with a role and nothing else. */
export interface OperatorAccount {
  readonly token: string;
  /** Removes account, group, role and token. */
  remove(): Promise<void>;
}

const Role = z.looseObject({ pk: z.string() });
const Numbered = z.looseObject({ pk: z.union([z.string(), z.number()]) });

/** Makes one with these rights, and takes back what was made when half of it fails. */
export async function createOperatorAccount(client: AuthentikClient, rights: readonly string[]): Promise<OperatorAccount> {
  const name = `e2e-operator-${randomBytes(4).toString('hex')}`;
  const made: string[] = [];
  const remove = async (): Promise<void> => {
    for (const path of made.reverse()) await client.delete(path);
  };
  const create = async (path: string, body: object): Promise<string | number> => {
    const { pk } = Numbered.parse(await client.post(path, body));
    made.push(`${path}${pk}/`);
    return pk;
  };
  try {
    const role = Role.shape.pk.parse(await create('/rbac/roles/', { name }));
    await client.post(`/rbac/permissions/assigned_by_roles/${role}/assign/`, { permissions: [...rights] });
    const group = await create('/core/groups/', { name, roles: [role] });
    const user = await create('/core/users/', { username: name, name, type: 'service_account', path: 'e2e', groups: [group] });
    await client.post('/core/tokens/', { identifier: name, intent: 'api', user, expiring: false });
    made.push(`/core/tokens/${name}/`);
    const { key } = z.object({ key: z.string() }).parse(await client.get(`/core/tokens/${name}/view_key/`));
    return { token: key, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
