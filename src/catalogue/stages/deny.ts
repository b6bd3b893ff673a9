import type { TypeRow } from '../type-row.ts';

export const deny = {
  path: '/stages/deny/',
  model: 'authentik_stages_deny.denystage',
  description: 'Ends the flow with a refusal.',
  fields: [{ api: 'deny_message', default: '', type: 'string', maxLength: 4096, description: 'What the person is told.' }],
} as const satisfies TypeRow;
