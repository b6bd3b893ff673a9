import { z } from 'zod';
import type { AuthentikClient } from '../../../src/authentik/client.ts';

const Row = z.looseObject({ pk: z.union([z.string(), z.number()]), is_superuser: z.boolean().optional() });

/** What every login changes. */
const OF_LOGINS = ['last_login', 'last_updated', 'date_joined'];

/** Somebody who may do everything in Authentik. */
export interface Administrator {
  /** The account as Authentik shows it to administrators, but for what every login changes. */
  account(): Promise<Readonly<Record<string, unknown>>>;
  remove(): Promise<void>;
}

/** Makes an administrator of our own: nobody knows the password of somebody else's. */
export async function createAdministrator(
  client: AuthentikClient,
  person: { readonly username: string; readonly name: string; readonly email: string; readonly password: string },
): Promise<Administrator> {
  const groups = z.array(Row).parse(await client.list('/core/groups/', { include_users: false }));
  const superusers = groups.find((group) => group.is_superuser === true);
  if (superusers === undefined) throw new Error('Authentik has no group of administrators');
  const { username, name, email, password } = person;
  const { pk } = Row.parse(await client.post('/core/users/', { username, name, email, path: 'users', groups: [superusers.pk] }));
  await client.post(`/core/users/${pk}/set_password/`, { password });
  return {
    account: async () => {
      const account = z.looseObject({}).parse(await client.get(`/core/users/${pk}/`));
      return Object.fromEntries(Object.entries(account).filter(([field]) => !OF_LOGINS.includes(field)));
    },
    remove: async () => client.delete(`/core/users/${pk}/`),
  };
}
