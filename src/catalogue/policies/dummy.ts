import type { TypeRow } from '../type-row.ts';

export const dummy = {
  path: '/policies/dummy/',
  model: 'authentik_policies_dummy.dummypolicy',
  description: 'Decides the same every time, after a while. For tests.',
  rules: [
    {
      rule: '!has(self.waitMin) || !has(self.waitMax) || self.waitMin < self.waitMax',
      message: 'waitMax must be greater than waitMin: Authentik fails otherwise',
    },
  ],
  fields: [
    { api: 'result', default: false, type: 'boolean', description: 'What it decides.' },
    { api: 'wait_min', default: 5, type: 'integer', minimum: 0, maximum: 2147483647, description: 'Waits at least so many seconds.' },
    { api: 'wait_max', default: 30, type: 'integer', minimum: 0, maximum: 2147483647, description: 'Waits less than so many seconds.' },
  ],
} as const satisfies TypeRow;
