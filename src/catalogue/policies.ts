import type { CatalogueEntry } from './entity.ts';
import type { Field } from './field.ts';

interface PolicyRow {
  readonly path: string;
  readonly model: string;
  readonly description: string;
  readonly fields: readonly Field[];
}

/** Present on every policy type (Authentik's `Policy` model). */
const COMMON: readonly Field[] = [{ api: 'execution_logging', type: 'boolean', description: 'Logs every evaluation, not only failures.' }];

/** The policy types, one row each. */
const ROWS = {
  Expression: {
    path: '/policies/expression/',
    model: 'authentik_policies_expression.expressionpolicy',
    description: 'Decides by a Python expression.',
    fields: [
      {
        api: 'expression',
        type: 'string',
        minLength: 1,
        maxLength: 65536,
        required: true,
        description: 'Python that returns a boolean. Authentik checks its syntax.',
      },
    ],
  },
  Password: {
    path: '/policies/password/',
    model: 'authentik_policies_password.passwordpolicy',
    description: 'Decides whether a new password is good enough.',
    fields: [
      {
        api: 'password_field',
        type: 'string',
        minLength: 1,
        maxLength: 256,
        description: 'The `fieldKey` of the prompt that holds the password.',
      },
      { api: 'check_static_rules', type: 'boolean', description: 'Applies the amounts and the length below.' },
      { api: 'check_have_i_been_pwned', type: 'boolean', description: 'Asks haveibeenpwned.com whether the password has leaked.' },
      { api: 'check_zxcvbn', type: 'boolean', description: 'Estimates the strength of the password.' },
      { api: 'amount_digits', type: 'integer', minimum: 0, maximum: 2147483647, description: 'At least so many digits.' },
      { api: 'amount_uppercase', type: 'integer', minimum: 0, maximum: 2147483647, description: 'At least so many upper-case letters.' },
      { api: 'amount_lowercase', type: 'integer', minimum: 0, maximum: 2147483647, description: 'At least so many lower-case letters.' },
      { api: 'amount_symbols', type: 'integer', minimum: 0, maximum: 2147483647, description: 'At least so many symbols.' },
      { api: 'length_min', type: 'integer', minimum: 0, maximum: 2147483647, description: 'At least so long.' },
      { api: 'symbol_charset', type: 'string', minLength: 1, maxLength: 1024, description: 'What counts as a symbol.' },
      { api: 'error_message', type: 'string', maxLength: 4096, description: 'What the person is told.' },
      { api: 'hibp_allowed_count', type: 'integer', minimum: 0, maximum: 2147483647, description: 'How many leaks are tolerated.' },
      {
        api: 'zxcvbn_score_threshold',
        type: 'integer',
        minimum: 0,
        maximum: 4,
        description: 'Passwords with this score or less are refused.',
      },
    ],
  },
} as const satisfies Record<string, PolicyRow>;

/** The value of `spec.type` of an AuthentikPolicy. */
export type PolicyType = keyof typeof ROWS;

/** Every policy type, in the order of the table. */
export const POLICIES: readonly (CatalogueEntry & { readonly type: PolicyType })[] = Object.entries(
  ROWS as Record<PolicyType, PolicyRow>,
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
