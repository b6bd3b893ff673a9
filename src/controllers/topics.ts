import type { AuthentikFlowStatus } from '../api/v1alpha1/authentik-flow.ts';
import type { Condition } from '../runtime/conditions.ts';
import type { ManagedObject } from '../runtime/object.ts';
import { modelTopic, uuidTopic } from './drift-watch.ts';

/**
 * What in Authentik an object wants to hear of: all that it has there, and what it waits for. Whatever waits may never have been there,
 * so its status knows no server yet; `url` is that of its present connection.
 */
export function topicsInAuthentik(object: ManagedObject, url: string | undefined): readonly string[] {
  const status = object.status as (AuthentikFlowStatus & { conditions?: readonly Condition[] }) | undefined;
  if (status === undefined) return [];
  const { connectionURL, uuid, bindings = [], policyBindings = [] } = status;
  const ours = [...(uuid === undefined ? [] : [uuid]), ...[...bindings, ...policyBindings].map((binding) => binding.uuid)];
  const waits = status.conditions?.some((condition) => condition.type === 'ReferencesResolved' && condition.status === 'False') === true;
  const blocked = status.conditions?.some((condition) => condition.type === 'Ready' && condition.reason === 'DeletionBlocked') === true;
  return [
    ...ours.map((key) => uuidTopic(connectionURL, key)),
    ...(waits ? [modelTopic(url, 'any')] : []),
    ...(blocked ? [modelTopic(connectionURL, 'changed')] : []),
    ...(object.kind === 'AuthentikFlow' ? [modelTopic(connectionURL, 'binding')] : []),
  ];
}
