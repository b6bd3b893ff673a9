import type { Reference } from '../api/v1alpha1/common.ts';
import type { FlowBindingSpec, FlowBindingStatus } from '../api/v1alpha1/flow-binding.ts';
import type { Session } from '../authentik/session.ts';
import { compareMinor } from '../authentik/versions.ts';
import { flowBinding, flowField, FLOW_PLACES, PLACE_NAMES, type FlowPlace } from '../catalogue/field-bindings.ts';
import { FLOW } from '../catalogue/flow.ts';
import { targetOf } from '../catalogue/references.ts';
import type { BindingTarget } from '../resources/field-binding/carrier-row.ts';
import { FieldBindingResource } from '../resources/field-binding/field-binding-resource.ts';
import { refuseSecondWriter } from '../resources/field-binding/second-writer.ts';
import { FlowOnlooker } from '../resources/flow-binding/flow-onlooker.ts';
import { bindingsOf, refuseDeclaredField } from '../resources/flow-binding/other-writers.ts';
import { keyOfReference } from '../resources/references.ts';
import { OperatorError } from '../runtime/errors.ts';
import type { ManagedObject, ObjectKey } from '../runtime/object.ts';
import { enrollmentFingerprint } from './enrollment-fingerprint.ts';
import { managedKind, recordedUUID, referencesOf, type ManagedController, type ManagedKindParts } from './managed-kind.ts';

/** How soon a default brand is looked for again, in milliseconds. */
const LOOK_AGAIN_MS = 30_000;

/** A binding's references, found. */
interface Bound {
  readonly flow: { readonly uuid: string; readonly slug: string };
  readonly target: BindingTarget;
}

/** A flow on an object that isn't ours: put there once it is Ready, one writer per field. */
export function flowBindingController(parts: ManagedKindParts): ManagedController<Bound> {
  return {
    ...managedKind(parts),
    // There is nothing to refuse or to compare: what the field held before is put back when the binding goes.
    policies: (object) => ({ adoption: 'Always', deletion: specOf(object).deletionPolicy }),
    kind: 'FlowBinding',
    manages: 'field',
    conditions: ['Published', 'Verified'],
    externalName: (object) => `${specOf(object).as} of ${targetName(object, parts)}`,
    dependencies: (object) => [...parts.connections.candidates(object), ...ownDependencies(object)],
    sources: () => [],
    claim: (object) => `the ${fieldOf(object).noun} of ${kindOf(placeOf(object))} "${targetName(object, parts)}"`,
    isRival: (object, other) => isSamePart(object, other),
    readyAfter: () => [],
    resolveReferences: async (object, session) => resolve(object, session, parts),
    readSecrets: () => Promise.resolve(undefined),
    external: (object, session, { flow, target }) => resource(object, session, parts, flow, target),
    externalForDeletion: (object, session) => {
      const target = { kind: kindOf(placeOf(object)), uuid: recordedUUID(object) ?? '', name: targetName(object, parts) };
      return resource(object, session, parts, undefined, target);
    },
    conditionsFor: (error) => (error.reason === 'VerificationFailed' ? ['Verified'] : []),
  };
}

function specOf(object: ManagedObject): FlowBindingSpec {
  return object.spec as FlowBindingSpec;
}

function placeOf(object: ManagedObject): FlowPlace {
  const { at } = specOf(object);
  const place = PLACE_NAMES.find((candidate) => at[candidate] !== undefined);
  if (place === undefined) throw new OperatorError('InvalidSpec', `at is empty: write one of ${PLACE_NAMES.join(', ')}`);
  return place;
}

function kindOf(place: FlowPlace): 'brand' | 'stage' | 'source' | 'provider' {
  return FLOW_PLACES[place].carrier.reference as 'brand' | 'stage' | 'source' | 'provider';
}

function fieldOf(object: ManagedObject): NonNullable<ReturnType<typeof flowField>> {
  const [place, { as }] = [placeOf(object), specOf(object)];
  const field = flowField(place, as);
  if (field === undefined) throw new OperatorError('InvalidSpec', `at ${place} has no ${as}`);
  return field;
}

/** The same object has several fields; and keys of providers are numbers, which every server gives out anew. */
function isSamePart(object: ManagedObject, other: ManagedObject): boolean {
  const url = ({ status }: ManagedObject): string | undefined => (status as FlowBindingStatus | undefined)?.connectionURL;
  const sameField = specOf(object).as === specOf(other).as;
  return sameField && placeOf(object) === placeOf(other) && (placeOf(object) !== 'providerRef' || url(object) === url(other));
}

function targetReference(object: ManagedObject): Reference {
  const { brand, identificationStageRef, sourceRef, providerRef } = specOf(object).at;
  return identificationStageRef ?? sourceRef ?? providerRef ?? { external: brand?.domain };
}

/** The name in Authentik, the same whether a reference goes through one of our objects or not. */
function targetName(object: ManagedObject, parts: ManagedKindParts): string {
  const reference = targetReference(object);
  const key = keyOfReference(reference, kindOf(placeOf(object)), object.metadata.namespace);
  const named = key === undefined ? undefined : (parts.store.get(key)?.spec as { name?: string } | undefined)?.name;
  return named ?? reference.name ?? reference.external ?? 'default';
}

/** The objects of ours that the spec names. */
function ownDependencies(object: ManagedObject): readonly ObjectKey[] {
  const { namespace } = object.metadata;
  const target = keyOfReference(targetReference(object), kindOf(placeOf(object)), namespace);
  return [keyOfReference(specOf(object).flowRef, 'flow', namespace), target].flatMap((key) => key ?? []);
}

async function resolve(object: ManagedObject, session: Session, parts: ManagedKindParts): Promise<Bound> {
  const { since } = fieldOf(object);
  const { as, flowRef } = specOf(object);
  if (since !== undefined && compareMinor(session.version, since) < 0)
    throw new OperatorError('UnsupportedVersion', `${as} needs Authentik ${since} or later, this is ${session.version}: upgrade Authentik`);
  const references = referencesOf(parts, object, session);
  const uuid = String(await references.resolve(flowRef, 'flow'));
  const row = await session.cache.find(FLOW.path, (candidate) => candidate.pk === uuid);
  if (row === undefined)
    throw new OperatorError('ReferenceNotFound', `the flow ${uuid} is not in Authentik any more`, { retryAfterMs: 1000 });
  const kind = kindOf(placeOf(object));
  const target =
    specOf(object).at.brand?.default === true ? await defaultBrand(session) : await references.resolve(targetReference(object), kind);
  const place = { uuid: String(target), as };
  refuseSecondWriter(
    object,
    place,
    bindingsOf(parts.store, as).filter((other) => other.kind !== 'FlowBinding' || isSamePart(object, other)),
  );
  if (kind === 'stage') refuseDeclaredField(parts.store, place);
  return {
    flow: { uuid, slug: String(row[targetOf('flow').naturalKey]) },
    target: { kind, uuid: place.uuid, name: targetName(object, parts) },
  };
}

async function defaultBrand(session: Session): Promise<string> {
  const row = await session.cache.find(targetOf('brand').path, (candidate) => candidate['default'] === true);
  if (row !== undefined) return row.pk;
  throw new OperatorError('ReferenceNotFound', 'Authentik has no default brand: name one by its domain', { retryAfterMs: LOOK_AGAIN_MS });
}

function resource(
  object: ManagedObject,
  session: Session,
  parts: ManagedKindParts,
  flow: Bound['flow'] | undefined,
  target: BindingTarget,
): FieldBindingResource {
  const status = object.status as FlowBindingStatus | undefined;
  const field = fieldOf(object);
  return new FieldBindingResource({
    session,
    binding: flowBinding(placeOf(object), field),
    target,
    flow,
    recorded: { uuid: recordedUUID(object), before: status?.previousValue, ours: status?.publishedFlow },
    onlooker:
      flow === undefined
        ? undefined
        : new FlowOnlooker({
            session,
            flow,
            field: field.api,
            noun: field.noun,
            shownAs: field.shownAs,
            target,
            visits: specOf(object).verify !== 'Skip',
            subject: object.metadata.uid,
            fingerprint: enrollmentFingerprint(object, session, target, flow, {
              dependencies: ownDependencies(object),
              store: parts.store,
            }),
          }),
  });
}
