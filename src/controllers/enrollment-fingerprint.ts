import { createHash } from 'node:crypto';
import type { BindingTarget } from '../resources/field-binding/carrier-row.ts';
import type { Session } from '../authentik/session.ts';
import type { ManagedObject, ObjectKey } from '../runtime/object.ts';
import type { ObjectStore } from '../runtime/store.ts';

/**
 * What a look at a published flow depends on, as far as the cluster knows: the spec, the flow and the stage as they were last changed, and
 * how visitors come. What others change in Authentik is told otherwise.
 */
export function enrollmentFingerprint(
  object: ManagedObject,
  session: Pick<Session, 'url' | 'publicURL'>,
  target: BindingTarget,
  flow: { readonly uuid: string; readonly slug: string } | undefined,
  rest: { readonly dependencies: readonly ObjectKey[]; readonly store: Pick<ObjectStore, 'get'> },
): string {
  const dependencies = rest.dependencies.map((key) => {
    const status = rest.store.get(key)?.status as { observedGeneration?: number; lastChange?: string; uuid?: string } | undefined;
    return [key.kind, key.name, status?.uuid, status?.observedGeneration, status?.lastChange];
  });
  const parts = [object.metadata.generation, session.url, session.publicURL, target.uuid, flow?.uuid, flow?.slug, dependencies];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
