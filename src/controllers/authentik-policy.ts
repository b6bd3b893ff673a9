import type { AuthentikPolicySpec } from '../api/v1alpha1/authentik-policy.ts';
import type { Session } from '../authentik/session.ts';
import { POLICIES } from '../catalogue/policies.ts';
import type { Resolved } from '../resources/entity/desired.ts';
import type { EntityResource } from '../resources/entity/entity-resource.ts';
import type { External } from '../runtime/external.ts';
import { entityController } from './entity-kind.ts';
import type { ManagedController, ManagedKindParts } from './managed-kind.ts';
import { LeftoverBindings } from '../resources/policy/leftover-bindings.ts';
import { memberOf } from './typed-member.ts';

/** Policies: a change takes effect only once Authentik has forgotten what the old one decided. */
export function policyController(parts: ManagedKindParts): ManagedController<Resolved> {
  return entityController(
    {
      kind: 'AuthentikPolicy',
      noun: 'policy',
      describe: (object) => memberOf(POLICIES, object.spec as AuthentikPolicySpec),
      wrap: (resource, session) => forgetful(resource, session, parts),
    },
    parts,
  );
}

function forgetful(resource: EntityResource, session: Session, { store }: Pick<ManagedKindParts, 'store'>): External {
  const leftovers = new LeftoverBindings(store, session);
  return {
    observe: async () => resource.observe(),
    intent: () => resource.intent(),
    refresh: async (observed) => resource.refresh(observed),
    create: async () => resource.create(),
    blockers: async (observed) => resource.blockers(observed, leftovers.of(String(observed.uuid))),
    consequences: () => resource.consequences(),
    delete: async (observed) => {
      await resource.delete(observed);
      // What it decided is remembered as well.
      if (leftovers.areThere) await session.caches.clear();
    },
    update: async (observed) => {
      const updated = await resource.update(observed);
      await session.caches.clear();
      return updated;
    },
    settle: async () => {
      await session.caches.clearDue();
      return resource.settle();
    },
    restore: async (observed, before) => {
      await resource.restore(observed, before);
      await session.caches.clear();
    },
  };
}
