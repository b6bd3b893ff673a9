import type { TypeRow } from '../type-row.ts';

export const userWrite = {
  path: '/stages/user_write/',
  model: 'authentik_stages_user_write.userwritestage',
  description: 'Creates or updates the user from what the form collected.',
  fields: [
    {
      api: 'user_creation_mode',
      default: 'create_when_required',
      type: 'enum',
      values: ['never_create', 'create_when_required', 'always_create'],
      description: 'Whether a new user may be created.',
    },
    {
      api: 'create_users_as_inactive',
      default: false,
      type: 'boolean',
      description: "New users can't log in until something activates them, such as an e-mail stage with `activateUserOnSuccess`.",
    },
    {
      api: 'create_users_group',
      default: null,
      type: 'reference',
      to: 'group',
      nullable: true,
      description: 'The group that new users join.',
    },
    {
      api: 'user_type',
      default: 'external',
      type: 'enum',
      values: ['internal', 'external', 'service_account', 'internal_service_account'],
      description: 'The type of new users.',
    },
    {
      api: 'user_path_template',
      default: '',
      type: 'string',
      maxLength: 1024,
      description: 'The path of new users. `""` means the default path.',
    },
  ],
} as const satisfies TypeRow;
