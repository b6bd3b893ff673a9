import type { TypeRow } from '../type-row.ts';

export const redirect = {
  path: '/stages/redirect/',
  leadsOn: true,
  model: 'authentik_stages_redirect.redirectstage',
  description: 'Sends the person to a URL or on to another flow.',
  fields: [
    { api: 'keep_context', default: true, type: 'boolean', description: 'With mode `flow`: what was collected goes along.' },
    {
      api: 'mode',
      type: 'enum',
      values: ['static', 'flow'],
      required: true,
      resend: true,
      description: '`static` for a URL, `flow` for another flow.',
    },
    { api: 'target_static', default: '', type: 'string', maxLength: 2048, resend: true, description: 'The URL, for mode `static`.' },
    {
      api: 'target_flow',
      default: null,
      type: 'reference',
      to: 'flow',
      nullable: true,
      resend: true,
      until: { mode: 'static', target_static: '/' },
      description: 'The flow, for mode `flow`.',
    },
  ],
  rules: [
    {
      rule: "!has(self.mode) || self.mode != 'static' || (has(self.targetStatic) && size(self.targetStatic) > 0)",
      message: 'mode static needs targetStatic: write the URL to go to',
    },
    {
      rule: "!has(self.mode) || self.mode != 'flow' || (has(self.targetFlow) && !has(self.targetFlow.none))",
      message: 'mode flow needs targetFlow: write the flow to go to',
    },
  ],
} as const satisfies TypeRow;
