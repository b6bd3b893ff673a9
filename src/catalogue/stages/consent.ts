import type { TypeRow } from '../type-row.ts';

export const consent = {
  path: '/stages/consent/',
  model: 'authentik_stages_consent.consentstage',
  description: 'Asks the person to agree to what comes next.',
  fields: [
    {
      api: 'mode',
      default: 'expiring',
      type: 'enum',
      values: ['always_require', 'permanent', 'expiring'],
      description: 'Whether consent is asked for every time, once, or again after `consentExpireIn`.',
    },
    { api: 'consent_expire_in', default: 'weeks=4', type: 'duration', description: 'With mode `expiring`: how long a consent holds.' },
  ],
} as const satisfies TypeRow;
