import type { TypeRow } from '../type-row.ts';

export const passwordExpiry = {
  path: '/policies/password_expiry/',
  model: 'authentik_policies_expiry.passwordexpirypolicy',
  description: 'Decides whether a password is too old.',
  fields: [
    { api: 'days', type: 'integer', minimum: 0, maximum: 2147483647, required: true, description: 'How old a password may become.' },
    {
      api: 'deny_only',
      default: false,
      type: 'boolean',
      description: 'Only refuses; otherwise the old password is made unusable as well.',
    },
  ],
} as const satisfies TypeRow;
