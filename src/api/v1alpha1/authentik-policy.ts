import { z } from 'zod';
import { POLICIES, type PolicyType } from '../../catalogue/policies.ts';
import { managedSpec, withRules, type ManagedSpec } from './common.ts';
import { memberRules, typedMembers } from './field-schema.ts';
import { defineKind } from './kind.ts';
import { nameField, nameRule, typeRule } from './name.ts';
import { managedStatus } from './status.ts';

const spec = withRules(
  z.object({
    ...managedSpec,
    name: nameField('policy'),
    type: z
      .enum(POLICIES.map((entry) => entry.type))
      .describe("The type of the policy; its fields go into the member named after it. Can't be changed."),
    ...typedMembers(POLICIES),
  }),
  nameRule,
  typeRule,
  ...memberRules(POLICIES),
);

export const AuthentikPolicy = defineKind({
  kind: 'AuthentikPolicy',
  plural: 'authentikpolicies',
  shortNames: ['akpolicy', 'akpolicies'],
  description: 'One policy in Authentik: a decision that flows and stages can be made to depend on.',
  spec,
  status: z.object(managedStatus),
  columns: [{ name: 'Type', path: '.spec.type' }, 'Ready', 'Reason', 'Age', 'UUID', 'Connection', 'LastChange'],
});

export type AuthentikPolicySpec = ManagedSpec & { readonly name?: string | undefined; readonly type: PolicyType } & Readonly<
    Record<string, unknown>
  >;
