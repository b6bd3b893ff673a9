import type { ApiObject } from '../../authentik/api-object.ts';
import type { Session } from '../../authentik/session.ts';
import { FLOW } from '../../catalogue/flow.ts';
import { EntityResource } from '../entity/entity-resource.ts';

/** Nobody meets this: it is for outposts, which don't come to flows of this designation, and no page leads there. */
const CLOSED = { designation: 'stage_configuration', authentication: 'require_outpost', denied_action: 'message' };
const NAME = 'authentik-flow-operator: stages that are being made ready';

/**
 * A flow that nobody can visit, where a binding gets its policies before one write moves it to where it belongs. It is made for one change
 * of one flow and taken away after it. Its slug holds the id of our object, which nobody else knows: what an interrupted change has left is
 * found by it, gone on with, and taken away.
 */
export class Parking {
  readonly #session: Session;
  readonly #slug: string;
  readonly #flow: EntityResource;

  constructor(session: Session, id: string) {
    this.#session = session;
    this.#slug = `parking-${id}`;
    const desired = { name: NAME, title: NAME, ...CLOSED };
    this.#flow = new EntityResource({ session, entity: FLOW, name: this.#slug, recorded: undefined, desired });
  }

  /** What is there of it; a list that is held anyway tells. */
  async find(): Promise<ApiObject | undefined> {
    const row = await this.#session.cache.named(FLOW.path, FLOW.naturalKey, this.#slug);
    return row?.['name'] === NAME ? row : undefined;
  }

  /** The primary key, made if need be, and closed in any case. */
  async open(): Promise<string> {
    const row = await this.find();
    if (row === undefined) return String((await this.#flow.create()).uuid);
    const observed = this.#flow.observationOf(row);
    if (observed.differences.length > 0) await this.#flow.update(observed);
    return row.pk;
  }

  /** Takes it away with everything on it. */
  async remove(): Promise<boolean> {
    const row = await this.find();
    if (row === undefined) return false;
    await this.#flow.delete(this.#flow.observationOf(row));
    return true;
  }
}

const BUILDING = ' (being built)';

/** The header of a new flow with guards until all of them are in place: nobody comes in, and its name tells why. */
export function closedHeader(header: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const name = typeof header['name'] === 'string' ? { name: header['name'] + BUILDING } : {};
  return { ...header, ...name, authentication: CLOSED.authentication };
}

/** The header that opens it: what the spec leaves out becomes what Authentik gives new flows. */
export function openedHeader(header: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { authentication: 'none', ...header };
}

/** Whether a flow was left closed by an interrupted create. */
export function isBeingBuilt(row: ApiObject): boolean {
  return row['authentication'] === CLOSED.authentication && typeof row['name'] === 'string' && row['name'].endsWith(BUILDING);
}
