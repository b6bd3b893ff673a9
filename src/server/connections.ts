import type { AuthentikConnectionSpec } from '../api/v1alpha1/authentik-connection.ts';
import { PAUSED_ANNOTATION } from '../api/v1alpha1/group.ts';
import type { ManagedSpec } from '../api/v1alpha1/common.ts';
import { baseURLOf } from '../authentik/base-url.ts';
import type { Session } from '../authentik/session.ts';
import type { Clock } from '../runtime/clock.ts';
import { isReady, type Condition } from '../runtime/conditions.ts';
import { DeferredError } from '../runtime/deferred.ts';
import { OperatorError } from '../runtime/errors.ts';
import { formatKey, keyOf, type ManagedObject, type ObjectKey } from '../runtime/object.ts';
import type { NamespaceLabels, ObjectStore } from '../runtime/store.ts';
import type { OpenSession, Sessions } from './sessions.ts';

/** The connection that an object uses when neither it nor its namespace says otherwise. */
export interface DefaultConnection {
  readonly namespace: string;
  readonly name: string;
}

type Connection = ManagedObject<AuthentikConnectionSpec>;

/** The name of the connection that a namespace's objects use by default. */
const DEFAULT_NAME = 'default';
/** How soon a namespace that a selector doesn't pick is looked at again, in milliseconds; its labels are believed as long as that. */
const LOOK_AGAIN_MS = 30_000;
/** How long a new object waits for a connection of its own namespace before the operator's is used, in milliseconds: files are applied one by one. */
const OWN_CONNECTION_GRACE_MS = 5000;

/** What finding connections works with. */
export interface ConnectionsParts {
  readonly store: Pick<ObjectStore, 'get'>;
  readonly sessions: Sessions;
  /** Asks a connection's server who we are. Throws why it can't be used. */
  readonly open: (connection: ManagedObject) => Promise<OpenSession>;
  readonly defaultConnection: DefaultConnection | undefined;
  readonly namespaceLabels: NamespaceLabels;
  readonly clock: Pick<Clock, 'now'>;
  /** Looks at the object again once its connection's server is known, or answers again. */
  readonly park: (object: ObjectKey, connection: ObjectKey) => void;
}

/**
 * Finds the Authentik that an object belongs to, and checks that it may use it. What a status has on record says where the object is, and
 * never what it may use: that is asked of the connection's spec, at every pass.
 */
export class Connections {
  readonly #parts: ConnectionsParts;

  constructor(parts: ConnectionsParts) {
    this.#parts = parts;
  }

  /** Where the object's connection may be, in order. A change of any of them concerns the object. */
  candidates(object: ManagedObject): readonly ObjectKey[] {
    const { namespace } = object.metadata;
    const named = (object.spec as ManagedSpec).connectionRef;
    if (named !== undefined) return [connectionKey(named.namespace ?? namespace, named.name)];
    const operatorWide = this.#parts.defaultConnection;
    return [
      connectionKey(namespace, DEFAULT_NAME),
      ...(operatorWide === undefined ? [] : [connectionKey(operatorWide.namespace, operatorWide.name)]),
    ];
  }

  /** The connection in use, as far as the store knows, or as it was when it was last there. */
  find(object: ManagedObject): Connection | undefined {
    const found = this.candidates(object).flatMap((key) => this.#parts.store.get(key) ?? [])[0];
    if (found !== undefined) return found as Connection;
    const remembered = this.#remembered(object);
    return remembered?.users.has(object.metadata.uid) === true ? remembered.connection : undefined;
  }

  /** The server's address, for telling whether two objects mean the same server; undefined when there is no connection. */
  addressOf(object: ManagedObject): string | undefined {
    const connection = this.find(object);
    return connection === undefined ? undefined : baseURLOf(connection.spec.url);
  }

  /** The connection in use as namespace/name, which is how statuses have it. */
  nameOf(object: ManagedObject): string | undefined {
    const connection = this.find(object);
    return connection === undefined ? undefined : `${connection.metadata.namespace}/${connection.metadata.name}`;
  }

  /** Throws `ConnectionNotFound`, `ConnectionChanged`, `NamespaceNotAllowed`, or why the connection can't be used. */
  async connect(object: ManagedObject): Promise<{ session: Session; status: Readonly<Record<string, unknown>>; url: string }> {
    const deleting = object.metadata.deletionTimestamp !== undefined;
    const connection = this.#choose(object, deleting);
    if (connection === undefined) return this.#connectToGone(object, deleting);
    await this.#checkNamespace(object, connection);
    const key = keyOf(connection);
    const opened = this.#parts.sessions.get(key);
    this.#parts.sessions.use(key, object);
    if (opened !== undefined && (deleting || isReady(connection))) {
      this.#waitForServer(object, connection, opened, deleting);
      return answer(opened);
    }
    // Nobody asks on behalf of a connection that is going itself, and after a restart there is nothing in memory.
    if (deleting) return answer(await this.#openFor(object, connection));
    if (this.#isOpening(connection)) this.#park(object, key, 'the connection is being opened');
    throw notReady(connection);
  }

  /** What is on record stays where it is: only a spec sends an object to another connection. */
  #choose(object: ManagedObject, deleting: boolean): Connection | undefined {
    const { store } = this.#parts;
    const recorded = recordedKey(object);
    const [named, ...others] = this.candidates(object);
    const found = [...(named === undefined ? [] : [named]), ...others].flatMap((key) => store.get(key) ?? [])[0] as Connection | undefined;
    if (recorded === undefined) {
      if (found !== undefined && !deleting) this.#waitForOwn(object, found);
      return found;
    }
    const current = store.get(recorded) as Connection | undefined;
    if (deleting) return current ?? (this.#remembered(object) === undefined ? found : undefined);
    const same = found !== undefined && formatKey(keyOf(found)) === formatKey(recorded);
    if (found === undefined || same || (object.spec as ManagedSpec).connectionRef !== undefined) return found;
    if (baseURLOf(found.spec.url) === (object.status as { connectionURL?: string }).connectionURL) return found;
    throw changed(object, recorded, keyOf(found));
  }

  /** In a folder of manifests the connection may come last. */
  #waitForOwn(object: ManagedObject, found: Connection): void {
    if ((object.spec as ManagedSpec).connectionRef !== undefined || found.metadata.namespace === object.metadata.namespace) return;
    const left = Date.parse(object.metadata.creationTimestamp) + OWN_CONNECTION_GRACE_MS - this.#parts.clock.now();
    if (left <= 0 || left > OWN_CONNECTION_GRACE_MS) return;
    throw new OperatorError(
      'Progressing',
      `waits a moment for an AuthentikConnection ${DEFAULT_NAME} in this namespace, before ${formatKey(keyOf(found))} is used`,
      { retryAfterMs: left },
    );
  }

  /** Only who used it while it was there may still use it. */
  #connectToGone(object: ManagedObject, deleting: boolean): { session: Session; status: Readonly<Record<string, unknown>>; url: string } {
    const remembered = this.#remembered(object);
    if (deleting && remembered?.users.has(object.metadata.uid) === true) return answer(remembered);
    const places = this.candidates(object).map((key) => `${key.namespace}/${key.name}`);
    throw new OperatorError(
      'ConnectionNotFound',
      `there is no AuthentikConnection ${places.join(' or ')}: create it, or set spec.connectionRef`,
    );
  }

  async #openFor(object: ManagedObject, connection: Connection): Promise<OpenSession> {
    const opened = await this.#parts.open(connection);
    this.#parts.sessions.use(keyOf(connection), object);
    return opened;
  }

  /** A server that has stopped to answer is no news of the object: it waits, until the connection itself says so. */
  #waitForServer(object: ManagedObject, connection: Connection, { server }: OpenSession, deleting: boolean): void {
    if (!server.health.isOpen) return;
    if (!deleting && isReady(connection)) this.#park(object, keyOf(connection), 'the server hesitates');
    server.health.admit();
  }

  /** Its status will soon say what is to be made of it: whoever says something now says it too early. */
  #isOpening(connection: Connection): boolean {
    const { metadata, status } = connection;
    const idle = metadata.deletionTimestamp !== undefined || metadata.annotations?.[PAUSED_ANNOTATION] === 'true';
    const outdated = (status as { observedGeneration?: number } | undefined)?.observedGeneration !== metadata.generation;
    return !idle && (outdated || this.#parts.sessions.isPending(keyOf(connection)));
  }

  #park(object: ManagedObject, connection: ObjectKey, why: string): never {
    this.#parts.park(keyOf(object), connection);
    throw new DeferredError(why);
  }

  /** The connection that the status has on record, as it was last seen. */
  #remembered(object: ManagedObject): OpenSession | undefined {
    const key = recordedKey(object);
    return key === undefined ? undefined : this.#parts.sessions.get(key);
  }

  async #checkNamespace(object: ManagedObject, connection: Connection): Promise<void> {
    const { namespace } = object.metadata;
    if (namespace === connection.metadata.namespace) return;
    const allowed = connection.spec.allowedNamespaces;
    if (allowed?.from === 'All') return;
    if (allowed?.from === 'Selector') {
      const labels = (await this.#parts.namespaceLabels(namespace)) ?? {};
      if (Object.entries(allowed.selector?.matchLabels ?? {}).every(([label, value]) => labels[label] === value)) return;
    }
    const { namespace: home, name } = connection.metadata;
    // A change of the connection wakes us; a label on the namespace doesn't, since namespaces aren't watched.
    const retry = allowed?.from === 'Selector' ? { retryAfterMs: LOOK_AGAIN_MS } : {};
    throw new OperatorError(
      'NamespaceNotAllowed',
      `AuthentikConnection ${home}/${name} does not allow namespace ${namespace}: add it to its allowedNamespaces`,
      retry,
    );
  }
}

export function connectionKey(namespace: string, name: string): ObjectKey {
  return { kind: 'AuthentikConnection', namespace, name };
}

/** The connection that an object with something in Authentik has on record; undefined for one that has nothing there. */
function recordedKey(object: ManagedObject): ObjectKey | undefined {
  const { connection, uuid, pendingCreate } = (object.status ?? {}) as { connection?: string; uuid?: string; pendingCreate?: unknown };
  const [namespace, name] = connection?.split('/') ?? [];
  if (namespace === undefined || name === undefined || (uuid === undefined && pendingCreate === undefined)) return undefined;
  return connectionKey(namespace, name);
}

function answer({ session, connection }: OpenSession): { session: Session; status: Readonly<Record<string, unknown>>; url: string } {
  const { namespace, name } = connection.metadata;
  return { session, status: { connection: `${namespace}/${name}` }, url: session.url };
}

function changed(object: ManagedObject, recorded: ObjectKey, found: ObjectKey): OperatorError {
  const [was, is] = [recorded, found].map(({ namespace, name }) => `${namespace}/${name}`);
  const place = `{name: ${recorded.name}${recorded.namespace === object.metadata.namespace ? '' : `, namespace: ${recorded.namespace}`}}`;
  return new OperatorError(
    'ConnectionChanged',
    `it is in the Authentik of AuthentikConnection ${was ?? ''}, and ${is ?? ''} means another one: set spec.connectionRef to ${place} to leave it there, or to {name: ${found.name}} to make it anew and leave the old one behind`,
  );
}

function notReady(connection: ManagedObject): OperatorError {
  const { namespace, name } = connection.metadata;
  const conditions = (connection.status as { conditions?: readonly Condition[] } | undefined)?.conditions;
  const ready = conditions?.find((condition) => condition.type === 'Ready');
  const why = ready === undefined || ready.status === 'True' ? 'it is about to be asked again' : `${ready.reason}: ${ready.message}`;
  // What is only out of reach is as it was.
  const cause = ready?.reason === 'Unreachable' ? { cause: new OperatorError('Unreachable', ready.message) } : {};
  return new OperatorError('ConnectionNotReady', `AuthentikConnection ${namespace}/${name} is not Ready (${why})`, cause);
}
