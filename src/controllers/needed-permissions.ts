import type { AuthentikFlowSpec, PolicyEntry } from '../api/v1alpha1/authentik-flow.ts';
import type { Reference } from '../api/v1alpha1/common.ts';
import type { EnrollmentBindingSpec } from '../api/v1alpha1/enrollment-binding.ts';
import type { FlowBindingSpec } from '../api/v1alpha1/flow-binding.ts';
import { compareMinor, type MinorVersion } from '../authentik/versions.ts';
import { POLICY_BINDING, STAGE_BINDING } from '../catalogue/bindings.ts';
import { permissionsOf, type CatalogueEntry, type EntityType } from '../catalogue/entity.ts';
import { declarable, specName, type ReferenceTarget } from '../catalogue/field.ts';
import { FLOW } from '../catalogue/flow.ts';
import { INVITATION } from '../catalogue/invitation.ts';
import { GROUP } from '../catalogue/group.ts';
import { MARKET_PERMISSIONS, TAKEN_ALONG } from '../catalogue/permissions.ts';
import { POLICIES } from '../catalogue/policies.ts';
import { PROMPT } from '../catalogue/prompt.ts';
import { targetOf } from '../catalogue/references.ts';
import { STAGES } from '../catalogue/stages.ts';
import type { ManagedObject } from '../runtime/object.ts';
import { memberOf } from './typed-member.ts';

type Verb = 'view' | 'add' | 'change' | 'delete';
type Values = Readonly<Record<string, unknown>>;

/** What decides, beside the spec, about what an object takes. */
export interface NeedsContext {
  /** The version that the server is taken for. */
  readonly version: MinorVersion;
  /** Nothing is ever deleted from Authentik for the object. */
  readonly retained: boolean;
}

/**
 * The global permissions in Authentik that one object takes, from its first write to its deletion; none for an object that can't be carried
 * out anyway. The right to change a type of source or provider can't be told from a spec, and is named when it is missing.
 */
export function neededPermissions(object: ManagedObject, context: NeedsContext): readonly string[] {
  const needs = BY_KIND[object.kind];
  try {
    return needs === undefined ? [] : [...new Set(needs(object.spec as Values, context))].sort();
  } catch {
    // Of a type that this operator doesn't know, or stored under an older schema: its own condition says so.
    return [];
  }
}

const BY_KIND: Readonly<Record<string, (spec: Values, context: NeedsContext) => readonly string[]>> = {
  AuthentikGroup: (spec, context) => entityNeeds(GROUP, spec, context),
  AuthentikPrompt: (spec, context) => entityNeeds(PROMPT, spec, context),
  AuthentikStage: (spec, context) => typedNeeds(STAGES, spec, context),
  AuthentikPolicy: (spec, context) => typedNeeds(POLICIES, spec, context),
  AuthentikFlow: flowNeeds,
  EnrollmentBinding: (spec) => enrollmentNeeds(spec as EnrollmentBindingSpec),
  AuthentikInvitation: (_spec, context) => [...managing(INVITATION.model, context), ...rights(FLOW.model, 'view')],
  FlowBinding: (spec) => flowBindingNeeds(spec as FlowBindingSpec),
};

function typedNeeds(entries: readonly CatalogueEntry[], spec: Values, context: NeedsContext): readonly string[] {
  const { entity, values } = memberOf(entries, spec as Values & { readonly type: string });
  // The server has no such right either.
  if (entity.since !== undefined && compareMinor(context.version, entity.since) < 0) return [];
  return entityNeeds(entity, values, context);
}

function entityNeeds(entity: EntityType, values: Values, context: NeedsContext): readonly string[] {
  const family = [STAGES, POLICIES].findIndex((entries) => entries.some(({ model }) => model === entity.model));
  return [
    ...managing(entity.model, context),
    ...(family < 0 ? [] : looking(family === 0 ? 'stage' : 'policy')),
    ...declarable(entity.fields).flatMap((field) => {
      if (field.type === 'reference') return lookedUp(values[specName(field)] as Reference | undefined, field.to);
      if (field.type !== 'referenceSet') return [];
      return ((values[specName(field)] ?? []) as readonly Reference[]).flatMap((reference) => lookedUp(reference, field.to));
    }),
    ...(context.retained ? [] : (TAKEN_ALONG[family < 0 ? entity.model : family === 0 ? 'stage' : 'policy'] ?? [])),
  ];
}

function flowNeeds(spec: Values, context: NeedsContext): readonly string[] {
  const { stages, policies } = spec as AuthentikFlowSpec;
  const entries: readonly PolicyEntry[] = [...(policies ?? []), ...(stages ?? []).flatMap((stage) => stage.policies ?? [])];
  // Bindings come and go with an edit of the flow, whatever its policy for deletion.
  const bound = (model: string, declared: boolean): readonly string[] => (declared ? permissionsOf(model) : rights(model, 'view'));
  return [
    ...entityNeeds(FLOW, spec, context),
    ...bound(STAGE_BINDING.model, stages !== undefined),
    ...bound(POLICY_BINDING.model, entries.length > 0),
    ...(stages ?? []).flatMap(({ stageRef }) => lookedUp(stageRef, 'stage')),
    ...entries.flatMap(({ policyRef, groupRef, userRef }) => [
      ...lookedUp(policyRef, 'policy'),
      ...lookedUp(groupRef, 'group'),
      ...lookedUp(userRef, 'user'),
    ]),
  ];
}

function enrollmentNeeds({ identificationStageRef, applicationRef }: EnrollmentBindingSpec): readonly string[] {
  const target = identificationStageRef === undefined ? looking('source') : rights(IDENTIFICATION, 'view', 'change');
  return [
    ...target,
    ...rights(FLOW.model, 'view'),
    ...lookedUp(identificationStageRef, 'stage'),
    ...(applicationRef === undefined ? [] : MARKET_PERMISSIONS),
  ];
}

function flowBindingNeeds({ at }: FlowBindingSpec): readonly string[] {
  const target = [
    ...(at.brand === undefined ? [] : rights(targetOf('brand').model, 'view', 'change')),
    ...(at.identificationStageRef === undefined ? [] : rights(IDENTIFICATION, 'view', 'change')),
    ...(at.sourceRef === undefined ? [] : looking('source')),
    ...(at.providerRef === undefined ? [] : looking('provider')),
  ];
  return [...target, ...rights(FLOW.model, 'view'), ...lookedUp(at.identificationStageRef, 'stage')];
}

const IDENTIFICATION = memberOf(STAGES, { type: 'Identification' }).entity.model;

function managing(model: string, { retained }: NeedsContext): readonly string[] {
  return retained ? rights(model, 'view', 'add', 'change') : permissionsOf(model);
}

function rights(modelName: string, ...verbs: readonly Verb[]): readonly string[] {
  const [app, model] = modelName.split('.') as [string, string];
  return verbs.map((verb) => `${app}.${verb}_${model}`);
}

function looking(target: ReferenceTarget): readonly string[] {
  return rights(targetOf(target).model, 'view');
}

/** What is there already is looked up; what is ours is on record. */
function lookedUp(reference: Reference | undefined, target: ReferenceTarget): readonly string[] {
  return reference?.external === undefined ? [] : looking(target);
}
