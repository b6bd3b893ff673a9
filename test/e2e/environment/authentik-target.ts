import { z } from 'zod';
import { silentLogger } from '../../../src/authentik/silent-logger.ts';
import { AuthentikClient } from '../../../src/authentik/client.ts';
import { startAuthentikSim, type AuthentikSim, type AuthentikSimOptions } from '../../authentik-sim/sim.ts';
import { readState, type AuthentikState } from './authentik-state.ts';
import { createOperatorAccount } from './operator-account.ts';
import { shippedRole } from './shipped-role.ts';

/** The Authentik that is tested: nothing that uses it need know which kind it is. */
export interface AuthentikTarget {
  readonly kind: 'real' | 'sim';
  readonly url: string;
  /** API token for the operator: of an account that has the role of the shipped blueprint and nothing else. */
  readonly token: string;
  /** API token of an administrator, for people. */
  readonly adminToken: string;
  /** Only of a stand-in: fault injection, request counts. */
  readonly sim?: AuthentikSim;
  /** For looking and cleaning up behind the operator's back. */
  readonly client: AuthentikClient;
  /** As `/admin/version/` says. */
  version(): Promise<string>;
  /** The configuration by names, so that two states can be compared. */
  snapshot(): Promise<AuthentikState>;
  /** Deletes a person who signed up; does nothing when there is no such person. */
  deleteUser(username: string): Promise<void>;
  /** Ends a stand-in; a real server goes on. */
  stop(): Promise<void>;
}

const Version = z.looseObject({ version_current: z.string() });
const Users = z.array(z.looseObject({ pk: z.number(), username: z.string() }));

export interface AuthentikTargetOptions extends Partial<AuthentikSimOptions> {
  /** What the operator may do beyond the shipped role, such as `authentik_sources_oauth.change_oauthsource`. */
  readonly furtherRights?: readonly string[];
}

/**
 * The server of `E2E_AUTHENTIK_URL` and `E2E_AUTHENTIK_TOKEN`, else a fresh stand-in.
 *
 * @throws when only one of the two variables is set.
 */
export async function resolveAuthentikTarget({ furtherRights = [], ...options }: AuthentikTargetOptions = {}): Promise<AuthentikTarget> {
  const [url, adminToken] = [process.env['E2E_AUTHENTIK_URL'] ?? '', process.env['E2E_AUTHENTIK_TOKEN'] ?? ''];
  if ((url === '') !== (adminToken === '')) throw new Error('E2E_AUTHENTIK_URL and E2E_AUTHENTIK_TOKEN go together: set both or neither');
  const sim = url === '' ? await startAuthentikSim({ version: '2026.2', ...options }) : undefined;
  const client = new AuthentikClient({ url: sim?.url ?? url, token: sim?.token ?? adminToken, userAgent: 'e2e', log: silentLogger });
  const rights = [...(await shippedRole()), ...furtherRights];
  const account = sim === undefined ? await createOperatorAccount(client, rights) : undefined;
  return {
    kind: sim === undefined ? 'real' : 'sim',
    url: client.base,
    token: account?.token ?? sim?.createToken(rights) ?? '',
    adminToken: sim?.token ?? adminToken,
    ...(sim === undefined ? {} : { sim }),
    client,
    version: async () => Version.parse(await client.get('/admin/version/')).version_current,
    snapshot: async () => readState(client),
    deleteUser: async (username) => {
      const users = Users.parse(await client.list('/core/users/', { username }));
      // The server ignores filters that it doesn't know, and answers with everybody then.
      for (const user of users) if (user.username === username) await client.delete(`/core/users/${user.pk}/`);
    },
    stop: async () => {
      await account?.remove();
      client.close();
      await sim?.stop();
    },
  };
}
