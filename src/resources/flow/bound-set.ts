import { isDeepStrictEqual } from 'node:util';
import type { RecordedBinding } from '../../api/v1alpha1/authentik-flow.ts';
import { AuthentikError } from '../../authentik/errors.ts';
import type { ApiObject } from '../../authentik/api-object.ts';
import { segment } from '../../authentik/path.ts';
import type { Session } from '../../authentik/session.ts';
import type { BindingTable } from '../../catalogue/bindings.ts';
import type { Change } from '../../runtime/external.ts';
import { parseObject } from '../entity/api-object.ts';
import { companions, differences } from '../entity/comparison.ts';
import type { Body } from '../entity/desired.ts';
import { planBindings, type ActualBinding, type BindingPlan, type DesiredBinding } from './binding-plan.ts';
import { inSafeOrder } from './safe-order.ts';

/** What a binding must carry besides its order and subject. */
export interface BoundDetail {
  /** How messages call it, such as `stages[10]`. */
  readonly label: string;
  /** The declared fields. */
  readonly body: Body;
  /** The fields that say what is bound, as the API takes them: `{stage}` or `{policy, group, user}`. */
  readonly subjectBody: Body;
}

/** The kind of binding: where it lives, and how its rows name what they bind. */
export interface BoundKind {
  readonly table: BindingTable;
  readonly subjectOf: (row: ApiObject) => string;
  readonly describe: (row: ApiObject) => string;
}

/** All bindings of one kind on one target (a flow or a stage binding): compares and changes them. */
export class BoundSet {
  readonly plan: BindingPlan<BoundDetail, ApiObject>;
  readonly wanted: readonly DesiredBinding<BoundDetail>[];
  readonly held: readonly ActualBinding<ApiObject>[];
  readonly #session: Session;
  readonly #kind: BoundKind;
  readonly #target: string;
  readonly #prune: boolean;
  readonly #wasThere: (binding: string) => boolean;
  readonly #recorded: ReadonlyMap<string, RecordedBinding>;

  constructor(parts: {
    session: Session;
    kind: BoundKind;
    /** The primary key of what they are bound to. */
    target: string;
    desired: readonly DesiredBinding<BoundDetail>[];
    /** All rows on the target. */
    rows: readonly ApiObject[];
    recorded: ReadonlyMap<string, RecordedBinding>;
    /** Whether a binding that isn't on record was there before us; the others are ours, and their record was lost. */
    wasThere: (binding: string) => boolean;
    prune: boolean;
    fits?: (want: DesiredBinding<BoundDetail>, have: ActualBinding<ApiObject>) => boolean;
  }) {
    this.#wasThere = parts.wasThere;
    this.#session = parts.session;
    this.#kind = parts.kind;
    this.#target = parts.target;
    this.#prune = parts.prune;
    this.#recorded = parts.recorded;
    const actual = parts.rows.map((row) => this.actualOf(row));
    this.wanted = parts.desired;
    this.held = actual;
    this.plan = planBindings(parts.desired, actual, (uuid) => parts.recorded.has(uuid), parts.fits);
  }

  get differences(): readonly Change[] {
    const changed = this.plan.matched.flatMap(({ desired, actual }) => this.changes(desired, actual));
    const missing = this.plan.create.map((desired): Change => ({ field: desired.detail.label, kind: 'added' }));
    const stale = this.stale.map((actual): Change => ({ field: this.#kind.describe(actual.row), kind: 'removed' }));
    return [...missing, ...changed, ...stale];
  }

  /** What stays although nobody declared it. */
  get unmanaged(): readonly ApiObject[] {
    const released = this.plan.obsolete.filter((actual) => this.#recorded.get(actual.uuid)?.adopted === true);
    return this.#prune ? [] : [...this.plan.unmanaged, ...released].map((actual) => actual.row);
  }

  get target(): string {
    return this.#target;
  }

  /** Everything on the target that was there before us. */
  get foreign(): readonly string[] {
    const { matched, obsolete, unmanaged } = this.plan;
    return [...matched.map(({ actual }) => actual), ...obsolete, ...unmanaged]
      .map((actual) => actual.uuid)
      .filter((uuid) => (this.#recorded.has(uuid) ? this.#recorded.get(uuid)?.adopted === true : this.#wasThere(uuid)));
  }

  /** What to remember: those that are declared, and those that were there before us and have been let go, which may have to be put back. */
  get records(): readonly RecordedBinding[] {
    const released = this.plan.obsolete
      .flatMap((actual) => this.#recorded.get(actual.uuid) ?? [])
      .filter((record) => record.adopted === true && !this.#prune);
    return [...this.plan.matched.map(({ actual }) => this.#recorded.get(actual.uuid) ?? this.#adopt(actual)), ...released];
  }

  /**
   * Moves and changes what stays, creates what is missing and removes what is not declared, so that at every moment the declared ones that
   * are there stand in the declared order, and nothing that guards passes what it guards. What stands ready in `parked`, by order, is moved
   * in with one write in the place of a create. Hands over each new row as soon as it is there.
   */
  async arrange(
    made: (row: ApiObject, desired: DesiredBinding<BoundDetail>) => Promise<void> | void,
    parked: ReadonlyMap<number, ApiObject> = new Map(),
  ): Promise<void> {
    for (const step of inSafeOrder(this.plan, this.stale)) {
      const { desired, actual } = step;
      if (desired === undefined) await (step.aside === undefined ? this.remove(step.actual) : this.#stepAside(step.actual, step.aside));
      else if (actual === undefined) {
        const ready = parked.get(desired.order);
        await this.#makeRoom(desired);
        await made(ready === undefined ? await this.make(desired) : await this.change(this.actualOf(ready), desired), desired);
      } else if (this.changes(desired, actual).length > 0) await this.change(actual, desired);
    }
  }

  async removeStale(): Promise<void> {
    for (const actual of this.stale) await this.remove(actual);
  }

  actualOf(row: ApiObject): ActualBinding<ApiObject> {
    return { uuid: row.pk, order: Number(row['order']), subject: this.#kind.subjectOf(row), row };
  }

  /** An order that nothing on the target has; the next ones for more of them. */
  freeOrder(more = 0): number {
    return Math.max(0, ...this.held.map(({ order }) => order), ...this.wanted.map(({ order }) => order)) + 1 + more;
  }

  /** Authentik has one binding for a stage, a flow and an order: the old one steps aside, without passing any other, before it goes. */
  async #makeRoom({ subject, order }: DesiredBinding<BoundDetail>): Promise<void> {
    const old = this.stale.find((actual) => actual.subject === subject && actual.order === order);
    if (old !== undefined) await this.#stepAside(old, order + 1);
  }

  async #stepAside(actual: ActualBinding<ApiObject>, order: number): Promise<void> {
    await this.#patch(actual, { ...companions(this.#kind.table.fields, actual.row), order });
  }

  /**
   * Undoes everything that is ours: for a flow that stays and shall look as it did before. What was there before us goes back to its
   * place first, in an order that lets nothing pass what guards it; ours goes last, unless it stands in the way. `alive` tells whether a
   * subject still exists: what isn't can't be bound again.
   */
  async undo(alive: (subject: string) => boolean): Promise<void> {
    const ours = [...this.plan.matched.map(({ actual }) => actual), ...this.plan.obsolete].filter((actual) =>
      this.#recorded.has(actual.uuid),
    );
    const created = ours.filter((actual) => this.#recorded.get(actual.uuid)?.adopted !== true);
    const former = ours.flatMap((actual) => {
      const before = this.#recorded.get(actual.uuid)?.before;
      if (before === undefined || contains(actual.row, before)) return [];
      const subject = this.#kind.subjectOf({ ...actual.row, ...before });
      return alive(subject) ? [{ desired: { order: Number(before['order'] ?? actual.order), subject, detail: before }, actual }] : [];
    });
    const inTheWay = created.filter((actual) =>
      former.some(({ desired }) => desired.order === actual.order && desired.subject === actual.subject),
    );
    for (const actual of inTheWay) await this.remove(actual);
    for (const { desired, actual } of inSafeOrder({ matched: former, create: [] })) {
      if (desired !== undefined && actual !== undefined) await this.#patch(actual, { target: this.#target, ...desired.detail });
    }
    for (const actual of created) if (!inTheWay.includes(actual)) await this.remove(actual);
  }

  async change(actual: ActualBinding<ApiObject>, desired: DesiredBinding<BoundDetail>): Promise<ApiObject> {
    return this.#patch(actual, { ...companions(this.#kind.table.fields, actual.row), ...this.#identity(desired), ...desired.detail.body });
  }

  /** A create that may have taken place although it failed is looked up: a second one would be refused, and the first would be nobody's. */
  async make(desired: DesiredBinding<BoundDetail>): Promise<ApiObject> {
    const { client, cache } = this.#session;
    const { table, subjectOf } = this.#kind;
    try {
      return this.#accept(await client.post(table.path, { ...this.#identity(desired), ...desired.detail.body }));
    } catch (error) {
      if (!(error instanceof AuthentikError && error.ambiguous)) throw error;
      cache.invalidate(table.path);
      const made = await cache.find(
        table.path,
        (row) => row['target'] === this.#target && Number(row['order']) === desired.order && subjectOf(row) === desired.subject,
      );
      if (made === undefined) throw error;
      return made;
    }
  }

  get stale(): readonly ActualBinding<ApiObject>[] {
    const created = this.plan.obsolete.filter((actual) => this.#recorded.get(actual.uuid)?.adopted !== true);
    return this.#prune ? [...this.plan.obsolete, ...this.plan.unmanaged] : created;
  }

  changes(desired: DesiredBinding<BoundDetail>, actual: ActualBinding<ApiObject>): readonly Change[] {
    const { label, body } = desired.detail;
    const moved = desired.order === actual.order ? [] : [{ field: `${label}.order`, from: actual.order, to: desired.order }];
    const replaced = desired.subject === actual.subject ? [] : [{ field: label, from: actual.subject, to: desired.subject }];
    return [
      ...moved,
      ...replaced,
      ...differences(this.#kind.table.fields, body, actual.row).map((change) => ({ ...change, field: `${label}.${change.field}` })),
    ];
  }

  #identity(desired: DesiredBinding<BoundDetail>): Body {
    return { target: this.#target, order: desired.order, ...desired.detail.subjectBody };
  }

  #adopt(actual: ActualBinding<ApiObject>): RecordedBinding {
    if (!this.#wasThere(actual.uuid)) return { uuid: actual.uuid };
    const fields = [...this.#kind.table.fields.map((field) => field.api), 'order', ...SUBJECTS];
    return {
      uuid: actual.uuid,
      adopted: true,
      before: Object.fromEntries(fields.flatMap((field) => (field in actual.row ? [[field, actual.row[field]]] : []))),
    };
  }

  async #patch(actual: ActualBinding<ApiObject>, body: Body): Promise<ApiObject> {
    return this.#accept(await this.#session.client.patch(this.#path(actual), body));
  }

  async remove(actual: ActualBinding<ApiObject>): Promise<void> {
    await this.#session.client.delete(this.#path(actual));
  }

  #path(actual: ActualBinding<ApiObject>): string {
    return `${this.#kind.table.path}${segment(actual.uuid)}/`;
  }

  #accept(answer: unknown): ApiObject {
    const row = parseObject(answer);
    this.#session.cache.upsert(this.#kind.table.path, row);
    return row;
  }
}

/** What a row can bind: a stage on a flow, or one of the others on a flow or stage binding. */
const SUBJECTS = ['stage', 'policy', 'group', 'user'];

function contains(row: ApiObject, values: Body): boolean {
  return Object.entries(values).every(([field, value]) => isDeepStrictEqual(row[field], value));
}
