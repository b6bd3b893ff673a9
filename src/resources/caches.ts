import type { AuthentikClient } from '../authentik/client.ts';
import { AuthentikError } from '../authentik/errors.ts';
import type { Session } from '../authentik/session.ts';

const PATHS = ['/policies/all/cache_clear/', '/flows/instances/cache_clear/'];

/** Servers that decide by what they remember, since they couldn't be told yet. */
const due = new WeakSet<AuthentikClient>();

/**
 * Makes Authentik forget what policies decided and which plans it made from that: it keeps both for five minutes, and doesn't
 * notice changes of policies and their bindings by itself. Without the permission the change takes effect five minutes later,
 * which is no failure.
 */
export async function clearPolicyCaches(session: Session): Promise<void> {
  due.add(session.client);
  await clearDueCaches(session);
}

/** Tries again what failed before: the change that it was about is made, and nothing else would remind us. */
export async function clearDueCaches(session: Session): Promise<void> {
  if (!due.has(session.client)) return;
  for (const path of PATHS) {
    try {
      await session.client.post(path, {});
    } catch (error) {
      if (!(error instanceof AuthentikError && error.reason === 'PermissionDenied')) throw error;
    }
  }
  due.delete(session.client);
}
