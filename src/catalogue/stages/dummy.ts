import type { TypeRow } from '../type-row.ts';

export const dummy = {
  path: '/stages/dummy/',
  model: 'authentik_stages_dummy.dummystage',
  description: 'Does nothing. For tests.',
  fields: [{ api: 'throw_error', default: false, type: 'boolean', description: 'Fails on purpose.' }],
} as const satisfies TypeRow;
