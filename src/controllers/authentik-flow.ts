import type { AuthentikFlowSpec, AuthentikFlowStatus, PolicyEntry } from '../api/v1alpha1/authentik-flow.ts';
import type { AuthentikStageSpec } from '../api/v1alpha1/authentik-stage.ts';
import type { Reference } from '../api/v1alpha1/common.ts';
import type { Session } from '../authentik/session.ts';
import { isWeak, specName } from '../catalogue/field.ts';
import { STAGES } from '../catalogue/stages.ts';
import { adviceOnFlow } from '../resources/advice/advice-on-flow.ts';
import { settleAdvice } from '../resources/advice/judgement.ts';
import type { LinkHolder } from '../resources/entity/clear-link.ts';
import { declaredFlow, resolvedFlow, type DesiredFlow } from '../resources/flow/desired-flow.ts';
import { FlowResource, type Advise } from '../resources/flow/flow-resource.ts';
import { Parking } from '../resources/flow/parking.ts';
import { keyOfReference } from '../resources/references.ts';
import { ADVICE } from '../runtime/conditions.ts';
import type { ManagedObject, ObjectKey } from '../runtime/object.ts';
import { managedKind, recordedUUID, referencesOf, type ManagedController, type ManagedKindParts } from './managed-kind.ts';
import { memberOf } from './typed-member.ts';

const NOTHING: DesiredFlow = { header: {}, stages: undefined, policies: undefined, prune: false };

/** Flows: made of stages and policies, so Ready only when these are. */
export function flowController(parts: ManagedKindParts): ManagedController<DesiredFlow> {
  const slugOf = (object: ManagedObject): string => (object.spec as AuthentikFlowSpec).slug;
  return {
    ...managedKind(parts),
    kind: 'AuthentikFlow',
    manages: 'object',
    conditions: ['UnmanagedBindings', ADVICE],
    // Whether anything links to it is advised about.
    watchesUsers: true,
    externalName: slugOf,
    dependencies: (object) => [...parts.connections.candidates(object), ...boundKeys(object)],
    sources: () => [],
    claim: (object) => `flow "${slugOf(object)}"`,
    readyAfter: boundKeys,
    resolveReferences: async (object, session) =>
      resolvedFlow(declaredFlow(object.spec as AuthentikFlowSpec, session.version), referencesOf(parts, object, session)),
    readSecrets: () => Promise.resolve(undefined),
    external: (object, session, desired) =>
      resource(object, session, desired, { advise: adviser(object, session, parts), leadsOn: onlyLeadsOn(object, parts) }),
    externalForDeletion: (object, session) => resource(object, session, NOTHING, { linkedFrom: () => linkedFrom(object, parts) }),
    tidy: async (object, session) => {
      await new Parking(session, object.metadata.uid).remove();
    },
  };
}

function resource(
  object: ManagedObject,
  session: Session,
  desired: DesiredFlow,
  more: { readonly advise?: Advise; readonly leadsOn?: boolean; readonly linkedFrom?: () => readonly LinkHolder[] },
): FlowResource {
  const { slug } = object.spec as AuthentikFlowSpec;
  const status = object.status as AuthentikFlowStatus | undefined;
  const created = status?.uuid !== undefined && status.adopted === undefined;
  const record = {
    uuid: recordedUUID(object),
    created,
    inDoubt: status?.pendingParts !== undefined,
    found: status?.adopted?.bound ?? {},
    bindings: status?.bindings ?? [],
    policyBindings: status?.policyBindings ?? [],
  };
  return new FlowResource({ session, slug, id: object.metadata.uid, desired, record, ...more });
}

function adviser(object: ManagedObject, session: Session, parts: ManagedKindParts): Advise {
  return async (uuid) =>
    settleAdvice(async () => {
      const connection = parts.connections.nameOf(object);
      return connection === undefined
        ? []
        : adviceOnFlow({ session, store: parts.store, referrers: parts.referrers }, { object, uuid, connection });
    });
}

/** Whether every stage that policies decide about is of a type that does nothing but lead visitors on. */
function onlyLeadsOn(object: ManagedObject, { store }: ManagedKindParts): boolean {
  const { stages = [], policies = [] } = object.spec as AuthentikFlowSpec;
  const guarded = stages.filter((stage) => (stage.policies ?? []).length > 0);
  return (
    policies.length === 0 &&
    guarded.every(({ stageRef }) => {
      const key = keyOfReference(stageRef, 'stage', object.metadata.namespace);
      const stage = key === undefined ? undefined : (store.get(key)?.spec as AuthentikStageSpec | undefined);
      return STAGES.some(({ type, leadsOn }) => leadsOn === true && type === stage?.type);
    })
  );
}

/** The stages of ours that link to the flow. */
function linkedFrom(object: ManagedObject, { referrers }: ManagedKindParts): readonly LinkHolder[] {
  const { name } = object.metadata;
  const url = (object.status as AuthentikFlowStatus | undefined)?.connectionURL;
  return referrers.stagesLinkingTo(object).flatMap((stage) => {
    const status = stage.status as { uuid?: string; connectionURL?: string } | undefined;
    if (status?.uuid === undefined || status.connectionURL !== url) return [];
    const { uuid } = status;
    const { entity, values } = memberOf(STAGES, stage.spec as AuthentikStageSpec);
    const links = entity.fields.filter((field) => isWeak(field) && (values[specName(field)] as Reference | undefined)?.name === name);
    return links.map((field) => ({ entity, uuid, field }));
  });
}

/** The stages, policies and groups of ours that the flow is made of. */
function boundKeys(object: ManagedObject): readonly ObjectKey[] {
  const { stages, policies } = object.spec as AuthentikFlowSpec;
  const { namespace } = object.metadata;
  const policyKeys = (entries: readonly PolicyEntry[] | undefined): readonly ObjectKey[] =>
    (entries ?? []).flatMap(
      ({ policyRef, groupRef }) => keyOfReference(policyRef, 'policy', namespace) ?? keyOfReference(groupRef, 'group', namespace) ?? [],
    );
  const stageKeys = (stages ?? []).flatMap((entry) => keyOfReference(entry.stageRef, 'stage', namespace) ?? []);
  return [...stageKeys, ...(stages ?? []).flatMap((entry) => policyKeys(entry.policies)), ...policyKeys(policies)];
}
