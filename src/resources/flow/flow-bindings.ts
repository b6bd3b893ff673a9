import type { RecordedBinding } from '../../api/v1alpha1/authentik-flow.ts';
import type { ApiObject } from '../../authentik/api-object.ts';
import type { Session } from '../../authentik/session.ts';
import { POLICY_BINDING, STAGE_BINDING } from '../../catalogue/bindings.ts';
import { targetOf } from '../../catalogue/references.ts';
import type { ActualBinding, DesiredBinding } from './binding-plan.ts';
import { POLICIES_ON_TARGET, STAGES_ON_FLOW } from './bound-kinds.ts';
import { BoundSet, type BoundDetail, type BoundKind } from './bound-set.ts';
import type { DesiredFlow } from './desired-flow.ts';
import type { Parking } from './parking.ts';
import { changePolicies, changePoliciesAround, needsExchange } from './policy-transition.ts';

/** What the status has on record about a flow. */
export interface FlowRecord {
  readonly uuid: string | undefined;
  readonly bindings: readonly RecordedBinding[];
  readonly policyBindings: readonly RecordedBinding[];
  /** The flow with that key is our making, so nothing on it was there before us. */
  readonly created: boolean;
  /** A binding may have been made that nobody has heard of. */
  readonly inDoubt: boolean;
  /** What was bound before us, by what it is bound to, as far as that is on record. */
  readonly found: Readonly<Record<string, readonly string[]>>;
}

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

/** What hangs on one flow: its stage bindings, and the policy bindings on both, compared with what the spec declares and changed. */
export class FlowBindings {
  readonly #session: Session;
  readonly #desired: DesiredFlow;
  readonly #record: FlowRecord;
  readonly #parking: Parking;
  readonly #ourStages: Map<string, RecordedBinding>;
  readonly #ourPolicies: Map<string, RecordedBinding>;
  /** The flow that was found or made, and whether the latter. */
  #flow: string | undefined;
  #isMade = false;
  /** As it was last looked at. */
  #looked: Bound | undefined;

  constructor(parts: { session: Session; desired: DesiredFlow; record: FlowRecord; parking: Parking }) {
    const { session, desired, record, parking } = parts;
    this.#session = session;
    this.#desired = desired;
    this.#record = record;
    this.#parking = parking;
    this.#ourStages = new Map(record.bindings.map((binding) => [binding.uuid, binding]));
    this.#ourPolicies = new Map(record.policyBindings.map((binding) => [binding.uuid, binding]));
  }

  /** Whether policies decide about anything of the flow. */
  get isGuarded(): boolean {
    const { stages = [], policies = [] } = this.#desired;
    return policies.length > 0 || stages.some((stage) => (stage.policies ?? []).length > 0);
  }

  /** Compares what hangs on the flow. Before the first change: what is on record about a binding is what it was before us. */
  async look(flow: string): Promise<Bound> {
    this.#flow = flow;
    if (this.#record.inDoubt) this.#session.cache.invalidate(POLICY_BINDING.path);
    const bound = this.#bound(flow, await this.#rows(flow));
    this.#looked = bound;
    for (const record of bound.stages?.records ?? []) this.#ourStages.set(record.uuid, record);
    for (const set of bound.policies) for (const record of set.records) this.#ourPolicies.set(record.uuid, record);
    return bound;
  }

  /**
   * The bindings of groups and people that are about to be made. Of one policy Authentik keeps one binding for a target and an order; of
   * these it takes any number.
   */
  get unrepeatable(): readonly string[] {
    const { stages = [], policies = [] } = this.#desired;
    const onNew = (orders: ReadonlySet<number> | undefined): readonly DesiredBinding<BoundDetail>[] =>
      stages.flatMap((stage) => (orders === undefined || orders.has(stage.order) ? (stage.policies ?? []) : []));
    const looked = this.#looked;
    const all =
      looked === undefined
        ? [...policies, ...onNew(undefined)]
        : [
            ...onNew(new Set(looked.stages?.plan.create.map(({ order }) => order))),
            ...looked.policies.flatMap((set) => [
              ...set.plan.create,
              ...set.plan.matched.flatMap(({ desired, actual }) => (set.changes(desired, actual).length > 0 ? [desired] : [])),
            ]),
          ];
    return all.filter(({ subject }) => /^(group|user):/.test(subject)).map(({ detail }) => detail.label);
  }

  /** Carries out what is declared on a flow that was made a moment ago: nothing can be bound to it yet. */
  async build(flow: string): Promise<void> {
    this.#flow = flow;
    this.#isMade = true;
    await this.#arrange(flow, NO_ROWS, 'closed');
  }

  /** Whether the last look found anything to change. */
  get differs(): boolean {
    const { stages, policies = [] } = this.#looked ?? {};
    return [...(stages === undefined ? [] : [stages]), ...policies].some((set) => set.differences.length > 0);
  }

  /** Carries out what is declared on a flow that people visit; `mode` is the `policy_engine_mode` that it has meanwhile. */
  async change(flow: string, mode: unknown): Promise<void> {
    this.#flow = flow;
    await this.#arrange(flow, await this.#rows(flow), { mode });
  }

  /** Carries out what is declared where nobody comes in: the order of the writes is free. */
  async finish(flow: string): Promise<void> {
    this.#flow = flow;
    await this.#arrange(flow, await this.#rows(flow), 'closed');
  }

  /** What is on record as ours, whether or not it is still there. */
  get recorded(): Readonly<Record<string, unknown>> {
    return {
      bindings: unlessEmpty([...this.#ourStages.values()]),
      policyBindings: unlessEmpty([...this.#ourPolicies.values()]),
    };
  }

  /** What is on record and still there. Whatever the spec has stopped to speak of stays on record: it is still ours to take away one day. */
  async records(flow: string): Promise<Readonly<Record<string, unknown>>> {
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

  /** Undoes everything that is ours on a flow that stays; `mode` is its `policy_engine_mode`. */
  async undo(flow: string, mode: unknown): Promise<void> {
    const { cache } = this.#session;
    this.#flow = flow;
    const stageRows = await cache.where(STAGE_BINDING.path, 'target', flow);
    const policyRows = await this.#policyRows(flow, stageRows);
    const alive = await this.#aliveSubjects();
    // A stage of ours keeps its policies until it goes, and takes them along then.
    const kept = stageRows.filter((binding) => !this.#isOurs(binding.pk));
    const own = this.#policySet(flow, [], policyRows);
    // Of ours each lets in more when one is enough and others stay; without them, and when all must pass, fewer.
    const others = [...own.unmanaged, ...own.plan.obsolete.filter(({ uuid }) => this.#ourPolicies.get(uuid)?.adopted === true)];
    const lets = mode === 'any' && others.length > 0;
    if (lets) await own.undo(alive);
    for (const binding of kept) await this.#policySet(binding.pk, [], policyRows).undo(alive);
    await this.#stageSet(flow, [], stageRows).undo(alive);
    if (!lets) await own.undo(alive);
  }

  /** Whether any policy binding is on record. */
  get hasPolicies(): boolean {
    return this.#ourPolicies.size > 0;
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
   * What keeps people out of the flow comes first and what lets them in last; between them the stages, moved and created in an order that
   * lets none pass what guards it; what is new and guarded gets its policies where nobody meets it. See
   * `docs/adr/0010-order-of-binding-changes.md`.
   */
  async #arrange(flow: string, rows: BindingRows, is: 'closed' | { readonly mode: unknown }): Promise<void> {
    const { stages, policies } = this.#bound(flow, rows);
    const guarded = (stages?.plan.create ?? []).filter(({ order }) => this.#policiesAt(order)?.length);
    const parked = is === 'closed' ? new Map<number, ApiObject>() : await this.#park(guarded);
    const sets = policies.filter((set) => set.differences.length > 0);
    const own = sets.find(({ target }) => target === flow);
    const around = own !== undefined && is !== 'closed' && (sets.length > 1 || (stages?.differences ?? []).length > 0);
    const letIn = around ? await changePoliciesAround(own, is.mode, this.#madePolicy) : undefined;
    for (const set of sets) if (!around || set !== own) await this.#changePolicies(set);
    await stages?.arrange(async (row, desired) => {
      this.#ourStages.set(row.pk, { uuid: row.pk });
      const wanted = this.#policiesAt(desired.order) ?? [];
      if (!parked.has(desired.order) && wanted.length > 0) await this.#changePolicies(this.#policySet(row.pk, wanted, []));
    }, parked);
    await letIn?.();
    // A new binding is complete when it gets there, and Authentik forgets the plans of a flow that gets one by itself.
    if (sets.length > 0) await this.#session.caches.clear();
  }

  /** Makes bindings with their policies on a flow that nobody can visit; answers them by order. */
  async #park(entries: readonly DesiredBinding<BoundDetail>[]): Promise<ReadonlyMap<number, ApiObject>> {
    const ready = new Map<number, ApiObject>();
    if (entries.length === 0) return ready;
    const target = await this.#parking.open();
    const rows = await this.#rows(target);
    const on = (kind: BoundKind, place: string, desired: readonly DesiredBinding<BoundDetail>[], all: readonly ApiObject[]): BoundSet => {
      const there = all.filter((row) => row['target'] === place);
      const recorded = new Map(there.map((row) => [row.pk, { uuid: row.pk }]));
      return new BoundSet({
        session: this.#session,
        kind,
        target: place,
        desired,
        rows: there,
        recorded,
        wasThere: () => false,
        prune: true,
      });
    };
    const set = on(STAGES_ON_FLOW, target, entries, rows.stages);
    for (const { desired, actual } of set.plan.matched) ready.set(desired.order, actual.row);
    await set.arrange((row, { order }) => void ready.set(order, row));
    for (const [order, row] of ready) {
      const wanted = on(POLICIES_ON_TARGET, row.pk, this.#policiesAt(order) ?? [], rows.policies);
      for (const { actual } of wanted.plan.matched) this.#ourPolicies.set(actual.uuid, { uuid: actual.uuid });
      await this.#changePolicies(wanted);
    }
    return ready;
  }

  async #changePolicies(set: BoundSet): Promise<void> {
    await changePolicies(set, this.#madePolicy);
  }

  readonly #madePolicy = (row: ApiObject): void => void this.#ourPolicies.set(row.pk, { uuid: row.pk });

  #bound(flow: string, rows: BindingRows): Bound {
    const { stages, policies } = this.#desired;
    const fits = (want: DesiredBinding<BoundDetail>, have: ActualBinding<ApiObject>): boolean => this.#fits(want, have, rows);
    const stageSet = stages === undefined ? undefined : this.#stageSet(flow, stages, rows.stages, fits);
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

  /**
   * Whether a binding of ours can become the declared one in place, so that what it guards is guarded as before or as declared after every
   * write. If not, it is exchanged for one that is made ready elsewhere.
   */
  #fits(want: DesiredBinding<BoundDetail>, have: ActualBinding<ApiObject>, { stages, policies }: BindingRows): boolean {
    const wanted = this.#policiesAt(want.order);
    const record = this.#ourStages.get(have.uuid);
    if (wanted === undefined || record === undefined || record.adopted === true) return true;
    const set = this.#policySet(have.uuid, wanted, policies);
    if (want.subject !== have.subject) return wanted.length + set.held.length === 0;
    const before = have.row['policy_engine_mode'];
    const after = want.detail.body['policy_engine_mode'] ?? before;
    // A policy that somebody else bound would be lost, and without a free order beside it the old one can't step aside.
    const aside = stages.every((row) => row['target'] !== have.row['target'] || Number(row['order']) !== want.order + 1);
    return set.unmanaged.length > 0 || !aside || !needsExchange(set, { before, after });
  }

  #stageSet(
    flow: string,
    desired: readonly DesiredBinding<BoundDetail>[],
    rows: readonly ApiObject[],
    fits: (want: DesiredBinding<BoundDetail>, have: ActualBinding<ApiObject>) => boolean = () => true,
  ): BoundSet {
    return this.#set({ kind: STAGES_ON_FLOW, target: flow, desired, rows, recorded: this.#ourStages, fits });
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
    return this.#flow !== undefined && (this.#isMade || (created && this.#flow === uuid));
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
  found({ stages, policies }: Bound): Readonly<Record<string, readonly string[]>> {
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

function unlessEmpty<T>(values: readonly T[]): readonly T[] | undefined {
  return values.length === 0 ? undefined : values;
}
