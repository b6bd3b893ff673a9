import type { AuthentikConnectionSpec } from '../api/v1alpha1/authentik-connection.ts';
import type { ManagedSpec } from '../api/v1alpha1/common.ts';
import type { Session } from '../authentik/session.ts';
import { isReady, type Condition } from '../runtime/conditions.ts';
import { OperatorError } from '../runtime/errors.ts';
import type { ManagedObject, ObjectKey } from '../runtime/object.ts';
import type { NamespaceLabels, ObjectStore } from '../runtime/store.ts';
import { publicBase } from './public-url.ts';
import type { Sessions } from './sessions.ts';

/** The connection that an object uses when neither it nor its namespace says otherwise. */
export interface DefaultConnection {
  readonly namespace: string;
  readonly name: string;
}

/** Asks a connection's server who we are. Throws why it can't be used. */
export type OpenSession = (connection: ManagedObject) => Promise<Session>;

/** The name of the connection that a namespace's objects use by default. */
const DEFAULT_NAME = 'default';
/** How soon a namespace that a selector doesn't pick is looked at again, in milliseconds; its labels are believed as long as that. */
const LOOK_AGAIN_MS = 30_000;

/** Finds the Authentik that an object belongs to, and checks that it may use it. */
export class Connections {
  readonly #store: Pick<ObjectStore, 'get'>;
  readonly #sessions: Sessions;
  readonly #default: DefaultConnection | undefined;
  readonly #labels: NamespaceLabels;
  readonly #open: OpenSession;

  constructor(parts: {
    store: Pick<ObjectStore, 'get'>;
    sessions: Sessions;
    open: OpenSession;
    defaultConnection: DefaultConnection | undefined;
    namespaceLabels: NamespaceLabels;
  }) {
    this.#open = parts.open;
    this.#store = parts.store;
    this.#sessions = parts.sessions;
    this.#default = parts.defaultConnection;
    this.#labels = parts.namespaceLabels;
  }

  /** Where the object's connection may be, in order. A change of any of them concerns the object. */
  candidates(object: ManagedObject): readonly ObjectKey[] {
    const { namespace } = object.metadata;
    const named = (object.spec as ManagedSpec).connectionRef;
    if (named !== undefined) return [connectionKey(named.namespace ?? namespace, named.name)];
    const operatorWide = this.#default === undefined ? [] : [connectionKey(this.#default.namespace, this.#default.name)];
    return [connectionKey(namespace, DEFAULT_NAME), ...operatorWide];
  }

  /** The connection in use, as far as the store knows. */
  find(object: ManagedObject): ManagedObject<AuthentikConnectionSpec> | undefined {
    const found = this.candidates(object).flatMap((key) => this.#store.get(key) ?? [])[0];
    return found as ManagedObject<AuthentikConnectionSpec> | undefined;
  }

  /** The server's address, for telling whether two objects mean the same server; undefined when there is no connection. */
  urlOf(object: ManagedObject): string | undefined {
    const connection = this.find(object);
    return connection === undefined ? undefined : publicBase(connection.spec.url);
  }

  /** The connection in use as namespace/name, which is how statuses have it. */
  nameOf(object: ManagedObject): string | undefined {
    const connection = this.find(object);
    return connection === undefined ? undefined : `${connection.metadata.namespace}/${connection.metadata.name}`;
  }

  /** Throws `ConnectionNotFound`, `NamespaceNotAllowed`, or why the connection can't be used. */
  async connect(object: ManagedObject): Promise<{ session: Session; status: Readonly<Record<string, unknown>>; url: string }> {
    const deleting = object.metadata.deletionTimestamp !== undefined;
    const connection = this.find(object);
    const key = connection === undefined ? recordedKey(object) : connectionKey(connection.metadata.namespace, connection.metadata.name);
    const session = key === undefined ? undefined : this.#sessions.get(key)?.session;
    if (connection === undefined) {
      if (deleting && session !== undefined) return answer(key, session);
      throw new OperatorError('ConnectionNotFound', this.#missing(object));
    }
    await this.#checkNamespace(object, connection);
    if (session !== undefined && (deleting || isReady(connection))) return answer(key, session);
    // Nobody asks on behalf of a connection that is going itself, and after a restart there is nothing in memory.
    if (deleting) return answer(key, await this.#open(connection));
    throw notReady(connection);
  }

  #missing(object: ManagedObject): string {
    const places = this.candidates(object).map((key) => `${key.namespace}/${key.name}`);
    return `there is no AuthentikConnection ${places.join(' or ')}: create it, or set spec.connectionRef`;
  }

  async #checkNamespace(object: ManagedObject, connection: ManagedObject<AuthentikConnectionSpec>): Promise<void> {
    const { namespace } = object.metadata;
    if (namespace === connection.metadata.namespace) return;
    const allowed = connection.spec.allowedNamespaces;
    if (allowed?.from === 'All') return;
    if (allowed?.from === 'Selector') {
      const labels = (await this.#labels(namespace)) ?? {};
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

function recordedKey(object: ManagedObject): ObjectKey | undefined {
  const [namespace, name] = (object.status as { connection?: string } | undefined)?.connection?.split('/') ?? [];
  return namespace === undefined || name === undefined ? undefined : connectionKey(namespace, name);
}

function answer(
  key: ObjectKey | undefined,
  session: Session,
): { session: Session; status: Readonly<Record<string, unknown>>; url: string } {
  return { session, status: key === undefined ? {} : { connection: `${key.namespace}/${key.name}` }, url: session.url };
}

function notReady(connection: ManagedObject): OperatorError {
  const { namespace, name } = connection.metadata;
  const conditions = (connection.status as { conditions?: readonly Condition[] } | undefined)?.conditions;
  const ready = conditions?.find((condition) => condition.type === 'Ready');
  const why =
    ready === undefined
      ? 'it has not been asked yet'
      : ready.status === 'True'
        ? 'it is about to be asked again'
        : `${ready.reason}: ${ready.message}`;
  return new OperatorError('ConnectionNotReady', `AuthentikConnection ${namespace}/${name} is not Ready (${why})`);
}
