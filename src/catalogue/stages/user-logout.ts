import type { TypeRow } from '../type-row.ts';

export const userLogout = {
  path: '/stages/user_logout/',
  model: 'authentik_stages_user_logout.userlogoutstage',
  description: 'Logs the person out.',
  fields: [],
} as const satisfies TypeRow;
