import { OperatorError } from '../../runtime/errors.ts';
import type { ManagedObject } from '../../runtime/object.ts';

/** Where a binding's status says whose field it has. */
interface Recorded {
  readonly uuid?: string | undefined;
}

/**
 * Two bindings of one kind may name one target in different ways, and reach its server by different addresses, which their claims can't
 * tell. Primary keys are random: the same one is the same thing. Who has it on record keeps it.
 *
 * @param bindings all objects of the kind; bindings of another kind set another field.
 * @throws OperatorError `Conflict`, which names the other one.
 */
export function refuseSecondWriter(object: ManagedObject, target: { readonly uuid: string }, bindings: readonly ManagedObject[]): void {
  const recorded = ({ status }: ManagedObject): Recorded => status ?? {};
  const rival = bindings.find((other) => other.metadata.uid !== object.metadata.uid && recorded(other).uuid === target.uuid);
  // Both may have looked before either wrote: then the older one keeps it.
  const mine = recorded(object).uuid === target.uuid;
  if (rival === undefined || (mine && !isOlder(rival, object))) return;
  throw new OperatorError(
    'Conflict',
    `${rival.kind} ${rival.metadata.namespace}/${rival.metadata.name} already publishes a flow there; delete one of the two`,
  );
}

function isOlder(a: ManagedObject, b: ManagedObject): boolean {
  const rank = ({ metadata }: ManagedObject): string => `${metadata.creationTimestamp} ${metadata.namespace}/${metadata.name}`;
  return rank(a) < rank(b);
}
