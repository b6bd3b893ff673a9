import type { TypeRow } from '../type-row.ts';

export const userDelete = {
  path: '/stages/user_delete/',
  model: 'authentik_stages_user_delete.userdeletestage',
  description: 'Deletes the account of the person, without asking.',
  fields: [],
} as const satisfies TypeRow;
