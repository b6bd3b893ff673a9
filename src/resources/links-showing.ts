import { keyTopic } from '../runtime/claim.ts';
import { dependencyTopic } from '../runtime/deletion.ts';
import type { DependencyIndex } from '../runtime/dependency-index.ts';
import { formatKey, keyOf, type ManagedObject, type ObjectKey } from '../runtime/object.ts';
import type { ObjectStore } from '../runtime/store.ts';
import type { Referrers } from './referrers.ts';

/**
 * The links whose visitors see something of what has these primary keys in Authentik: upwards from the objects that have them on
 * record, over everything that names these, to the flows, and from each flow to the links that lead to it or stand on one of its forms.
 * What no object has on record is seen by nobody yet: it is bound, or its flow opened, by another write.
 */
export function linksShowing(
  primaryKeys: readonly string[],
  { store, index, referrers }: { store: Pick<ObjectStore, 'get'>; index: Pick<DependencyIndex, 'owners'>; referrers: Referrers },
): readonly ManagedObject[] {
  const links = new Map<string, ManagedObject>();
  const seen = new Set<string>();
  const due: ObjectKey[] = primaryKeys.flatMap((key) => index.owners(keyTopic(key)));
  for (let key = due.pop(); key !== undefined; key = due.pop()) {
    const object = store.get(key);
    if (object === undefined || seen.has(formatKey(key))) continue;
    seen.add(formatKey(key));
    if (object.kind === 'EnrollmentBinding' || object.kind === 'FlowBinding') {
      links.set(formatKey(key), object);
      continue;
    }
    if (object.kind === 'AuthentikConnection') continue;
    due.push(...index.owners(dependencyTopic(key)), ...referrers.byNameInAuthentik(object).map(keyOf));
    if (object.kind === 'AuthentikFlow') due.push(...referrers.linksOnFormsOf(object).map(keyOf));
  }
  return [...links.values()];
}
