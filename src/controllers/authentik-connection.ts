import { createHash } from 'node:crypto';
import { intervalOf, type AuthentikConnectionSpec } from '../api/v1alpha1/authentik-connection.ts';
import { AuthentikClient, type ClientOptions } from '../authentik/client.ts';
import { KeyedLock } from '../authentik/keyed-lock.ts';
import { ListCache } from '../authentik/list-cache.ts';
import { missingPermissions, probe } from '../authentik/server-info.ts';
import type { Session } from '../authentik/session.ts';
import { isSupported, parseVersion, SUPPORTED } from '../authentik/versions.ts';
import { requiredPermissions } from '../catalogue/permissions.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Controller } from '../runtime/controller.ts';
import { OperatorError } from '../runtime/errors.ts';
import type { External, Observation } from '../runtime/external.ts';
import { keyOf, type ManagedObject } from '../runtime/object.ts';
import type { Reason } from '../runtime/reasons.ts';
import type { SourceKey } from '../runtime/store.ts';
import type { SecretReader } from '../resources/secret-reader.ts';
import { publicBase } from './public-url.ts';
import type { Sessions } from './sessions.ts';

/** How long a list may serve, in milliseconds: long enough for a burst of objects, short enough that nobody waits for a change. */
const LIST_TTL_MS = 30_000;

/** What the connection controller works with. */
export interface ConnectionParts {
  readonly secrets: SecretReader;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly clientOptions: Pick<ClientOptions, 'log' | 'onRequest' | 'userAgent' | 'office'>;
}

const CONCERNS: Partial<Record<Reason, readonly string[]>> = {
  SecretNotFound: ['Authenticated'],
  SecretKeyMissing: ['Authenticated'],
  SecretInvalid: ['Authenticated'],
  Unauthorized: ['Authenticated'],
  PermissionDenied: ['PermissionsGranted'],
  UnsupportedVersion: ['VersionSupported'],
};

/** Connections: nothing in Authentik, but everything else waits for them. */
export function connectionController(parts: ConnectionParts): Controller<Session> {
  return {
    kind: 'AuthentikConnection',
    manages: 'nothing',
    conditions: ['Authenticated', 'VersionSupported', 'PermissionsGranted'],
    externalName: (object) => specOf(object).url,
    dependencies: () => [],
    sources,
    claim: () => undefined,
    server: (object) => publicBase(specOf(object).url),
    policies: () => ({ adoption: 'Always', deletion: 'Retain' }),
    readyAfter: () => [],
    connect: async (object) => {
      const session = await openSession(object, parts);
      return { session, status: {}, url: session.url };
    },
    resolveReferences: () => Promise.resolve(undefined),
    readSecrets: () => Promise.resolve(undefined),
    external: (_object, session) => observed(session),
    externalForDeletion: (_object, session) => observed(session),
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

/** Asks the server who we are, and keeps the session for everybody else. A client whose settings haven't changed goes on being used. */
export async function openSession(object: ManagedObject, parts: ConnectionParts): Promise<Session> {
  const spec = specOf(object);
  const token = (await parts.secrets.text(object, spec.tokenSecretRef)).value;
  const caPem = spec.caBundleRef === undefined ? undefined : await parts.secrets.bundle(object, spec.caBundleRef);
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([spec.url, token, caPem, spec.requestTimeout, spec.maxConcurrentRequests]))
    .digest('hex');
  const known = parts.sessions.get(keyOf(object));
  const client = known?.fingerprint === fingerprint ? known.session.client : new AuthentikClient(clientOptions(spec, token, caPem, parts));
  const info = await probe(client);
  if (!isSupported(info.version)) throw unsupported(info.version);
  const fresh = known?.session.client === client ? known.session : undefined;
  const session: Session = {
    url: publicBase(spec.url),
    publicURL: publicBase(spec.publicURL ?? spec.url),
    caPem,
    client,
    cache: fresh?.cache ?? new ListCache(client, { ttlMs: LIST_TTL_MS, clock: parts.clock }),
    // The same server has the same rows, whatever the token is.
    locks: known?.session.url === publicBase(spec.url) ? known.session.locks : new KeyedLock(),
    info,
    version: parseVersion(info.version).minor,
  };
  parts.sessions.set(keyOf(object), { session, fingerprint });
  return session;
}

function clientOptions(spec: AuthentikConnectionSpec, token: string, caPem: string | undefined, parts: ConnectionParts): ClientOptions {
  return {
    ...parts.clientOptions,
    url: spec.url,
    token,
    ...(caPem === undefined ? {} : { caPem }),
    requestTimeoutMs: intervalOf(spec, 'requestTimeout'),
    ...(spec.maxConcurrentRequests === undefined ? {} : { maxConcurrentRequests: spec.maxConcurrentRequests }),
  };
}

function unsupported(version: string): OperatorError {
  return new OperatorError('UnsupportedVersion', `this Authentik is ${version}; supported are ${SUPPORTED.join(', ')}: use one of these`);
}

function observed(session: Session): External {
  const missing = missingPermissions(session.info, requiredPermissions());
  const observation: Observation = {
    exists: true,
    differences: [],
    before: {},
    status: { version: session.info.version, user: session.info.username, missingPermissions: missing.length === 0 ? undefined : missing },
    conditions: [
      { type: 'Authenticated', status: 'True', reason: 'Reconciled', message: `the token is that of ${session.info.username}` },
      { type: 'VersionSupported', status: 'True', reason: 'Reconciled', message: `Authentik ${session.info.version}` },
      ...(missing.length > 0
        ? []
        : [{ type: 'PermissionsGranted', status: 'True', reason: 'Reconciled', message: granted(session) } as const]),
    ],
  };
  const nothing = async (): Promise<Observation> => Promise.resolve(observation);
  return {
    refresh: async (observed) => Promise.resolve(observed),
    observe: nothing,
    create: nothing,
    update: nothing,
    blockers: async () => Promise.resolve([]),
    delete: async () => Promise.resolve(),
    restore: async () => Promise.resolve(),
    settle: async () => {
      if (missing.length > 0)
        throw new OperatorError(
          'PermissionDenied',
          `the token of ${session.info.username} lacks ${missing.length} permissions, the first is ${missing[0] ?? ''}; all are in status.missingPermissions`,
        );
      return Promise.resolve({});
    },
  };
}

function granted(session: Session): string {
  if (session.info.isSuperuser) return 'the token is that of a superuser; a role with the listed permissions is enough';
  return session.info.permissions === undefined
    ? 'this Authentik does not tell the rights of the token; a missing one shows when it is needed'
    : 'the roles grant everything that the operator can do';
}
