import type { AuthentikGroupSpec } from '../api/v1alpha1/authentik-group.ts';
import { compareMinor, type MinorVersion } from '../authentik/versions.ts';
import { GROUP, groupOn, SEVERAL_PARENTS_SINCE } from '../catalogue/group.ts';
import type { Resolved } from '../resources/entity/desired.ts';
import { GroupResource } from '../resources/group/group-resource.ts';
import { OperatorError } from '../runtime/errors.ts';
import { entityController } from './entity-kind.ts';
import type { ManagedController, ManagedKindParts } from './managed-kind.ts';

/** Groups: the declared fields stand in the spec itself; how parents are told depends on the version. */
export function groupController(parts: ManagedKindParts): ManagedController<Resolved> {
  return entityController(
    {
      kind: 'AuthentikGroup',
      noun: 'group',
      describe: (object) => ({ entity: GROUP, values: object.spec as AuthentikGroupSpec }),
      on: { entity: (_entity, version) => groupOn(version), values: valuesOn },
      statusOf: (row) => ({ name: row['name'] }),
      wrap: (resource, session) => new GroupResource(resource, session),
    },
    parts,
  );
}

/** @throws OperatorError `UnsupportedVersion` for more parents than the server lets a group have. */
function valuesOn(values: Readonly<Record<string, unknown>>, version: MinorVersion): Readonly<Record<string, unknown>> {
  const { parentRefs, ...rest } = values as AuthentikGroupSpec;
  if (parentRefs === undefined || compareMinor(version, SEVERAL_PARENTS_SINCE) >= 0) return values;
  if (parentRefs.length > 1) {
    throw new OperatorError(
      'UnsupportedVersion',
      `parentRefs with more than one group needs Authentik ${SEVERAL_PARENTS_SINCE} or later, this is ${version}: name one or upgrade Authentik`,
    );
  }
  return { ...rest, parentRef: parentRefs[0] ?? { none: true } };
}
