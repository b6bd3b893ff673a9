import type { TypeRow } from '../type-row.ts';

export const uniquePassword = {
  path: '/policies/unique_password/',
  model: 'authentik_policies_unique_password.uniquepasswordpolicy',
  description: 'Refuses passwords that the person had before.',
  enterprise: true,
  fields: [
    {
      api: 'password_field',
      default: 'password',
      type: 'string',
      minLength: 1,
      maxLength: 256,
      description: 'The `fieldKey` of the prompt that holds the password.',
    },
    {
      api: 'num_historical_passwords',
      default: 1,
      type: 'integer',
      minimum: 0,
      maximum: 2147483647,
      description: 'How many earlier passwords are compared.',
    },
  ],
} as const satisfies TypeRow;
