import type { TypeRow } from '../type-row.ts';
import { SMTP_FIELDS, SMTP_RULES } from './smtp-fields.ts';

export const email = {
  path: '/stages/email/',
  model: 'authentik_stages_email.emailstage',
  description: 'Sends a mail with a link, and goes on when the link is opened and confirmed.',
  fields: [
    ...SMTP_FIELDS,
    { api: 'password', type: 'secret', ascii: true, description: 'The password for SMTP.' },
    { api: 'token_expiry', default: 'minutes=30', type: 'duration', description: 'How long the link in the mail works.' },
    { api: 'subject', default: 'authentik', type: 'string', minLength: 1, maxLength: 998, description: 'The subject of the mail.' },
    {
      api: 'template',
      default: 'email/password_reset.html',
      type: 'string',
      minLength: 1,
      maxLength: 256,
      choices: '/stages/email/templates/',
      description: 'A template that this Authentik has, such as `email/account_confirmation.html`.',
    },
    { api: 'activate_user_on_success', default: false, type: 'boolean', description: 'Activates the user when the link is confirmed.' },
    {
      api: 'recovery_max_attempts',
      default: 5,
      type: 'integer',
      minimum: 1,
      maximum: 2147483647,
      description: 'How many mails may be asked for within `recoveryCacheTimeout`.',
    },
    {
      api: 'recovery_cache_timeout',
      default: 'minutes=5',
      type: 'duration',
      description: 'The time that `recoveryMaxAttempts` counts over.',
    },
  ],
  rules: SMTP_RULES,
  smtp: true,
} as const satisfies TypeRow;
