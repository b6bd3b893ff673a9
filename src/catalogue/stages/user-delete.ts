import type { StageRow } from '../stage-row.ts';

export const userDelete = {
  path: '/stages/user_delete/',
  model: 'authentik_stages_user_delete.userdeletestage',
  description: 'Deletes the account of the person, without asking.',
  fields: [],
} as const satisfies StageRow;
