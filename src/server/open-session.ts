import { intervalOf, type AuthentikConnectionSpec } from '../api/v1alpha1/authentik-connection.ts';
import type { SecretKeyRef } from '../api/v1alpha1/common.ts';
import { parseBaseURL } from '../authentik/base-url.ts';
import { probe } from '../authentik/server-info.ts';
import type { Session } from '../authentik/session.ts';
import { standingOfVersion, SUPPORTED, type Standing } from '../authentik/versions.ts';
import { isReady } from '../runtime/conditions.ts';
import { OperatorError, toOperatorError } from '../runtime/errors.ts';
import { keyOf, type ManagedObject } from '../runtime/object.ts';
import type { Server, ServerSettings } from './server.ts';
import type { Servers } from './servers.ts';
import type { OpenSession, Sessions } from './sessions.ts';

/** Reads what a connection names. Throws `SecretNotFound` and the like. */
export interface ConnectionSecrets {
  text(connection: ManagedObject, reference: SecretKeyRef): Promise<{ readonly value: string }>;
  bundle(connection: ManagedObject, reference: NonNullable<AuthentikConnectionSpec['caBundleRef']>): Promise<string>;
}

/** What it takes to open a session. */
export interface OpeningParts {
  readonly secrets: ConnectionSecrets;
  readonly servers: Servers;
  readonly sessions: Sessions;
  /** For undoing: deleting takes nothing that a version could lack. */
  readonly anyVersion?: true;
}

/**
 * Asks a connection's server who we are, and keeps the session for everybody else. A connection that is Ready stays so while its server
 * only hesitates: health goes on asking, and tells when it is down.
 */
export async function openSession(object: ManagedObject, parts: OpeningParts): Promise<OpenSession> {
  const connection = object as ManagedObject<AuthentikConnectionSpec>;
  const key = keyOf(connection);
  const server = await serverOf(connection, parts);
  const known = parts.sessions.get(key);
  try {
    const session = await sessionOn(server, connection, parts.anyVersion);
    await server.watch.begun();
    return parts.sessions.set(key, { session, server, connection }, settingsOf(connection.spec));
  } catch (thrown) {
    const hesitates = toOperatorError(thrown).reason === 'Unreachable' && !server.health.isDown;
    if (known?.server === server && isReady(connection) && hesitates) return known;
    throw thrown;
  }
}

async function serverOf(connection: ManagedObject<AuthentikConnectionSpec>, { secrets, servers }: OpeningParts): Promise<Server> {
  const { url, tokenSecretRef, caBundleRef } = connection.spec;
  const token = (await secrets.text(connection, tokenSecretRef)).value;
  const caPem = caBundleRef === undefined ? undefined : await secrets.bundle(connection, caBundleRef);
  return servers.find({ address: parseBaseURL(url), token, caPem }, settingsOf(connection.spec));
}

async function sessionOn(server: Server, { spec }: ManagedObject<AuthentikConnectionSpec>, anyVersion = false): Promise<Session> {
  const info = await probe(server.client.probing);
  const { minor, is } = anyVersion ? lenient(info.version) : standingOfVersion(info.version);
  if (is === 'older' && !anyVersion) throw unsupported(info.version);
  return {
    url: server.address,
    publicURL: parseBaseURL(spec.publicURL ?? spec.url),
    caPem: server.caPem,
    client: server.client,
    cache: server.mirror,
    caches: server.caches,
    locks: server.locks,
    visits: server.visits,
    info,
    version: minor,
  };
}

function settingsOf(spec: AuthentikConnectionSpec): ServerSettings {
  return {
    requestTimeoutMs: intervalOf(spec, 'requestTimeout'),
    maxConcurrentRequests: spec.maxConcurrentRequests,
    pollMs: intervalOf(spec, 'driftPollInterval'),
    resyncMs: intervalOf(spec, 'resyncInterval'),
  };
}

function lenient(version: string): Standing {
  try {
    return standingOfVersion(version);
  } catch {
    return { minor: SUPPORTED[0], is: 'older' };
  }
}

function unsupported(version: string): OperatorError {
  return new OperatorError(
    'UnsupportedVersion',
    `this Authentik is ${version}, and the oldest that works is ${SUPPORTED[0]}: upgrade it (tested are ${SUPPORTED.join(', ')})`,
  );
}
