import type { TypeRow } from '../type-row.ts';

export const accountLockdown = {
  path: '/stages/account_lockdown/',
  model: 'authentik_stages_account_lockdown.accountlockdownstage',
  description: 'Locks the account of the person.',
  since: '2026.5',
  fields: [
    { api: 'deactivate_user', type: 'boolean', description: 'Deactivates the account.' },
    { api: 'set_unusable_password', type: 'boolean', description: 'Takes the password away.' },
    { api: 'delete_sessions', type: 'boolean', description: 'Ends all sessions.' },
    { api: 'revoke_tokens', type: 'boolean', description: 'Revokes all tokens.' },
    {
      api: 'self_service_completion_flow',
      type: 'reference',
      to: 'flow',
      nullable: true,
      description: 'The flow that people see who locked their own account.',
    },
  ],
} as const satisfies TypeRow;
