import type { TypeRow } from '../type-row.ts';

export const endpoints = {
  path: '/stages/endpoints/',
  model: 'authentik_endpoints.endpointstage',
  description: 'Asks the device of the visitor who it is, by an endpoint connector.',
  since: '2025.12',
  fields: [
    { api: 'connector', type: 'reference', to: 'connector', nullable: false, required: true, description: 'The connector.' },
    {
      api: 'mode',
      default: 'optional',
      type: 'enum',
      values: ['optional', 'required'],
      description: 'Whether a device that says nothing is let through.',
    },
  ],
} as const satisfies TypeRow;
