import type { TypeRow } from '../type-row.ts';

export const invitation = {
  path: '/stages/invitation/stages/',
  model: 'authentik_stages_invitation.invitationstage',
  description: 'Lets only people with an invitation go on.',
  fields: [
    {
      api: 'continue_flow_without_invitation',
      default: false,
      type: 'boolean',
      description: 'Lets people without an invitation go on as well.',
    },
  ],
} as const satisfies TypeRow;
