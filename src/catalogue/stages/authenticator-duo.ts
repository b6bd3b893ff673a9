import type { TypeRow } from '../type-row.ts';
import { SET_UP_FIELDS } from './set-up-fields.ts';

export const authenticatorDuo = {
  path: '/stages/authenticator/duo/',
  model: 'authentik_stages_authenticator_duo.authenticatorduostage',
  description: 'Lets people set up Duo as a second factor.',
  fields: [
    ...SET_UP_FIELDS,
    {
      api: 'client_id',
      type: 'string',
      minLength: 1,
      maxLength: 1024,
      required: true,
      description: 'The client id of the Auth API application at Duo.',
    },
    { api: 'client_secret', type: 'secret', required: true, description: 'Its secret.' },
    {
      api: 'api_hostname',
      type: 'string',
      minLength: 1,
      maxLength: 1024,
      required: true,
      description: 'The API host name that Duo shows, without `https://`.',
    },
    {
      api: 'admin_integration_key',
      default: '',
      type: 'string',
      maxLength: 1024,
      description: 'The integration key of the Admin API application, for importing devices. `""` for none.',
    },
    { api: 'admin_secret_key', type: 'secret', description: 'The secret of the Admin API application.' },
  ],
} as const satisfies TypeRow;
