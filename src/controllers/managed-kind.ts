import type { ManagedSpec, Reference } from '../api/v1alpha1/common.ts';
import type { Session } from '../authentik/session.ts';
import { declarable, isWeak, specName, type Field } from '../catalogue/field.ts';
import type { Controller, Policies } from '../runtime/controller.ts';
import type { ManagedObject, ObjectKey } from '../runtime/object.ts';
import type { SourceKey, ObjectStore } from '../runtime/store.ts';
import type { MemberSecrets } from '../resources/member-secrets.ts';
import { keyOfReference, ReferenceResolver } from '../resources/references.ts';
import type { Referrers } from '../resources/referrers.ts';
import type { SecretReader } from '../resources/secret-reader.ts';
import type { References } from '../resources/entity/desired.ts';
import type { Connections } from '../server/connections.ts';

/** What every controller of a kind with something in Authentik works with. */
export interface ManagedKindParts {
  readonly store: Pick<ObjectStore, 'get' | 'list'>;
  readonly referrers: Referrers;
  readonly connections: Connections;
  readonly secrets: SecretReader;
}

/** The controller of a kind whose objects have something in Authentik, with what all of them share filled in. */
export type ManagedController<References> = Controller<Session, References, MemberSecrets | undefined>;

/** What such kinds share: the connection, the policies, and how references are found. */
export function managedKind(parts: ManagedKindParts): Pick<ManagedController<never>, 'connect' | 'policies' | 'server'> {
  return {
    connect: async (object) => {
      const connected = await parts.connections.connect(object);
      return { ...connected, requestTimeoutMs: connected.session.client.requestTimeoutMs };
    },
    server: (object) => parts.connections.addressOf(object),
    policies: (object) => policiesOf(object, parts.connections),
  };
}

/** The policies in force for an object, with those of its connection. */
export function policiesOf(object: ManagedObject, connections: Pick<Connections, 'find'>): Policies {
  const spec = object.spec as ManagedSpec;
  const defaults = connections.find(object)?.spec.defaults;
  return {
    adoption: spec.adoptionPolicy ?? defaults?.adoptionPolicy ?? 'IfMatch',
    deletion: spec.deletionPolicy ?? defaults?.deletionPolicy,
  };
}

/** Resolves references as seen from one object. */
export function referencesOf(parts: ManagedKindParts, object: ManagedObject, session: Session): References {
  return new ReferenceResolver(parts.store, session, object.metadata.namespace);
}

/** The objects of ours that the declared values name, by references of that strength. */
export function namedKeys(
  fields: readonly Field[],
  values: Readonly<Record<string, unknown>>,
  namespace: string,
  strength: 'strong' | 'weak',
): readonly ObjectKey[] {
  const wanted = declarable(fields).filter((field) => isWeak(field) === (strength === 'weak'));
  return wanted.flatMap((field) => {
    const value = values[specName(field)];
    if (value === undefined) return [];
    if (field.type === 'reference') return keyOfReference(value as Reference, field.to, namespace) ?? [];
    if (field.type === 'referenceSet')
      return (value as readonly Reference[]).flatMap((reference) => keyOfReference(reference, field.to, namespace) ?? []);
    return [];
  });
}

/** The Secrets that the declared values name. */
export function namedSecrets(fields: readonly Field[], values: Readonly<Record<string, unknown>>, namespace: string): readonly SourceKey[] {
  const references = fields.filter((field) => field.type === 'secret').map((field) => values[specName(field)]);
  const names = [...references, values['smtpSecretRef']].flatMap((reference) => (reference as { name: string } | undefined)?.name ?? []);
  return [...new Set(names)].map((name) => ({ kind: 'Secret', namespace, name }));
}

/** The primary key that a status has on record. */
export function recordedUUID(object: ManagedObject): string | undefined {
  return (object.status as { uuid?: string } | undefined)?.uuid;
}
