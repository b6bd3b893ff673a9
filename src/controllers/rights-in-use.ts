import { missingPermissions, type ServerInfo } from '../authentik/server-info.ts';
import type { Session } from '../authentik/session.ts';
import type { Condition } from '../runtime/conditions.ts';
import { keyOf, type ManagedObject, type ObjectKey } from '../runtime/object.ts';
import type { ObjectChange, ObjectStore } from '../runtime/store.ts';
import type { Connections } from '../server/connections.ts';
import type { Sessions } from '../server/sessions.ts';
import { policiesOf } from './managed-kind.ts';
import { neededPermissions } from './needed-permissions.ts';

/** The kinds that have something in Authentik. */
const MANAGED = [
  'AuthentikGroup',
  'AuthentikPrompt',
  'AuthentikPolicy',
  'AuthentikStage',
  'AuthentikFlow',
  'EnrollmentBinding',
  'FlowBinding',
  'AuthentikInvitation',
];

interface RightsInUseParts {
  readonly store: Pick<ObjectStore, 'list'>;
  readonly connections: Connections;
  readonly sessions: Sessions;
}

/** Which rights in Authentik the objects that use a connection take, and whether a change of an object changes that. */
export class RightsInUse {
  readonly #parts: RightsInUseParts;

  constructor(parts: RightsInUseParts) {
    this.#parts = parts;
  }

  /** What all objects on a connection take together, sorted. */
  of(connection: ManagedObject, session: Session): readonly string[] {
    const { store, connections } = this.#parts;
    const name = `${connection.metadata.namespace}/${connection.metadata.name}`;
    const users = MANAGED.flatMap((kind) => store.list(kind)).filter((object) => connections.nameOf(object) === name);
    return [...new Set(users.flatMap((object) => this.#needed(object, session)))].sort();
  }

  /** The connection that has something else to say of its rights now; undefined mostly. */
  concerned({ previous, object }: ObjectChange): ObjectKey | undefined {
    const subject = object ?? previous;
    if (subject === undefined || !MANAGED.includes(subject.kind)) return undefined;
    const judged = object !== undefined && previous?.metadata.generation === object.metadata.generation;
    if (judged && (!isDenied(previous) || isDenied(object))) return undefined;
    const connection = this.#parts.connections.find(subject);
    const session = connection === undefined ? undefined : this.#parts.sessions.get(keyOf(connection))?.session;
    if (connection === undefined || session === undefined) return undefined;
    // Who was refused and isn't any more has got the right meanwhile.
    if (judged) return keyOf(connection);
    const [before, after] = [previous, object].map((side) => this.#lacking(side, session, session.info));
    return before === after ? undefined : keyOf(connection);
  }

  #lacking(object: ManagedObject | undefined, session: Session, info: ServerInfo): string {
    return object === undefined ? '' : missingPermissions(info, this.#needed(object, session)).join();
  }

  #needed(object: ManagedObject, { version }: Session): readonly string[] {
    return neededPermissions(object, { version, retained: policiesOf(object, this.#parts.connections).deletion === 'Retain' });
  }
}

function isDenied(object: ManagedObject | undefined): boolean {
  const { conditions } = (object?.status ?? {}) as { conditions?: readonly Condition[] };
  return conditions?.some(({ type, reason }) => type === 'Ready' && reason === 'PermissionDenied') === true;
}
