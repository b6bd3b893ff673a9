import type { RecordedBinding } from '../../api/v1alpha1/authentik-flow.ts';
import type { ApiObject } from '../../authentik/api-object.ts';
import type { Session } from '../../authentik/session.ts';
import { POLICY_BINDING, STAGE_BINDING } from '../../catalogue/bindings.ts';
import { FLOW } from '../../catalogue/flow.ts';
import { targetOf } from '../../catalogue/references.ts';
import type { External, Observation, SettleResult } from '../../runtime/external.ts';
import type { Prints } from '../../runtime/ownership.ts';
import { clearLink, type LinkHolder } from '../entity/clear-link.ts';
import type { Body } from '../entity/desired.ts';
import { EntityResource } from '../entity/entity-resource.ts';
import type { DesiredBinding } from './binding-plan.ts';
import { POLICIES_ON_TARGET, STAGES_ON_FLOW } from './bound-kinds.ts';
import { BoundSet, type BoundDetail } from './bound-set.ts';
import type { DesiredFlow } from './desired-flow.ts';
import { statusOfFlow, unmanagedJudgement } from './flow-status.ts';

/** What the status has on record about a flow. */
export interface FlowRecord {
  readonly uuid: string | undefined;
  readonly bindings: readonly RecordedBinding[];
  readonly policyBindings: readonly RecordedBinding[];
  /** The flow with that key is our making, so nothing on it was there before us. */
  readonly created: boolean;
  /** What was bound before us, by what it is bound to, as far as that is on record. */
  readonly found: Readonly<Record<string, readonly string[]>>;
}

/** Looks at the whole flow, whose primary key it is given, for what should be known of it. */
export type Advise = (uuid: string) => Promise<SettleResult>;

/** Everything bound to one flow, compared with what the spec declares. */
export interface Bound {
  /** Undefined when the spec doesn't speak of stages. */
  readonly stages: BoundSet | undefined;
  readonly policies: readonly BoundSet[];
}

/** The rows that a flow's bindings are looked for in. */
interface BindingRows {
  readonly stages: readonly ApiObject[];
  readonly policies: readonly ApiObject[];
}

const NO_ROWS: BindingRows = { stages: [], policies: [] };

/** A flow with its stage bindings and all policy bindings, changed so that visitors never meet a half-built one. */
export class FlowResource implements External {
  readonly #session: Session;
  readonly #header: EntityResource;
  readonly #desired: DesiredFlow;
  readonly #ourStages: Map<string, RecordedBinding>;
  readonly #ourPolicies: Map<string, RecordedBinding>;
  readonly #record: FlowRecord;
  readonly #advise: Advise | undefined;
  readonly #linkedFrom: () => readonly LinkHolder[];
  /** The flow that was found. */
  #flow: string | undefined;
  /** The flow itself, once it is created. */
  #made: string | undefined;

  constructor(parts: {
    session: Session;
    slug: string;
    desired: DesiredFlow;
    record: FlowRecord;
    advise?: Advise;
    /** Whatever of ours may link to the flow; asked for when it is deleted. */
    linkedFrom?: () => readonly LinkHolder[];
  }) {
    const { session, slug, desired, record } = parts;
    this.#linkedFrom = parts.linkedFrom ?? (() => []);
    this.#advise = parts.advise;
    this.#session = session;
    this.#desired = desired;
    this.#record = record;
    this.#header = new EntityResource({ session, entity: FLOW, name: slug, recorded: record.uuid, desired: desired.header });
    this.#ourStages = new Map(record.bindings.map((binding) => [binding.uuid, binding]));
    this.#ourPolicies = new Map(record.policyBindings.map((binding) => [binding.uuid, binding]));
  }

  async observe(): Promise<Observation> {
    const row = await this.#header.find();
    if (row === undefined) return this.#header.observe();
    this.#flow = row.pk;
    const bound = this.#bound(row.pk, await this.#rows(row.pk));
    const header = this.#header.observationOf(row);
    const sets = [...(bound.stages === undefined ? [] : [bound.stages]), ...bound.policies];
    // Before the first change: what is on record about a binding is what it was before us.
    for (const record of bound.stages?.records ?? []) this.#ourStages.set(record.uuid, record);
    for (const set of bound.policies) for (const record of set.records) this.#ourPolicies.set(record.uuid, record);
    return {
      ...header,
      differences: [...header.differences, ...sets.flatMap((set) => set.differences)],
      status: { ...statusOfFlow(row, bound, this.#session.publicURL), ...(await this.#records(row.pk)) },
      conditions: [unmanagedJudgement(bound)],
      bound: this.#found(bound),
    };
  }

  /** What a create sends of the flow itself. */
  intent(): Prints {
    return this.#header.intent();
  }

  async create(): Promise<Observation> {
    const created = await this.#header.create();
    // Nothing can be bound to a flow that did not exist a moment ago.
    this.#made = created.uuid;
    this.#flow = created.uuid;
    await this.#arrange(String(created.uuid), NO_ROWS);
    return this.observe();
  }

  async update(observed: Observation): Promise<Observation> {
    const row = await this.#header.find();
    if (row === undefined) return this.observe();
    this.#flow = row.pk;
    if (this.#header.observationOf(row).differences.length > 0) await this.#header.update(observed);
    await this.#arrange(row.pk, await this.#rows(row.pk));
    return this.observe();
  }

  /** What is bound so far is ours, however the rest went; and what was to be removed still is. */
  progress(): Readonly<Record<string, unknown>> {
    return {
      ...(this.#made === undefined ? {} : { uuid: this.#made }),
      bindings: unlessEmpty([...this.#ourStages.values()]),
      policyBindings: unlessEmpty([...this.#ourPolicies.values()]),
    };
  }

  /** What is on record and still there. Whatever the spec has stopped to speak of stays on record: it is still ours to take away one day. */
  async #records(flow: string): Promise<Readonly<Record<string, unknown>>> {
    const { cache } = this.#session;
    if (this.#ourStages.size + this.#ourPolicies.size === 0) return { bindings: undefined, policyBindings: undefined };
    const stages = new Set((await cache.where(STAGE_BINDING.path, 'target', flow)).map((row) => row.pk));
    const policies = await Promise.all([...this.#ourPolicies.keys()].map(async (key) => cache.get(POLICY_BINDING.path, key)));
    const present = new Set(policies.map((row) => row?.pk));
    return {
      bindings: unlessEmpty([...this.#ourStages.values()].filter((record) => stages.has(record.uuid))),
      policyBindings: unlessEmpty([...this.#ourPolicies.values()].filter((record) => present.has(record.uuid))),
    };
  }

  async settle(observed: Observation): Promise<SettleResult> {
    await this.#session.caches.clearDue();
    return this.#advise?.(String(observed.uuid)) ?? {};
  }

  async blockers(observed: Observation): Promise<readonly string[]> {
    return this.#header.blockers(observed);
  }

  async refresh(observed: Observation): Promise<Observation> {
    return this.#header.refresh(observed);
  }

  async delete(observed: Observation): Promise<void> {
    for (const holder of this.#linkedFrom()) await clearLink(this.#session, holder, String(observed.uuid));
    await this.#header.delete(observed);
  }

  async restore(observed: Observation, before: Body): Promise<void> {
    const row = await this.#header.find();
    if (row === undefined) return;
    const { cache } = this.#session;
    this.#flow = row.pk;
    const stageRows = await cache.where(STAGE_BINDING.path, 'target', row.pk);
    const policyRows = await this.#policyRows(row.pk, stageRows);
    const alive = await this.#aliveSubjects();
    // A stage of ours keeps its policies until it goes, and takes them along then.
    const kept = stageRows.filter((binding) => !this.#isOurs(binding.pk));
    for (const target of [row.pk, ...kept.map((binding) => binding.pk)]) await this.#policySet(target, [], policyRows).undo(alive);
    await this.#stageSet(row.pk, [], stageRows).undo(alive);
    await this.#header.restore(observed, before);
    if (this.#ourPolicies.size > 0) await this.#session.caches.clear();
  }

  #isOurs(binding: string): boolean {
    const record = this.#ourStages.get(binding);
    return record !== undefined && record.adopted !== true;
  }

  /** What can still be bound. Users are not listed; they are few, and seldom deleted. */
  async #aliveSubjects(): Promise<(subject: string) => boolean> {
    const { cache } = this.#session;
    const lists = [targetOf('stage').path, ...(this.#ourPolicies.size === 0 ? [] : [targetOf('policy').path, targetOf('group').path])];
    const keys = new Set((await Promise.all(lists.map(async (path) => cache.list(path)))).flat().map((row) => row.pk));
    return (subject) => subject.startsWith('user:') || keys.has(subject.replace(/^(policy|group):/, ''));
  }

  /**
   * Who may enter comes first, then the stages, moved and created in an order that lets none pass what guards it, each new one with its
   * policies at once, and only then goes what is not declared; see `docs/adr/0010-order-of-binding-changes.md`.
   */
  async #arrange(flow: string, rows: BindingRows): Promise<void> {
    const { stages, policies } = this.#bound(flow, rows);
    const sets = policies.filter((set) => set.differences.length > 0);
    let guarded = sets.length > 0;
    for (const set of sets) await this.#arrangePolicies(set);
    await stages?.arrange(async (row, desired) => {
      this.#ourStages.set(row.pk, { uuid: row.pk });
      const wanted = this.#policiesAt(desired.order);
      if (wanted === undefined || wanted.length === 0) return;
      guarded ||= mayBeRemembered(desired);
      await this.#arrangePolicies(this.#policySet(row.pk, wanted, []));
    });
    for (const set of sets) await set.removeStale();
    await stages?.removeStale();
    if (guarded) await this.#session.caches.clear();
  }

  async #arrangePolicies(set: BoundSet): Promise<void> {
    await set.arrange((row) => void this.#ourPolicies.set(row.pk, { uuid: row.pk }));
  }

  #bound(flow: string, rows: BindingRows): Bound {
    const { stages, policies } = this.#desired;
    const stageSet = stages === undefined ? undefined : this.#stageSet(flow, stages, rows.stages);
    const onStages = (stageSet?.plan.matched ?? []).flatMap(({ desired, actual }) => {
      const wanted = this.#policiesAt(desired.order);
      return wanted === undefined ? [] : [this.#policySet(actual.uuid, wanted, rows.policies)];
    });
    const onFlow = policies === undefined ? [] : [this.#policySet(flow, policies, rows.policies)];
    return { stages: stageSet, policies: [...onFlow, ...onStages] };
  }

  #policiesAt(order: number): readonly DesiredBinding<BoundDetail>[] | undefined {
    return this.#desired.stages?.find((stage) => stage.order === order)?.policies;
  }

  #stageSet(flow: string, desired: readonly DesiredBinding<BoundDetail>[], rows: readonly ApiObject[]): BoundSet {
    return this.#set({ kind: STAGES_ON_FLOW, target: flow, desired, rows, recorded: this.#ourStages });
  }

  #policySet(target: string, desired: readonly DesiredBinding<BoundDetail>[], rows: readonly ApiObject[]): BoundSet {
    return this.#set({ kind: POLICIES_ON_TARGET, target, desired, rows, recorded: this.#ourPolicies });
  }

  #set(parts: Omit<ConstructorParameters<typeof BoundSet>[0], 'session' | 'prune' | 'wasThere'>): BoundSet {
    const rows = parts.rows.filter((row) => row['target'] === parts.target);
    return new BoundSet({ ...parts, rows, session: this.#session, wasThere: this.#wasThere(parts.target), prune: this.#desired.prune });
  }

  /** Another flow of the same name, on another server or made anew by hand, is not ours because the one on record was. */
  get #createdByUs(): boolean {
    const { uuid, created } = this.#record;
    return this.#flow !== undefined && (this.#flow === this.#made || (created && this.#flow === uuid));
  }

  /**
   * Whether a binding that isn't on record was there before us. On a flow or stage binding that was, it is what the record of that names, or
   * everything as long as there is none; on one of ours, nothing.
   */
  #wasThere(target: string): (binding: string) => boolean {
    const stage = this.#ourStages.get(target);
    if (this.#createdByUs || (stage !== undefined && stage.adopted !== true)) return () => false;
    const found = this.#record.uuid === this.#flow ? this.#record.found[target] : undefined;
    return found === undefined ? () => true : (binding) => found.includes(binding);
  }

  /** What was there before us, by what it is bound to, as far as the spec speaks of it. */
  #found({ stages, policies }: Bound): Readonly<Record<string, readonly string[]>> {
    const sets = [...(stages === undefined ? [] : [stages]), ...policies];
    return Object.fromEntries(sets.map((set) => [set.target, set.foreign]));
  }

  /** What is bound to the flow and to its bindings, and nothing is asked about what the spec doesn't speak of. */
  async #rows(flow: string): Promise<BindingRows> {
    const { stages, policies } = this.#desired;
    const rows = stages === undefined ? [] : await this.#session.cache.where(STAGE_BINDING.path, 'target', flow);
    const aboutPolicies = policies !== undefined || stages?.some((stage) => stage.policies !== undefined) === true;
    return { stages: rows, policies: aboutPolicies ? await this.#policyRows(flow, rows) : [] };
  }

  async #policyRows(flow: string, stages: readonly ApiObject[]): Promise<readonly ApiObject[]> {
    const targets = [flow, ...stages.map((binding) => binding.pk)];
    return (await Promise.all(targets.map(async (target) => this.#session.cache.where(POLICY_BINDING.path, 'target', target)))).flat();
  }
}

/**
 * Whether a plan made in the moment between a new binding and its policies would hold on to letting everybody pass. One that is only
 * evaluated when it is its turn is evaluated without a cache, so there is nothing to forget.
 */
function mayBeRemembered({ detail }: DesiredBinding<BoundDetail>): boolean {
  return detail.body['evaluate_on_plan'] === true;
}

function unlessEmpty<T>(values: readonly T[]): readonly T[] | undefined {
  return values.length === 0 ? undefined : values;
}
