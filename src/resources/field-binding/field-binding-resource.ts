import type { Session } from '../../authentik/session.ts';
import type { FieldBinding } from '../../catalogue/field-bindings.ts';
import type { Judgement } from '../../runtime/conditions.ts';
import type { External, Observation, SettleResult } from '../../runtime/external.ts';
import type { Body } from '../entity/desired.ts';
import { notThere, type BindingTarget, type CarrierRow } from './carrier-row.ts';
import { ForeignField } from './foreign-field.ts';
import type { Onlooker } from './onlooker.ts';

/** What the binding of a field works with. */
export interface FieldBindingParts {
  readonly session: Session;
  /** The row of the table that says which field. */
  readonly binding: FieldBinding;
  readonly target: BindingTarget;
  /** The flow to set; undefined when only undoing. */
  readonly flow: { readonly uuid: string; readonly slug: string } | undefined;
  /** What is on record: whose field, what it held before us (nothing: ''), and the flow that we set. */
  readonly recorded: { readonly uuid: string | undefined; readonly before: string | undefined; readonly ours: string | undefined };
  /** Undefined when only undoing, or when nobody looks. */
  readonly onlooker: Onlooker | undefined;
}

/** One field on an object that others may own, set to a flow of ours. What it held before is put back at the end, unless others have set it since. */
export class FieldBindingResource implements External {
  readonly #parts: FieldBindingParts;
  readonly #field: ForeignField;
  /** What the field held when it was first looked at, before we wrote. */
  #held: string | undefined;

  constructor(parts: FieldBindingParts) {
    this.#parts = parts;
    this.#field = new ForeignField(parts.session, parts.binding, parts.target);
  }

  async observe(): Promise<Observation> {
    const { binding, target, flow } = this.#parts;
    const found = await this.#field.find();
    if (found !== undefined) return this.#observationOf(found);
    if (flow === undefined) return { exists: false, differences: [], status: {}, before: {} };
    throw notThere(binding, target);
  }

  /** It looks at the field itself when it writes. */
  async refresh(observed: Observation): Promise<Observation> {
    return Promise.resolve(observed);
  }

  async create(): Promise<Observation> {
    return this.observe();
  }

  /** @throws OperatorError what speaks against setting it. */
  async update(): Promise<Observation> {
    const { flow, onlooker } = this.#parts;
    await onlooker?.admit();
    return this.#observationOf(await this.#field.set(flow?.uuid ?? null));
  }

  async blockers(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async delete(observed: Observation): Promise<void> {
    await this.restore(observed, {});
  }

  async restore(_observed: Observation, before: Body): Promise<void> {
    const { binding, recorded } = this.#parts;
    await this.#field.restore(before[binding.field], recorded.ours);
  }

  async settle(): Promise<SettleResult> {
    const { onlooker } = this.#parts;
    return onlooker === undefined ? {} : onlooker.settle(await this.#field.get());
  }

  #observationOf(found: CarrierRow): Observation {
    const { flow, target, recorded, binding } = this.#parts;
    const { status, field, specName } = binding;
    const held = this.#field.held(found);
    const isSet = flow !== undefined && held === flow.uuid;
    this.#held ??= typeof held === 'string' ? held : '';
    return {
      exists: true,
      uuid: found.row.pk,
      differences: isSet || flow === undefined ? [] : [{ field: specName }],
      before: { [field]: held ?? null },
      status: {
        [status.before]: recorded.uuid === found.row.pk ? (recorded.before ?? '') : this.#held,
        [status.slug]: flow?.slug,
        [status.ours]: isSet ? flow.uuid : recorded.ours,
        [status.carrier]: target.name,
        ...(isSet ? Object.fromEntries(binding.untilSet.map((name) => [name, undefined])) : {}),
      },
      conditions: [this.#judgement(isSet)],
    };
  }

  #judgement(isSet: boolean): Judgement {
    const { flow, target, binding } = this.#parts;
    const slug = flow?.slug ?? 'the flow';
    return isSet
      ? { type: binding.condition, status: 'True', reason: 'Reconciled', message: `"${target.name}" links to ${slug}` }
      : { type: binding.condition, status: 'False', reason: 'Progressing', message: `"${target.name}" does not link to ${slug} yet` };
  }
}
