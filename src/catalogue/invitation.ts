import type { BindingTable } from './bindings.ts';
import type { Field } from './field.ts';

/**
 * An invitation to an enrollment flow. Its primary key is what the link carries, and so a credential: whoever has it may enter. Names are not
 * unique. What is left out expires after half an hour (seen live on 2025.12 and 2026.2).
 */
export const INVITATION = {
  path: '/stages/invitation/invitations/',
  model: 'authentik_stages_invitation.invitation',
  fields: [
    { api: 'flow', type: 'reference', to: 'flow', nullable: true, description: 'The flow that it is for; of none, it is for every flow.' },
    { api: 'expires', type: 'string', nullable: true, description: 'Until when it may be used.' },
    { api: 'single_use', type: 'boolean', description: 'It is gone once somebody has used it.' },
    { api: 'fixed_data', type: 'json', description: 'What the flow takes as filled in already, by the keys of its prompts.' },
  ] satisfies readonly Field[],
} as const satisfies BindingTable;
