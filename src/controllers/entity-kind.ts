import type { Session } from '../authentik/session.ts';
import type { MinorVersion } from '../authentik/versions.ts';
import type { ApiObject } from '../authentik/api-object.ts';
import type { EntityType } from '../catalogue/entity.ts';
import { declaredFields, requireType, resolved, type Resolved } from '../resources/entity/desired.ts';
import { EntityResource } from '../resources/entity/entity-resource.ts';
import { keptText } from '../resources/kept-text.ts';
import { memberSecrets } from '../resources/member-secrets.ts';
import type { External, SettleResult } from '../runtime/external.ts';
import type { ManagedObject } from '../runtime/object.ts';
import {
  managedKind,
  namedKeys,
  namedSecrets,
  recordedUUID,
  referencesOf,
  type ManagedController,
  type ManagedKindParts,
} from './managed-kind.ts';

type Values = Readonly<Record<string, unknown>>;

/** What one kind of entity adds to the rest. */
export interface EntityKind {
  readonly kind: string;
  /** How messages and claims call it. */
  readonly noun: string;
  /** The row of the table, and the declared values, of one object. */
  describe(object: ManagedObject): { readonly entity: EntityType; readonly values: Values };
  /** The same as one version of the server has it, where that makes a difference. */
  readonly on?: {
    entity(entity: EntityType, version: MinorVersion): EntityType;
    /** @throws OperatorError `UnsupportedVersion` for what that version can't hold. */
    values(values: Values, version: MinorVersion): Values;
  };
  readonly statusOf?: (row: ApiObject, object: ManagedObject) => Readonly<Record<string, unknown>>;
  /** Wraps the resource, where changes take more than writing the object. */
  readonly wrap?: (resource: EntityResource, session: Session) => External;
  readonly watchesUsers?: true;
  /** Its own conditions, which `settle` judges. */
  readonly conditions?: readonly string[];
  readonly settle?: (object: ManagedObject, session: Session) => Promise<SettleResult>;
}

/** A controller for objects that are nothing but one entity: prompts, policies, stages, groups. */
export function entityController(kind: EntityKind, parts: ManagedKindParts): ManagedController<Resolved> {
  const entityOn = (object: ManagedObject, { version }: Session): EntityType => {
    const { entity } = kind.describe(object);
    return kind.on?.entity(entity, version) ?? entity;
  };
  const resource = (
    object: ManagedObject,
    session: Session,
    desired: Resolved | undefined,
    secrets?: Parameters<ManagedController<Resolved>['external']>[3],
  ): External => {
    const entity = new EntityResource({
      session,
      entity: entityOn(object, session),
      name: externalName(object),
      recorded: recordedUUID(object),
      desired: { ...secrets?.body, ...desired?.body },
      pending: desired?.pending ?? [],
      ...(desired === undefined ? { deleting: true as const } : {}),
      ...(secrets === undefined ? {} : { secrets: secrets.values }),
      ...(kind.settle === undefined ? {} : { settle: async () => kind.settle?.(object, session) ?? {} }),
      ...(kind.statusOf === undefined ? {} : { statusOf: (row: ApiObject) => kind.statusOf?.(row, object) ?? {} }),
    });
    return kind.wrap?.(entity, session) ?? entity;
  };
  return {
    ...managedKind(parts),
    kind: kind.kind,
    manages: 'object',
    conditions: kind.conditions ?? [],
    ...(kind.watchesUsers === undefined ? {} : { watchesUsers: kind.watchesUsers }),
    externalName,
    dependencies: (object) => {
      const { entity, values } = kind.describe(object);
      return [...parts.connections.candidates(object), ...namedKeys(entity.fields, values, object.metadata.namespace, 'strong')];
    },
    links: (object) => {
      const { entity, values } = kind.describe(object);
      return namedKeys(entity.fields, values, object.metadata.namespace, 'weak');
    },
    sources: (object) => {
      const { entity, values } = kind.describe(object);
      return namedSecrets(entity.fields, values, object.metadata.namespace);
    },
    claim: (object) => `${kind.noun} "${externalName(object)}"`,
    readyAfter: () => [],
    resolveReferences: async (object, session) => {
      requireType(kind.describe(object).entity, session.version);
      const declared = kind.describe(object).values;
      const values = kind.on?.values(declared, session.version) ?? declared;
      return resolved(declaredFields(entityOn(object, session).fields, values, session.version), referencesOf(parts, object, session));
    },
    readSecrets: async (object) => {
      const { entity, values } = kind.describe(object);
      return memberSecrets(parts.secrets, object, entity.fields, values);
    },
    external: (object, session, desired, secrets) => resource(object, session, desired, secrets),
    externalForDeletion: (object, session) => resource(object, session, undefined),
  };
}

function externalName(object: ManagedObject): string {
  return keptText((object.spec as { name?: string }).name ?? object.metadata.name);
}
