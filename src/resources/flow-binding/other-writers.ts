import { specName } from '../../catalogue/field.ts';
import { STAGES } from '../../catalogue/stages.ts';
import { OperatorError } from '../../runtime/errors.ts';
import type { ManagedObject } from '../../runtime/object.ts';
import type { ObjectStore } from '../../runtime/store.ts';

/** How soon a stage is looked at again that declares the field itself, in milliseconds. */
const LOOK_AGAIN_MS = 30_000;

/** One field of one object, by its key. */
interface Place {
  readonly uuid: string;
  /** The field, as a spec names it. */
  readonly as: string;
}

/** The bindings that set this field wherever they do: an EnrollmentBinding is one for sign-up. */
export function bindingsOf(store: Pick<ObjectStore, 'list'>, as: string): readonly ManagedObject[] {
  const flows = store.list('FlowBinding').filter(({ spec }) => (spec as { as?: string }).as === as);
  return as === 'enrollmentFlow' ? [...flows, ...store.list('EnrollmentBinding')] : flows;
}

/** @throws OperatorError `Conflict` when a stage of ours declares the field itself. */
export function refuseDeclaredField(store: Pick<ObjectStore, 'list'>, { uuid, as }: Place): void {
  const entry = STAGES.find(({ fields }) => fields.some((field) => specName(field) === as && field.writtenBy === undefined));
  if (entry === undefined) return;
  const writer = store.list('AuthentikStage').find(({ spec, status }) => {
    const recorded = status as { uuid?: string } | undefined;
    const member = (spec as Readonly<Record<string, unknown>>)[entry.member] as Readonly<Record<string, unknown>> | undefined;
    return recorded?.uuid === uuid && member?.[as] !== undefined;
  });
  if (writer === undefined) return;
  const { namespace, name } = writer.metadata;
  throw new OperatorError('Conflict', `AuthentikStage ${namespace}/${name} declares ${as} itself; leave it out there, or delete this one`, {
    retryAfterMs: LOOK_AGAIN_MS,
  });
}
