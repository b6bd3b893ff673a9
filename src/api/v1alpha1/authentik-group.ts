import { z } from 'zod';
import { GROUP } from '../../catalogue/group.ts';
import { managedSpec, withRules, type ManagedSpec, type Reference } from './common.ts';
import { fieldShape } from './field-schema.ts';
import { defineKind } from './kind.ts';
import { nameField, nameRule } from './name.ts';
import { managedStatus } from './status.ts';

const spec = withRules(z.object({ ...managedSpec, name: nameField('group'), ...fieldShape(GROUP.fields) }), nameRule);

export const AuthentikGroup = defineKind({
  kind: 'AuthentikGroup',
  plural: 'authentikgroups',
  shortNames: ['akgroup', 'akgroups'],
  description:
    'One group in Authentik, for flows to put people in or to decide by. Its members are never read or written, nor whether they are superusers.',
  spec,
  status: z.object({ ...managedStatus, name: z.string().max(1024).describe('The name in Authentik.').optional() }),
  columns: [{ name: 'Name', path: '.status.name' }, 'Ready', 'Reason', 'Age', 'UUID', 'Connection', 'LastChange'],
});

/** The declared fields of a group. */
export type AuthentikGroupSpec = ManagedSpec & {
  readonly name?: string | undefined;
  readonly parentRefs?: readonly Reference[] | undefined;
} & Readonly<Record<string, unknown>>;
