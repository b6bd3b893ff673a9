import { compareMinor, type MinorVersion } from '../authentik/versions.ts';
import type { EntityType } from './entity.ts';
import type { Field } from './field.ts';
import { TARGETS } from './references.ts';

const { model, path, query } = TARGETS.group;

const ATTRIBUTES = {
  api: 'attributes',
  type: 'json',
  description: 'What its members inherit as attributes, such as `settings` or what policies ask for. Compared as a whole.',
} as const satisfies Field;

/**
 * A group without its members, its roles, and whether it makes superusers: those are for people who run Authentik, and nothing here reads or
 * writes them. Requests leave out the members, of whom there may be thousands.
 */
export const GROUP = {
  path,
  query,
  model,
  naturalKey: 'name',
  lookup: 'pk',
  // Where it stands among other groups, and who is in it: both end with it. Who has it as a parent is asked for separately.
  parts: ['authentik_core.groupancestrynode', 'authentik_core.groupparentagenode', 'authentik_core.user', 'authentik_rbac.role'],
  fields: [
    {
      api: 'parents',
      spec: 'parentRefs',
      type: 'referenceSet',
      to: 'group',
      description: 'The groups that it belongs to: its members are members of those too. Before Authentik 2025.12, one at most.',
    },
    ATTRIBUTES,
  ] satisfies readonly Field[],
} as const satisfies EntityType;

/** The same where a group has one parent. */
const GROUP_WITH_ONE_PARENT = {
  ...GROUP,
  fields: [
    { api: 'parent', spec: 'parentRef', type: 'reference', to: 'group', nullable: true, description: 'The group that it belongs to.' },
    ATTRIBUTES,
  ] satisfies readonly Field[],
} as const satisfies EntityType;

/** The version that lets a group have several parents. */
export const SEVERAL_PARENTS_SINCE: MinorVersion = '2025.12';

/** How groups look on a version. */
export function groupOn(version: MinorVersion): EntityType {
  return compareMinor(version, SEVERAL_PARENTS_SINCE) < 0 ? GROUP_WITH_ONE_PARENT : GROUP;
}
