import type { TypeRow } from '../type-row.ts';

export const prompt = {
  path: '/stages/prompt/stages/',
  model: 'authentik_stages_prompt.promptstage',
  description: 'Shows a form made of prompts.',
  fields: [
    {
      api: 'fields',
      type: 'referenceSet',
      to: 'prompt',
      minItems: 1,
      required: true,
      description: 'The prompts of the form. They are shown by their own `order`, whatever the order here.',
    },
    {
      api: 'validation_policies',
      default: [],
      type: 'referenceSet',
      to: 'policy',
      description: 'Policies that must all accept the answers.',
    },
  ],
} as const satisfies TypeRow;
