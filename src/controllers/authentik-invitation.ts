import type { AuthentikInvitationSpec, AuthentikInvitationStatus } from '../api/v1alpha1/authentik-invitation.ts';
import type { Session } from '../authentik/session.ts';
import { FLOW } from '../catalogue/flow.ts';
import { InvitationResource, type DesiredInvitation } from '../resources/invitation/invitation-resource.ts';
import { keyOfReference } from '../resources/references.ts';
import { SecretValues } from '../resources/secret-values.ts';
import type { Condition } from '../runtime/conditions.ts';
import { OperatorError } from '../runtime/errors.ts';
import type { ManagedObject, ObjectKey } from '../runtime/object.ts';
import { NotOursError, type SecretWriter } from '../runtime/store.ts';
import { managedKind, recordedUUID, referencesOf, type ManagedController, type ManagedKindParts } from './managed-kind.ts';

/** What this controller works with. */
type InvitationControllerParts = ManagedKindParts & { readonly secretWriter: SecretWriter };

/** Invitations: made once, their link in a Secret and nowhere else. */
export function invitationController(parts: InvitationControllerParts): ManagedController<DesiredInvitation['flow']> {
  return {
    ...managedKind(parts),
    // Names aren't unique: nobody else's is ever taken for ours.
    policies: (object) => ({ adoption: 'Never', deletion: specOf(object).deletionPolicy }),
    kind: 'AuthentikInvitation',
    manages: 'object',
    conditions: ['Open'],
    externalName: nameOf,
    dependencies: (object) => [...parts.connections.candidates(object), ...ownDependencies(object)],
    sources: (object) => secretsOf(object).map((name) => ({ kind: 'Secret', namespace: object.metadata.namespace, name })),
    claim: () => undefined,
    readyAfter: () => [],
    resolveReferences: async (object, session) => {
      // One whose link can't go anywhere is not made.
      if (recordedUUID(object) === undefined) await sayingWhose(async () => parts.secretWriter.check(object, specOf(object).secretName));
      const uuid = String(await referencesOf(parts, object, session).resolve(specOf(object).flowRef, 'flow'));
      const row = await session.cache.find(FLOW.path, (candidate) => candidate.pk === uuid);
      if (row === undefined)
        throw new OperatorError('ReferenceNotFound', `the flow ${uuid} is not in Authentik any more`, { retryAfterMs: 1000 });
      return { uuid, slug: String(row[FLOW.naturalKey]) };
    },
    readSecrets: async (object) => {
      const fixed = await privateData(object, parts);
      const memory = { owner: object.metadata.uid, recorded: [], sent: parts.secrets.sent };
      return fixed === undefined ? undefined : { body: { fixed_data: fixed }, values: new SecretValues([], memory) };
    },
    external: (object, session, flow, secrets) => {
      const { expires, singleUse, fixedData, renew } = specOf(object);
      const data = secrets === undefined ? fixedData : secrets.body['fixed_data'];
      const fixed = data === undefined ? undefined : { value: data, secret: secrets !== undefined };
      return resource(object, session, parts, { flow, expires, singleUse, fixedData: fixed, renew: renew ?? '' });
    },
    externalForDeletion: (object, session) => resource(object, session, parts, undefined),
  };
}

function specOf(object: ManagedObject): AuthentikInvitationSpec {
  return object.spec as AuthentikInvitationSpec;
}

/** Authentik takes no dots. */
function nameOf(object: ManagedObject): string {
  return specOf(object).name ?? object.metadata.name.replaceAll('.', '-').slice(0, 50);
}

function ownDependencies(object: ManagedObject): readonly ObjectKey[] {
  const key = keyOfReference(specOf(object).flowRef, 'flow', object.metadata.namespace);
  return key === undefined ? [] : [key];
}

/** The Secret of the link as well: it is written again when somebody changes it. */
function secretsOf(object: ManagedObject): readonly string[] {
  const { secretName, fixedDataSecretRef } = specOf(object);
  return [...new Set([secretName, ...(fixedDataSecretRef === undefined ? [] : [fixedDataSecretRef.name])])];
}

/** @throws OperatorError `SecretInvalid` for what is no JSON object; its value is never shown. */
async function privateData(object: ManagedObject, { secrets }: ManagedKindParts): Promise<unknown> {
  const reference = specOf(object).fixedDataSecretRef;
  if (reference === undefined) return undefined;
  const { value } = await secrets.text(object, reference);
  let data: unknown;
  try {
    data = JSON.parse(value);
  } catch {
    data = undefined;
  }
  if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data;
  throw new OperatorError('SecretInvalid', `key "${reference.key}" of Secret "${reference.name}" is not a JSON object`);
}

function resource(
  object: ManagedObject,
  session: Session,
  parts: InvitationControllerParts,
  desired: DesiredInvitation | undefined,
): InvitationResource {
  const status = object.status as AuthentikInvitationStatus | undefined;
  const open = status?.conditions?.find(({ type }: Condition) => type === 'Open');
  const { secretName } = specOf(object);
  return new InvitationResource({
    session,
    name: nameOf(object),
    desired,
    recorded: {
      uuid: recordedUUID(object),
      issuedAt: status?.issuedAt,
      expires: status?.expires,
      renewed: status?.renewed,
      singleUse: specOf(object).singleUse === true,
      pending: status?.pendingCreate !== undefined,
      closed: open?.status === 'False' && open.reason !== 'Progressing',
    },
    now: () => Date.now(),
    publish: async (link) => publish(object, status?.secretName, parts.secretWriter, link),
    hide: (token) => parts.secrets.recall(object, { name: secretName, key: 'token' }, token),
  });
}

async function publish(
  object: ManagedObject,
  former: string | undefined,
  writer: SecretWriter,
  link: { readonly url: string; readonly token: string } | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const { secretName } = specOf(object);
  if (former !== undefined && (former !== secretName || link === undefined)) await writer.remove(object, former);
  if (link === undefined) return { secretName: undefined };
  await sayingWhose(async () => writer.apply(object, secretName, link));
  return { secretName };
}

/** @throws OperatorError `NotOurs` for a Secret that may not be written. */
async function sayingWhose(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof NotOursError) throw new OperatorError('NotOurs', error.message, { cause: error });
    throw error;
  }
}
