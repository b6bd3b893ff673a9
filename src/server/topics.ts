import type { AuthentikFlowStatus } from '../api/v1alpha1/authentik-flow.ts';
import { keyTopic } from '../runtime/claim.ts';
import type { Condition } from '../runtime/conditions.ts';
import type { ManagedObject } from '../runtime/object.ts';
import type { Reason } from '../runtime/reasons.ts';

/** What may happen on a server that nobody can tell the keys of beforehand. */
type Happening = 'appeared' | 'gone' | 'changed' | 'visited';

/** The topic of objects that wait for something to happen on a server. */
export function serverTopic(address: string | undefined, what: Happening): string {
  return `server:${address ?? ''}|${what}`;
}

/** The kinds that look at what they have published as visitors do. */
const PUBLISHING: ReadonlySet<string> = new Set(['EnrollmentBinding', 'FlowBinding']);

/** What stands in somebody's way may be taken out of it by anybody. */
const IN_THE_WAY: ReadonlySet<string> = new Set<Reason>(['DeletionBlocked', 'AdoptionConflict', 'InvalidSpec']);

/**
 * What in Authentik an object wants to hear of: all that it has there, and what it waits for. Whatever waits may never have been there,
 * so its status knows no server yet; `address` is that of its present connection.
 */
export function topicsInAuthentik(object: ManagedObject, address: string | undefined): readonly string[] {
  // Of an invitation only a hash of the key is on record.
  const all = object.kind === 'AuthentikInvitation' ? [serverTopic(address, 'changed')] : [];
  const external = [...all, ...(hasExternal(object.spec) ? [serverTopic(address, 'gone')] : [])];
  const status = object.status as (AuthentikFlowStatus & { conditions?: readonly Condition[] }) | undefined;
  if (status === undefined) return external;
  const { uuid, bindings = [], policyBindings = [], conditions = [] } = status;
  const waits = conditions.some((condition) => condition.type === 'ReferencesResolved' && condition.status === 'False');
  const blocked = conditions.some((condition) => condition.type === 'Ready' && IN_THE_WAY.has(condition.reason));
  return [
    ...[...(uuid === undefined ? [] : [uuid]), ...[...bindings, ...policyBindings].map((binding) => binding.uuid)].map(keyTopic),
    ...external,
    ...(PUBLISHING.has(object.kind) ? [serverTopic(address, 'visited')] : []),
    ...(waits ? [serverTopic(address, 'appeared')] : []),
    ...(blocked ? [serverTopic(address, 'changed')] : []),
  ];
}

/** Whether a spec refers to something that isn't ours: Authentik clears such a field without a word in its log when that goes. */
function hasExternal(spec: unknown): boolean {
  if (typeof spec !== 'object' || spec === null) return false;
  return Object.entries(spec).some(([field, value]) => (field === 'external' && typeof value === 'string') || hasExternal(value));
}
