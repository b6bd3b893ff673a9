import type { StageRow } from '../stage-row.ts';

export const userLogout = {
  path: '/stages/user_logout/',
  model: 'authentik_stages_user_logout.userlogoutstage',
  description: 'Logs the person out.',
  fields: [],
} as const satisfies StageRow;
