import type { CatalogueEntry } from './entity.ts';
import type { Field } from './field.ts';
import type { TypeRow } from './type-row.ts';
import { dummy } from './policies/dummy.ts';
import { eventMatcher } from './policies/event-matcher.ts';
import { expression } from './policies/expression.ts';
import { geoip } from './policies/geoip.ts';
import { password } from './policies/password.ts';
import { passwordExpiry } from './policies/password-expiry.ts';
import { reputation } from './policies/reputation.ts';
import { uniquePassword } from './policies/unique-password.ts';

/** Present on every policy type (Authentik's `Policy` model). */
const COMMON: readonly Field[] = [
  { api: 'execution_logging', default: false, type: 'boolean', description: 'Logs every evaluation, not only failures.' },
];

/** The policy types, one row and file each. */
const ROWS = {
  Expression: expression,
  Password: password,
  Reputation: reputation,
  Geoip: geoip,
  EventMatcher: eventMatcher,
  PasswordExpiry: passwordExpiry,
  UniquePassword: uniquePassword,
  Dummy: dummy,
} as const satisfies Record<string, TypeRow>;

/** The value of `spec.type` of an AuthentikPolicy. */
export type PolicyType = keyof typeof ROWS;

/** Every policy type, in the order of the table. */
export const POLICIES: readonly (CatalogueEntry & { readonly type: PolicyType })[] = Object.entries(
  ROWS as Record<PolicyType, TypeRow>,
).map(([type, row]) => ({
  type: type as PolicyType,
  member: type.charAt(0).toLowerCase() + type.slice(1),
  naturalKey: 'name',
  lookup: 'pk',
  family: '/policies/all/',
  // Bindings of ours are waited for before; whoever else binds the policy would lose a rule.
  parts: [],
  rules: [],
  ...row,
  fields: [...row.fields, ...COMMON],
}));
