import type { TypeRow } from '../type-row.ts';
import { SET_UP_FIELDS } from './set-up-fields.ts';
import { SMTP_FIELDS, SMTP_RULES } from './smtp-fields.ts';

export const authenticatorEmail = {
  path: '/stages/authenticator/email/',
  model: 'authentik_stages_authenticator_email.authenticatoremailstage',
  description: 'Lets people set up codes by mail as a second factor, and sends the codes.',
  rules: SMTP_RULES,
  smtp: true,
  fields: [
    ...SET_UP_FIELDS,
    ...SMTP_FIELDS,
    { api: 'password', type: 'secret', ascii: true, readable: { before: '2026.8' }, description: 'The password for SMTP.' },
    {
      api: 'subject',
      default: 'authentik Sign-in code',
      type: 'string',
      minLength: 1,
      maxLength: 998,
      description: 'The subject of the mail.',
    },
    { api: 'token_expiry', default: 'minutes=30', type: 'duration', description: 'How long a code works.' },
    {
      api: 'template',
      default: 'email/email_otp.html',
      type: 'string',
      minLength: 1,
      maxLength: 256,
      description: 'A template that this Authentik has. Authentik does not check it here.',
    },
  ],
} as const satisfies TypeRow;
