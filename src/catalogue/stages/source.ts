import type { TypeRow } from '../type-row.ts';

export const source = {
  path: '/stages/source/',
  model: 'authentik_stages_source.sourcestage',
  description: 'Sends the person to an external source and goes on when they return.',
  enterprise: true,
  fields: [
    {
      api: 'source',
      type: 'reference',
      to: 'source',
      nullable: false,
      required: true,
      description: 'The source, one that people log in to in a browser.',
    },
    { api: 'resume_timeout', default: 'minutes=10', type: 'duration', description: 'How long the person may take there.' },
    {
      api: 'resume_on_match_failures',
      type: 'enumArray',
      values: ['missing_property'],
      since: '2026.8',
      description: 'Goes on although the source could not match the person, for these reasons.',
    },
  ],
} as const satisfies TypeRow;
