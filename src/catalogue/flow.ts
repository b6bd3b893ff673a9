import type { EntityType } from './entity.ts';
import type { Field } from './field.ts';

/** The flow itself, without what is bound to it. */
export const FLOW = {
  path: '/flows/instances/',
  model: 'authentik_flows.flow',
  naturalKey: 'slug',
  lookup: 'slug',
  // Which login, recovery or logout is the default one.
  heldBy: ['authentik_brands.brand'],
  parts: [
    'authentik_flows.flowstagebinding',
    'authentik_policies.policybinding',
    'authentik_policies.policy',
    'authentik_flows.flowtoken',
    'authentik_flows.stage',
  ],
  fields: [
    { api: 'name', type: 'string', minLength: 1, maxLength: 1024, required: true, description: 'The name that administrators see.' },
    {
      api: 'title',
      type: 'string',
      minLength: 1,
      maxLength: 1024,
      required: true,
      description: 'The heading that visitors see. May hold `%(app)s` and `%(user)s`.',
    },
    {
      api: 'designation',
      type: 'enum',
      required: true,
      values: ['authentication', 'authorization', 'invalidation', 'enrollment', 'unenrollment', 'recovery', 'stage_configuration'],
      description: 'What the flow is for.',
    },
    {
      api: 'authentication',
      type: 'enum',
      values: [
        'none',
        'require_authenticated',
        'require_unauthenticated',
        'require_superuser',
        'require_redirect',
        'require_outpost',
        { value: 'require_token', since: '2026.5' },
      ],
      description: 'Who may enter the flow.',
    },
    {
      api: 'denied_action',
      type: 'enum',
      values: ['message_continue', 'message', 'continue'],
      description: 'What happens to those who may not.',
    },
    { api: 'compatibility_mode', type: 'boolean', description: 'Helps password managers of mobile browsers.' },
    {
      api: 'layout',
      type: 'enum',
      values: [
        'stacked',
        'content_left',
        'content_right',
        'sidebar_left',
        'sidebar_right',
        { value: 'sidebar_left_frame_background', since: '2026.2' },
        { value: 'sidebar_right_frame_background', since: '2026.2' },
      ],
      description: 'How the page is laid out.',
    },
    {
      api: 'background',
      type: 'string',
      maxLength: 2048,
      since: '2025.12',
      description: 'Picture behind the page: a file in media storage, a URL or a `/static/…` path. `""` means the default.',
    },
    {
      api: 'policy_engine_mode',
      type: 'enum',
      values: ['any', 'all'],
      description: "Whether one or all of the flow's policies must pass.",
    },
  ] satisfies readonly Field[],
} as const satisfies EntityType;
