import type { TypeRow } from '../type-row.ts';

export const expression = {
  path: '/policies/expression/',
  model: 'authentik_policies_expression.expressionpolicy',
  description: 'Decides by a Python expression.',
  fields: [
    {
      api: 'expression',
      type: 'string',
      minLength: 1,
      maxLength: 65536,
      required: true,
      description: 'Python that returns a boolean. Authentik checks its syntax.',
    },
  ],
} as const satisfies TypeRow;
