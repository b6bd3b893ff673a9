import type { TypeRow } from '../type-row.ts';
import { SET_UP_FIELDS } from './set-up-fields.ts';

export const authenticatorStatic = {
  path: '/stages/authenticator/static/',
  model: 'authentik_stages_authenticator_static.authenticatorstaticstage',
  description: 'Gives people a list of one-time codes to keep.',
  fields: [
    ...SET_UP_FIELDS,
    { api: 'token_count', default: 6, type: 'integer', minimum: 0, maximum: 1000, description: 'How many codes.' },
    { api: 'token_length', default: 12, type: 'integer', minimum: 0, maximum: 100, description: 'How long each is.' },
  ],
} as const satisfies TypeRow;
