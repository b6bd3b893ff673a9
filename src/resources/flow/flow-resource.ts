import type { ApiObject } from '../../authentik/api-object.ts';
import type { Session } from '../../authentik/session.ts';
import { FLOW } from '../../catalogue/flow.ts';
import type { External, Observation, SettleResult } from '../../runtime/external.ts';
import type { Prints } from '../../runtime/ownership.ts';
import { clearLink, type LinkHolder } from '../entity/clear-link.ts';
import type { Body } from '../entity/desired.ts';
import { EntityResource } from '../entity/entity-resource.ts';
import type { DesiredFlow } from './desired-flow.ts';
import { entryOf, isSameEntry, narrower } from './entry.ts';
import { FlowBindings, type FlowRecord } from './flow-bindings.ts';
import { statusOfFlow, unmanagedJudgement } from './flow-status.ts';
import { closedHeader, isBeingBuilt, openedHeader, Parking } from './parking.ts';

/** Looks at the whole flow, whose primary key it is given, for what should be known of it. */
export type Advise = (uuid: string) => Promise<SettleResult>;

/** A flow with its stage bindings and all policy bindings, changed so that visitors never meet a half-built one. */
export class FlowResource implements External {
  readonly #session: Session;
  readonly #header: EntityResource;
  /** What the spec says of the flow itself. */
  readonly #declared: Body;
  readonly #headerWith: (body: Body) => EntityResource;
  /** The same while a new flow with guards is built, and as it is opened. */
  readonly #closed: EntityResource;
  readonly #opened: EntityResource;
  readonly #parking: Parking;
  readonly #bindings: FlowBindings;
  /** A new flow is built behind a closed door. */
  readonly #hasDoor: boolean;
  readonly #advise: Advise | undefined;
  readonly #linkedFrom: () => readonly LinkHolder[];
  /** The flow itself, once it is created. */
  #made: string | undefined;

  constructor(parts: {
    session: Session;
    slug: string;
    /** Of our object: random, and the same for all its life. */
    id: string;
    desired: DesiredFlow;
    record: FlowRecord;
    advise?: Advise;
    /** Whatever is guarded does nothing but lead visitors on. */
    leadsOn?: boolean;
    /** Whatever of ours may link to the flow; asked for when it is deleted. */
    linkedFrom?: () => readonly LinkHolder[];
  }) {
    const { session, slug, desired, record } = parts;
    this.#linkedFrom = parts.linkedFrom ?? (() => []);
    this.#advise = parts.advise;
    this.#session = session;
    this.#declared = desired.header;
    this.#headerWith = (body) => new EntityResource({ session, entity: FLOW, name: slug, recorded: record.uuid, desired: body });
    this.#header = this.#headerWith(desired.header);
    this.#closed = this.#headerWith(closedHeader(desired.header));
    this.#opened = this.#headerWith(openedHeader(desired.header));
    this.#parking = new Parking(session, parts.id);
    this.#bindings = new FlowBindings({ session, desired, record, parking: this.#parking });
    this.#hasDoor = this.#bindings.isGuarded && parts.leadsOn !== true;
  }

  async observe(): Promise<Observation> {
    const row = await this.#header.find();
    if (row === undefined) return this.#header.observe();
    const bound = await this.#bindings.look(row.pk);
    const header = (isBeingBuilt(row) ? this.#opened : this.#header).observationOf(row);
    const leftOver =
      (await this.#parking.find()) === undefined ? [] : [{ field: 'stages that were being made ready', kind: 'removed' as const }];
    const sets = [...(bound.stages === undefined ? [] : [bound.stages]), ...bound.policies];
    return {
      ...header,
      differences: [...header.differences, ...sets.flatMap((set) => set.differences), ...leftOver],
      status: { ...statusOfFlow(row, bound, this.#session.publicURL), ...(await this.#bindings.records(row.pk)) },
      conditions: [unmanagedJudgement(bound)],
      bound: this.#bindings.found(bound),
    };
  }

  /** What a create sends of the flow itself, before and after it is opened. */
  intent(): Prints {
    const prints = Object.entries(this.#header.intent());
    return Object.fromEntries(prints.filter(([field]) => !this.#hasDoor || !(field in openedHeader({}) || field === 'name')));
  }

  unrepeatable(): readonly string[] {
    return this.#bindings.unrepeatable;
  }

  /**
   * A new flow with guards is built behind a closed door, and opened with its last write. Nothing links to it yet, so that is not worth a
   * write where a visitor who guessed its name would only be led on.
   */
  async create(): Promise<Observation> {
    const created = await (this.#hasDoor ? this.#closed : this.#header).create();
    this.#made = created.uuid;
    await this.#bindings.build(String(created.uuid));
    if (this.#hasDoor) await this.#opened.update(created);
    return this.observe();
  }

  async update(observed: Observation): Promise<Observation> {
    const row = await this.#header.find();
    if (row === undefined) return this.observe();
    if (isBeingBuilt(row)) {
      await this.#bindings.finish(row.pk);
      await this.#opened.update(observed);
    } else await this.#change(row, observed);
    await this.#parking.remove();
    return this.observe();
  }

  /** A flow that people visit: what keeps them out is there before anything else changes, and what lets them in comes last. */
  async #change(row: ApiObject, observed: Observation): Promise<void> {
    const [held, declared] = [entryOf(row), entryOf(this.#declared)];
    const meanwhile = narrower(held, declared);
    const differs = this.#header.observationOf(row).differences.length > 0;
    const isOpened = this.#bindings.differs && !isSameEntry(declared, meanwhile);
    const isNarrowed = !isSameEntry(meanwhile, held);
    if (differs && isNarrowed && isOpened)
      await this.#headerWith({
        ...this.#declared,
        authentication: meanwhile.authentication,
        policy_engine_mode: meanwhile.policyEngineMode,
      }).update(observed);
    if (differs && !isOpened) await this.#header.update(observed);
    await this.#bindings.change(row.pk, meanwhile.policyEngineMode);
    if (differs && isOpened) await this.#header.update(observed);
  }

  /** What is bound so far is ours, however the rest went; and what was to be removed still is. */
  progress(): Readonly<Record<string, unknown>> {
    return { ...(this.#made === undefined ? {} : { uuid: this.#made }), ...this.#bindings.recorded };
  }

  async settle(observed: Observation): Promise<SettleResult> {
    await this.#session.caches.clearDue();
    return this.#advise?.(String(observed.uuid)) ?? {};
  }

  async blockers(observed: Observation): Promise<readonly string[]> {
    return this.#header.blockers(observed);
  }

  consequences(): readonly string[] {
    return this.#header.consequences();
  }

  async refresh(observed: Observation): Promise<Observation> {
    return this.#header.refresh(observed);
  }

  async delete(observed: Observation): Promise<void> {
    for (const holder of this.#linkedFrom()) await clearLink(this.#session, holder, String(observed.uuid));
    await this.#header.delete(observed);
    await this.#parking.remove();
  }

  async restore(observed: Observation, before: Body): Promise<void> {
    const row = await this.#header.find();
    if (row === undefined) return;
    const former = entryOf(before);
    const closes = !isSameEntry(former, entryOf(row)) && isSameEntry(former, narrower(entryOf(row), former));
    if (closes) await this.#header.restore(observed, before);
    await this.#bindings.undo(row.pk, closes ? (former.policyEngineMode ?? row['policy_engine_mode']) : row['policy_engine_mode']);
    if (!closes) await this.#header.restore(observed, before);
    await this.#parking.remove();
    if (this.#bindings.hasPolicies) await this.#session.caches.clear();
  }
}
