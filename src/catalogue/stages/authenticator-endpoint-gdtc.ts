import type { TypeRow } from '../type-row.ts';
import { SET_UP_FIELDS } from './set-up-fields.ts';

export const authenticatorEndpointGdtc = {
  path: '/stages/authenticator/endpoint_gdtc/',
  model: 'authentik_stages_authenticator_endpoint_gdtc.authenticatorendpointgdtcstage',
  description: "Checks devices with Google's Chrome device trust. Deprecated in Authentik.",
  enterprise: true,
  fields: [
    ...SET_UP_FIELDS,
    {
      api: 'credentials',
      type: 'secret',
      json: true,
      readable: 'always',
      required: true,
      description: 'The JSON of a Google service account, which Authentik shows to whoever may view the stage.',
    },
  ],
} as const satisfies TypeRow;
