import type { Reference } from '../api/v1alpha1/common.ts';
import type { EnrollmentBindingSpec, EnrollmentBindingStatus } from '../api/v1alpha1/enrollment-binding.ts';
import type { Session } from '../authentik/session.ts';
import { FIELD_BINDINGS } from '../catalogue/field-bindings.ts';
import { FLOW } from '../catalogue/flow.ts';
import { targetOf } from '../catalogue/references.ts';
import { EnrollmentOnlooker } from '../resources/enrollment/enrollment-onlooker.ts';
import { EnrollmentVerifier } from '../resources/enrollment/enrollment-verifier.ts';
import { HeldBackError, PublicationGate } from '../resources/enrollment/publication-gate.ts';
import type { EnrollmentTarget } from '../resources/enrollment/enrollment-target.ts';
import { FieldBindingResource } from '../resources/field-binding/field-binding-resource.ts';
import { ForeignField } from '../resources/field-binding/foreign-field.ts';
import { refuseSecondWriter } from '../resources/field-binding/second-writer.ts';
import { bindingsOf } from '../resources/flow-binding/other-writers.ts';
import { keyOfReference } from '../resources/references.ts';
import type { Condition } from '../runtime/conditions.ts';
import { OperatorError } from '../runtime/errors.ts';
import type { ManagedObject, ObjectKey } from '../runtime/object.ts';
import { NotOursError, type ConfigMapWriter } from '../runtime/store.ts';
import { enrollmentFingerprint } from './enrollment-fingerprint.ts';
import { managedKind, recordedUUID, referencesOf, type ManagedController, type ManagedKindParts } from './managed-kind.ts';

const BINDING = FIELD_BINDINGS.EnrollmentBinding;

/** A binding's references, found. */
interface Enrollment {
  readonly flow: { readonly uuid: string; readonly slug: string };
  readonly target: EnrollmentTarget;
}

/** What this controller works with. */
type EnrollmentBindingParts = ManagedKindParts & { readonly configMaps: ConfigMapWriter };

/** The sign-up link: published once the flow is Ready, one writer per target. */
export function enrollmentController(parts: EnrollmentBindingParts): ManagedController<Enrollment> {
  return {
    ...managedKind(parts),
    // There is nothing to refuse or to compare: what the field held before is put back when the binding goes.
    policies: (object) => ({ adoption: 'Always', deletion: specOf(object).deletionPolicy }),
    kind: 'EnrollmentBinding',
    manages: 'field',
    conditions: ['Published', 'Verified'],
    externalName: (object) => targetReference(object).reference.name ?? targetReference(object).reference.external ?? '',
    dependencies: (object) => [...parts.connections.candidates(object), ...ownDependencies(object)],
    sources: () => [],
    claim: (object) => `the sign-up link of ${targetReference(object).kind} "${targetName(object, parts)}"`,
    readyAfter: () => [],
    resolveReferences: async (object, session) => resolve(object, session, parts),
    readSecrets: () => Promise.resolve(undefined),
    external: (object, session, { flow, target }) => resource(object, session, parts, flow, target),
    externalForDeletion: (object, session) => {
      const { kind } = targetReference(object);
      const target = { kind, uuid: recordedUUID(object) ?? '', name: targetName(object, parts) };
      return resource(object, session, parts, undefined, target);
    },
    conditionsFor: (error) => {
      if (error instanceof HeldBackError) return ['Published', 'Verified', 'Synced'];
      return error.reason === 'VerificationFailed' ? ['Verified'] : [];
    },
  };
}

function specOf(object: ManagedObject): EnrollmentBindingSpec {
  return object.spec as EnrollmentBindingSpec;
}

function targetReference(object: ManagedObject): { readonly reference: Reference; readonly kind: 'stage' | 'source' } {
  const { identificationStageRef, sourceRef } = specOf(object);
  return identificationStageRef === undefined
    ? { reference: sourceRef ?? {}, kind: 'source' }
    : { reference: identificationStageRef, kind: 'stage' };
}

/** The name in Authentik, the same whether a reference goes through one of our objects or not. */
function targetName(object: ManagedObject, parts: ManagedKindParts): string {
  const { reference, kind } = targetReference(object);
  const key = keyOfReference(reference, kind, object.metadata.namespace);
  const named = key === undefined ? undefined : (parts.store.get(key)?.spec as { name?: string } | undefined)?.name;
  return named ?? reference.name ?? reference.external ?? '';
}

/** The objects of ours that the spec names. */
function ownDependencies(object: ManagedObject): readonly ObjectKey[] {
  const { namespace } = object.metadata;
  const { reference, kind } = targetReference(object);
  const keys = [keyOfReference(specOf(object).flowRef, 'flow', namespace), keyOfReference(reference, kind, namespace)];
  return keys.flatMap((key) => key ?? []);
}

async function resolve(object: ManagedObject, session: Session, parts: ManagedKindParts): Promise<Enrollment> {
  const references = referencesOf(parts, object, session);
  const uuid = String(await references.resolve(specOf(object).flowRef, 'flow'));
  const row = await session.cache.find(FLOW.path, (candidate) => candidate.pk === uuid);
  if (row === undefined)
    throw new OperatorError('ReferenceNotFound', `the flow ${uuid} is not in Authentik any more`, { retryAfterMs: 1000 });
  const { reference, kind } = targetReference(object);
  const target = String(await references.resolve(reference, kind));
  refuseSecondWriter(object, { uuid: target }, bindingsOf(parts.store, BINDING.specName));
  return {
    flow: { uuid, slug: String(row[targetOf('flow').naturalKey]) },
    target: { kind, uuid: target, name: targetName(object, parts) },
  };
}

function resource(
  object: ManagedObject,
  session: Session,
  parts: EnrollmentBindingParts,
  flow: Enrollment['flow'] | undefined,
  target: EnrollmentTarget,
): FieldBindingResource {
  const status = object.status as EnrollmentBindingStatus | undefined;
  return new FieldBindingResource({
    session,
    binding: BINDING,
    target,
    flow,
    recorded: { uuid: recordedUUID(object), before: status?.previousValue, ours: status?.publishedFlow },
    onlooker: flow === undefined ? undefined : onlookerOf(object, session, parts, { flow, target }),
  });
}

function onlookerOf(
  object: ManagedObject,
  session: Session,
  parts: EnrollmentBindingParts,
  { flow, target }: Enrollment,
): EnrollmentOnlooker {
  const status = object.status as EnrollmentBindingStatus | undefined;
  const withdraws = specOf(object).onFailure === 'Withdraw';
  const subject = object.metadata.uid;
  const fingerprint = enrollmentFingerprint(object, session, target, flow, { dependencies: ownDependencies(object), store: parts.store });
  const verifier = verifierOf(object, session, flow, target);
  const said = conditionOf(status, 'Published')?.message;
  return new EnrollmentOnlooker({
    session,
    target,
    flow,
    link: new ForeignField(session, BINDING, target),
    previousValue: status?.previousValue,
    verifier,
    gate: new PublicationGate({ verifier, withdraws, withdrawn: status?.withdrawn, said, visits: session.visits, subject, fingerprint }),
    withdraws,
    failing: conditionOf(status, 'Verified')?.status === 'False',
    subject,
    fingerprint,
    publishConfig: async (data) => publishConfig(object, status, parts.configMaps, data),
  });
}

function conditionOf(status: EnrollmentBindingStatus | undefined, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

function verifierOf(object: ManagedObject, session: Session, flow: Enrollment['flow'], target: EnrollmentTarget): EnrollmentVerifier {
  const { verify, applicationRef, market } = specOf(object);
  return new EnrollmentVerifier({
    session,
    flow,
    target,
    visit: verify === undefined || verify === 'Probe',
    market: applicationRef === undefined ? undefined : { application: applicationRef.external, callbackURL: market?.callbackURL },
  });
}

async function publishConfig(
  object: ManagedObject,
  status: EnrollmentBindingStatus | undefined,
  configMaps: ConfigMapWriter,
  data: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const name = specOf(object).configMap?.name;
  if (status?.configMap !== undefined && status.configMap !== name) await configMaps.remove(object, status.configMap);
  if (name === undefined) return undefined;
  try {
    await configMaps.apply(object, name, data);
    return name;
  } catch (error) {
    if (error instanceof NotOursError) throw new OperatorError('NotOurs', error.message, { cause: error });
    throw error;
  }
}
