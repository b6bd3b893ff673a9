import type { TypeRow } from '../type-row.ts';
import { SET_UP_FIELDS } from './set-up-fields.ts';

export const authenticatorTotp = {
  path: '/stages/authenticator/totp/',
  model: 'authentik_stages_authenticator_totp.authenticatortotpstage',
  description: 'Lets people set up an authenticator app (TOTP) as a second factor.',
  fields: [
    ...SET_UP_FIELDS,
    {
      api: 'digits',
      type: 'enum',
      values: ['6', '8'],
      required: true,
      description: 'How long the codes are: a string, so quote it. Many apps know 6 only.',
    },
  ],
} as const satisfies TypeRow;
