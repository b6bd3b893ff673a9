import type { TypeRow } from '../type-row.ts';

export const password = {
  path: '/stages/password/',
  model: 'authentik_stages_password.passwordstage',
  description: 'Asks for the password and checks it.',
  fields: [
    {
      api: 'backends',
      type: 'enumArray',
      minItems: 1,
      required: true,
      values: [
        'authentik.core.auth.InbuiltBackend',
        'authentik.core.auth.TokenBackend',
        'authentik.sources.ldap.auth.LDAPBackend',
        'authentik.sources.kerberos.auth.KerberosBackend',
      ],
      description: 'What the password is checked against, in this order.',
    },
    {
      api: 'configure_flow',
      default: null,
      type: 'reference',
      to: 'flow',
      nullable: true,
      description: 'The flow in which people change their password.',
    },
    {
      api: 'failed_attempts_before_cancel',
      default: 5,
      type: 'integer',
      minimum: 0,
      maximum: 2147483647,
      description: 'After so many wrong passwords the flow ends.',
    },
    { api: 'allow_show_password', default: false, type: 'boolean', description: 'Lets people look at what they typed.' },
  ],
} as const satisfies TypeRow;
