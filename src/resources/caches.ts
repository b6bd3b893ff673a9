import { AuthentikError } from '../authentik/errors.ts';
import type { Session } from '../authentik/session.ts';

/**
 * Makes Authentik forget what policies decided and which plans it made from that: it keeps both for five minutes, and doesn't
 * notice changes of policies and their bindings by itself. Without the permission the change takes effect five minutes later,
 * which is no failure.
 */
export async function clearPolicyCaches(session: Session): Promise<void> {
  for (const path of ['/policies/all/cache_clear/', '/flows/instances/cache_clear/']) {
    try {
      await session.client.post(path, {});
    } catch (error) {
      if (!(error instanceof AuthentikError && error.reason === 'PermissionDenied')) throw error;
    }
  }
}
