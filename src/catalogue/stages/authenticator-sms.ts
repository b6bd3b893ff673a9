import type { TypeRow } from '../type-row.ts';
import { SET_UP_FIELDS } from './set-up-fields.ts';

export const authenticatorSms = {
  path: '/stages/authenticator/sms/',
  model: 'authentik_stages_authenticator_sms.authenticatorsmsstage',
  description: 'Lets people set up codes by SMS as a second factor, and sends the codes.',
  fields: [
    ...SET_UP_FIELDS,
    {
      api: 'provider',
      type: 'enum',
      values: ['twilio', 'generic'],
      required: true,
      description: 'Who sends: Twilio, or any web service (`generic`).',
    },
    { api: 'from_number', type: 'string', minLength: 1, maxLength: 1024, required: true, description: 'The sender.' },
    {
      api: 'account_sid',
      type: 'string',
      minLength: 1,
      maxLength: 4096,
      required: true,
      description: 'The account SID at Twilio; for `generic` the URL of the web service.',
    },
    {
      api: 'auth',
      type: 'secret',
      readable: { before: '2026.8' },
      required: true,
      description: 'The auth token of Twilio; for `generic` the user name or the bearer token.',
    },
    {
      api: 'auth_password',
      type: 'secret',
      readable: { before: '2026.8' },
      description: 'For `generic` with `authType: basic`: the password.',
    },
    {
      api: 'auth_type',
      default: 'basic',
      type: 'enum',
      values: ['basic', 'bearer'],
      description: 'For `generic`: how the web service is logged in to.',
    },
    {
      api: 'verify_only',
      default: false,
      type: 'boolean',
      description: 'Keeps only a hash of the number: enough to verify it, not to log in with codes.',
    },
    {
      api: 'mapping',
      default: null,
      type: 'reference',
      to: 'notificationMapping',
      nullable: true,
      description: 'For `generic`: the webhook mapping that makes the body of the request.',
    },
  ],
} as const satisfies TypeRow;
