import type { TypeRow } from '../type-row.ts';

export const mtls = {
  path: '/stages/mtls/',
  model: 'authentik_stages_mtls.mutualtlsstage',
  description: 'Reads the client certificate that the visitor came with.',
  enterprise: true,
  fields: [
    {
      api: 'mode',
      type: 'enum',
      values: ['optional', 'required'],
      required: true,
      description: 'Whether visitors without a certificate are refused.',
    },
    {
      api: 'certificate_authorities',
      default: [],
      type: 'referenceSet',
      to: 'certificate',
      description: 'Who may have signed the certificate. `[]` for the authorities of the brand.',
    },
    {
      api: 'cert_attribute',
      type: 'enum',
      values: ['subject', 'common_name', 'email'],
      required: true,
      description: 'What in the certificate tells who it is.',
    },
    {
      api: 'user_attribute',
      type: 'enum',
      values: ['username', 'email'],
      required: true,
      description: 'What of the user it is compared with.',
    },
  ],
} as const satisfies TypeRow;
