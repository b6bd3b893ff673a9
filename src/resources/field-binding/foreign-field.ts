import type { ApiObject } from '../../authentik/api-object.ts';
import { parseObject } from '../entity/api-object.ts';
import type { Session } from '../../authentik/session.ts';
import type { FieldBinding } from '../../catalogue/field-bindings.ts';
import { FLOW } from '../../catalogue/flow.ts';
import { restorable } from '../../runtime/ownership.ts';
import { printOf } from '../../runtime/print.ts';
import { companions } from '../entity/comparison.ts';
import { findCarrier, notThere, type BindingTarget, type CarrierRow } from './carrier-row.ts';

/** One field of one object that others may own: read, set, and put back without losing what somebody else has set since. */
export class ForeignField {
  readonly #session: Session;
  readonly #binding: FieldBinding;
  readonly #target: BindingTarget;

  constructor(session: Session, binding: FieldBinding, target: BindingTarget) {
    this.#session = session;
    this.#binding = binding;
    this.#target = target;
  }

  /** What carries it; undefined when that is gone. @throws OperatorError when it can't carry the field. */
  async find(): Promise<CarrierRow | undefined> {
    return findCarrier(this.#session, this.#binding, this.#target);
  }

  /** @throws OperatorError `ReferenceNotFound` when there is nothing that carries it. */
  async get(): Promise<CarrierRow> {
    const found = await this.find();
    if (found === undefined) throw notThere(this.#binding, this.#target);
    return found;
  }

  held({ row }: CarrierRow): unknown {
    return row[this.#binding.field];
  }

  /**
   * Under lock, and judged by what is there this moment. The lock is the same as that of the carrier's own controller: both change the same
   * row. Answers with what there is afterwards.
   */
  async set(flow: string | null, unless: (held: unknown) => boolean = () => false): Promise<CarrierRow> {
    const [session, binding, target] = [this.#session, this.#binding, this.#target];
    const model = binding.carriers[target.kind]?.model ?? target.kind;
    return session.locks.run(`${model}/${target.uuid}`, async () => {
      const found = await findCarrier(session, binding, target, { fresh: true });
      if (found === undefined) throw notThere(binding, target);
      if (unless(this.held(found))) return found;
      const repeated = companions(found.carrier.fields, found.row);
      const answer = parseObject(await session.client.patch(found.writePath, { ...repeated, [binding.field]: flow }));
      // The endpoint of a type may say more than the list does, such as a provider's client secret.
      const row: ApiObject = { ...found.row, [binding.field]: answer[binding.field] };
      session.cache.upsert(found.carrier.path, row);
      return { ...found, row };
    });
  }

  /**
   * Puts `before` back where the field still holds `ours`: one that never was, or that somebody has set or emptied since, is theirs. Emptied
   * is no change of others where our flow is gone: Authentik does that itself. A repeated call finds it done; what is gone needs nothing.
   */
  async restore(before: unknown, ours: string | undefined): Promise<void> {
    if (ours === undefined || (await this.find()) === undefined) return;
    const wanted = await this.linkable(before);
    if (wanted === null && this.#binding.required === true) return;
    const { field } = this.#binding;
    const emptied = (await this.linkable(ours)) === null ? { applying: { [field]: printOf(null) } } : {};
    const record = { adopted: { before: { [field]: wanted }, applied: { [field]: printOf(ours) }, ...emptied } };
    const isOurs = (held: unknown): boolean => field in restorable(record, () => printOf(held ?? null));
    await this.set(wanted, (held) => held === wanted || !isOurs(held));
  }

  /** What the field can be set to: a flow that is still there, or none. */
  async linkable(flow: unknown): Promise<string | null> {
    const exists =
      typeof flow === 'string' && (await this.#session.cache.find(FLOW.path, (candidate) => candidate.pk === flow)) !== undefined;
    return exists ? flow : null;
  }
}
