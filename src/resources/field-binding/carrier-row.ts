import type { ApiObject } from '../../authentik/api-object.ts';
import type { Session } from '../../authentik/session.ts';
import type { FieldBinding, FieldCarrier } from '../../catalogue/field-bindings.ts';
import { OperatorError } from '../../runtime/errors.ts';

/** One object that carries the field, as a spec refers to it. */
export interface BindingTarget<Kind extends string = string> {
  /** Which of the binding's carriers it is. */
  readonly kind: Kind;
  readonly uuid: string;
  /** As the spec names it, for messages. */
  readonly name: string;
}

/** Where the target is listed and written. */
export interface CarrierRow {
  readonly row: ApiObject;
  readonly carrier: FieldCarrier;
  readonly writePath: string;
}

/** How soon a target that is not there is looked for again, in milliseconds. */
const LOOK_AGAIN_MS = 30_000;

/**
 * Looks the target up; undefined when there is none.
 *
 * @param options.fresh what goes along with a write must not undo what others have just set.
 * @throws OperatorError `InvalidSpec` when one of its type has no such field.
 */
export async function findCarrier<Kind extends string>(
  session: Session,
  binding: FieldBinding<Kind>,
  target: BindingTarget<Kind>,
  options: { fresh?: true } = {},
): Promise<CarrierRow | undefined> {
  const carrier = binding.carriers[target.kind];
  const { path } = carrier;
  const row = await (options.fresh === true ? session.cache.fetch(path, target.uuid) : session.cache.get(path, target.uuid));
  // What we remember may be older than the reference that led here.
  if (row === undefined) return options.fresh === true ? undefined : findCarrier(session, binding, target, { fresh: true });
  const writePath = carrier.writtenAt(row);
  if (writePath === undefined) throw withoutField(binding, target);
  return { row, carrier, writePath };
}

/** What is referred to is there, but isn't listed among the carriers; or it has just gone. */
export function notThere<Kind extends string>(binding: FieldBinding<Kind>, target: BindingTarget<Kind>): OperatorError {
  const { noun } = binding.carriers[target.kind];
  return new OperatorError(
    'ReferenceNotFound',
    `"${target.name}" is not ${noun} in Authentik, so it can't carry a ${binding.noun}: refer to another ${target.kind}`,
    { retryAfterMs: LOOK_AGAIN_MS },
  );
}

function withoutField<Kind extends string>(binding: FieldBinding<Kind>, target: BindingTarget<Kind>): OperatorError {
  const { noun } = binding.carriers[target.kind];
  return new OperatorError(
    'InvalidSpec',
    `"${target.name}" is ${noun} that has no ${binding.fieldNoun}, so it can't carry a ${binding.noun}: refer to another ${target.kind}`,
  );
}
