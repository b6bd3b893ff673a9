import type { AuthentikFlowStatus } from '../../api/v1alpha1/authentik-flow.ts';
import type { Session } from '../../authentik/session.ts';
import { POLICY_BINDING } from '../../catalogue/bindings.ts';
import type { ObjectStore } from '../../runtime/store.ts';
import type { SparedUsers } from '../entity/entity-resource.ts';

/** What `used_by` of a policy lists: whatever has a binding of it (seen live), not the binding itself. */
const BOUND_TO = 'authentik_policies.policybindingmodel';

/**
 * Bindings of a policy that flows of ours have made and don't declare any more: an emptied list under server-side apply leaves them behind
 * (ADR 11). While one is declared the policy waits for it; afterwards nobody else misses it, and it goes with the policy. A binding that
 * was there before us, or that isn't in sight, keeps the policy.
 */
export class LeftoverBindings {
  readonly #store: Pick<ObjectStore, 'list'>;
  readonly #session: Session;
  #areThere = false;

  constructor(store: Pick<ObjectStore, 'list'>, session: Session) {
    this.#store = store;
    this.#session = session;
  }

  /** Whether any were found. */
  get areThere(): boolean {
    return this.#areThere;
  }

  of(policy: string): SparedUsers {
    return {
      model: BOUND_TO,
      areOurs: async (count) => {
        const rows = await this.#session.cache.where(POLICY_BINDING.path, 'policy', policy);
        const ours = recordedBy(this.#store, this.#session.url);
        this.#areThere = rows.length > 0 && rows.every((row) => ours.has(row.pk));
        return this.#areThere && new Set(rows.map((row) => row['target'])).size >= count;
      },
    };
  }
}

/** The policy bindings that flows of ours have made on a server. */
function recordedBy(store: Pick<ObjectStore, 'list'>, url: string): ReadonlySet<string> {
  const statuses = store.list('AuthentikFlow').map((flow) => (flow.status ?? {}) as Partial<AuthentikFlowStatus>);
  const here = statuses.filter((status) => status.connectionURL === url);
  return new Set(
    here.flatMap(({ policyBindings = [] }) => policyBindings.flatMap(({ uuid, adopted }) => (adopted === true ? [] : [uuid]))),
  );
}
