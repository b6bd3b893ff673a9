import type { Session } from '../../authentik/session.ts';
import { GROUP } from '../../catalogue/group.ts';
import type { External, Observation, SettleResult } from '../../runtime/external.ts';
import type { Prints, Values } from '../../runtime/ownership.ts';
import type { EntityResource } from '../entity/entity-resource.ts';

/** A group: what is below it loses a parent when it goes, and members of it the rights that came with it. */
export class GroupResource implements External {
  readonly #group: EntityResource;
  readonly #session: Session;

  constructor(group: EntityResource, session: Session) {
    this.#group = group;
    this.#session = session;
  }

  async observe(): Promise<Observation> {
    return this.#group.observe();
  }

  intent(): Prints {
    return this.#group.intent();
  }

  async refresh(observed: Observation): Promise<Observation> {
    return this.#group.refresh(observed);
  }

  async create(): Promise<Observation> {
    return this.#group.create();
  }

  async update(observed: Observation): Promise<Observation> {
    return this.#group.update(observed);
  }

  /** `used_by` lists parents and children alike, so the children are looked up by name. Those of ours go first, or hold it. */
  async blockers(observed: Observation): Promise<readonly string[]> {
    return [...(await this.#children(String(observed.uuid))), ...(await this.#group.blockers(observed))];
  }

  consequences(): readonly string[] {
    return this.#group.consequences();
  }

  async delete(observed: Observation): Promise<void> {
    await this.#group.delete(observed);
  }

  async restore(observed: Observation, before: Values): Promise<void> {
    await this.#group.restore(observed, before);
  }

  async settle(): Promise<SettleResult> {
    return this.#group.settle();
  }

  /** As it is this moment: somebody may have put one there since the last look. */
  async #children(uuid: string): Promise<readonly string[]> {
    const { cache } = this.#session;
    const group = await cache.fetch(GROUP.path, uuid);
    const children = Array.isArray(group?.['children']) ? group['children'].map(String) : [];
    const rows = children.filter((child) => child !== uuid).map(async (child) => cache.fetch(GROUP.path, child));
    return (await Promise.all(rows)).flatMap((row) => (row === undefined ? [] : `group "${String(row['name'])}"`));
  }
}
