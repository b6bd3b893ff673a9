import type { AuthentikConnectionSpec } from '../api/v1alpha1/authentik-connection.ts';
import { baseURLOf } from '../authentik/base-url.ts';
import { missingPermissions } from '../authentik/server-info.ts';
import type { Session } from '../authentik/session.ts';
import { standingOfVersion } from '../authentik/versions.ts';
import { CACHE_PERMISSIONS, MARKET_PERMISSIONS, requiredPermissions } from '../catalogue/permissions.ts';
import type { Judgement } from '../runtime/conditions.ts';
import type { Controller } from '../runtime/controller.ts';
import type { External, Observation } from '../runtime/external.ts';
import { keyOf, type ManagedObject } from '../runtime/object.ts';
import type { Reason } from '../runtime/reasons.ts';
import type { SourceKey } from '../runtime/store.ts';
import { openSession, type OpeningParts } from '../server/open-session.ts';
import type { Server } from '../server/server.ts';
import type { RightsInUse } from './rights-in-use.ts';

const CONCERNS: Partial<Record<Reason, readonly string[]>> = {
  SecretNotFound: ['Authenticated'],
  SecretNotAllowed: ['Authenticated'],
  SecretKeyMissing: ['Authenticated'],
  SecretInvalid: ['Authenticated'],
  Unauthorized: ['Authenticated'],
  PermissionDenied: ['PermissionsGranted'],
  UnsupportedVersion: ['VersionSupported'],
};

/** How soon it is looked again whether the roles grant more, in milliseconds. */
const LACKING_PAUSE_MS = 5 * 60_000;

/** Connections: nothing in Authentik, but everything else waits for them. */
export function connectionController(parts: OpeningParts, rights: Pick<RightsInUse, 'of'>): Controller<Session> {
  /** Known from the step that connects on. */
  const serverOf = (object: ManagedObject): Server | undefined => parts.sessions.get(keyOf(object))?.server;
  return {
    kind: 'AuthentikConnection',
    manages: 'nothing',
    conditions: ['Authenticated', 'VersionSupported', 'PermissionsGranted', 'ChangesFollowed'],
    externalName: (object) => specOf(object).url,
    dependencies: () => [],
    sources,
    claim: () => undefined,
    server: (object) => baseURLOf(specOf(object).url),
    policies: () => ({ adoption: 'Always', deletion: 'Retain' }),
    readyAfter: () => [],
    connect: async (object) => {
      const { session } = await openSession(object, parts);
      return { session, status: {}, url: session.url };
    },
    resolveReferences: () => Promise.resolve(undefined),
    readSecrets: () => Promise.resolve(undefined),
    external: (object, session) => observed(session, serverOf(object), rights.of(object, session)),
    externalForDeletion: (object, session) => observed(session, serverOf(object), []),
    conditionsFor: (error) => CONCERNS[error.reason] ?? [],
    isHeldBy: (object, dependent) =>
      (dependent.status as { connection?: string } | undefined)?.connection === `${object.metadata.namespace}/${object.metadata.name}`,
  };
}

function specOf(object: ManagedObject): AuthentikConnectionSpec {
  return object.spec as AuthentikConnectionSpec;
}

function sources(object: ManagedObject): readonly SourceKey[] {
  const { tokenSecretRef, caBundleRef } = specOf(object);
  const { namespace } = object.metadata;
  return [
    { kind: 'Secret', namespace, name: tokenSecretRef.name },
    ...(caBundleRef === undefined ? [] : [{ kind: caBundleRef.kind, namespace, name: caBundleRef.name }]),
  ];
}

function observed(session: Session, server: Server | undefined, needed: readonly string[]): External {
  const missing = missingPermissions(session.info, needed);
  const observation: Observation = {
    exists: true,
    differences: [],
    before: {},
    status: { version: session.info.version, user: session.info.username, missingPermissions: missing.length === 0 ? undefined : missing },
    conditions: [
      { type: 'Authenticated', status: 'True', reason: 'Reconciled', message: `the token is that of ${session.info.username}` },
      supported(session),
      missing.length > 0
        ? { type: 'PermissionsGranted', status: 'False', reason: 'PermissionDenied', message: lacking(session, missing) }
        : { type: 'PermissionsGranted', status: 'True', reason: 'Reconciled', message: granted(session, needed) },
    ],
  };
  const nothing = async (): Promise<Observation> => {
    // Where the log ends is known before anything is read that must be kept up to date.
    await server?.watch.begun();
    return { ...observation, conditions: [...(observation.conditions ?? []), followed(server)] };
  };
  return {
    refresh: async (observed) => Promise.resolve(observed),
    observe: nothing,
    create: nothing,
    update: nothing,
    blockers: async () => Promise.resolve([]),
    delete: async () => Promise.resolve(),
    restore: async () => Promise.resolve(),
    // Authentik tells nobody that a role was given more.
    settle: async () => Promise.resolve(missing.length === 0 ? {} : { lookAgainMs: LACKING_PAUSE_MS }),
  };
}

function supported({ info, version }: Session): Judgement {
  const type = 'VersionSupported';
  if (standingOfVersion(info.version).is === 'tested')
    return { type, status: 'True', reason: 'Reconciled', message: `Authentik ${info.version}` };
  const message = `Authentik ${info.version} was not tested with this operator; it is used as ${version}`;
  return { type, status: 'Unknown', reason: 'UntestedVersion', message };
}

/** Those who need what is missing say so themselves; all the others work. */
function lacking({ info }: Session, missing: readonly string[]): string {
  const [first = '', ...others] = missing;
  const more = others.length === 0 ? '' : ` and ${others.length} more, all in status.missingPermissions`;
  return `the token of ${info.username} lacks what declared objects take: ${first}${more}. Only those objects are held up by it`;
}

function granted(session: Session, needed: readonly string[]): string {
  if (session.info.isSuperuser) return 'the token is that of a superuser; a role with the listed permissions is enough';
  if (session.info.permissions === undefined)
    return 'this Authentik does not tell the rights of the token; a missing one shows when it is needed';
  const all = [...requiredPermissions(), ...MARKET_PERMISSIONS].filter((permission) => !needed.includes(permission));
  const [first, ...others] = missingPermissions(session.info, all);
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const enough =
    first === undefined
      ? 'the roles grant everything that the operator can do'
      : `the roles grant what the declared objects take; for what nobody declares they lack ${first}${more}`;
  const slow = missingPermissions(session.info, CACHE_PERMISSIONS);
  return slow.length === 0 ? enough : `${enough}; without ${slow.join(' and ')} a changed policy may take five minutes to show`;
}

const NOT_ALLOWED = {
  log: 'the audit log (authentik_events.view_event)',
  blueprints: 'blueprints (authentik_blueprints.view_blueprintinstance)',
};

/** Advisory: whether what others change in Authentik is noticed at once. */
function followed(server: Server | undefined): Judgement {
  const type = 'ChangesFollowed';
  const { log, blueprints } = server?.watch.told ?? { log: 'unknown', blueprints: 'unknown' };
  if (log === 'off')
    return {
      type,
      status: 'False',
      reason: 'NotApplicable',
      message: 'driftPollInterval is 0s: what others change is noticed at the resync',
    };
  const denied = [...(log === 'denied' ? [NOT_ALLOWED.log] : []), ...(blueprints === 'denied' ? [NOT_ALLOWED.blueprints] : [])];
  if (denied.length > 0)
    return {
      type,
      status: 'False',
      reason: 'PermissionDenied',
      message: `the token may not look at ${denied.join(' and ')}: what others change there is noticed at the resync`,
    };
  const failing = [...(log === 'failing' ? ['audit log'] : []), ...(blueprints === 'failing' ? ['list of blueprints'] : [])];
  if (failing.length > 0)
    return {
      type,
      status: 'False',
      reason: 'ServerError',
      message: `Authentik's ${failing.join(' and ')} could not be read several times in a row: what others change is noticed at the resync`,
    };
  if (log === 'unknown' || blueprints === 'unknown')
    return { type, status: 'Unknown', reason: 'Progressing', message: 'the audit log could not be read yet' };
  return { type, status: 'True', reason: 'Reconciled', message: 'what others change is noticed within driftPollInterval' };
}
