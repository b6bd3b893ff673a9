/** Flows, stage bindings, prompts, invitations, brands, sources, and the people and roles around them. Source: the recorded transcripts. */
import { asText, type Json } from '../json.ts';
import { type Errors, model, type ModelSpec, type Reference } from '../model.ts';
import { OAUTH2 } from './oauth2.ts';
import { POLICIES, POLICY_BINDINGS } from './policies.ts';
import { FLOW, STAGE, STAGES } from './stages.ts';

export const GROUP = 'authentik_core.group';
export const USER = 'authentik_core.user';
export const ROLE = 'authentik_rbac.role';
export const TOKEN = 'authentik_core.token';
export const SOURCE = 'authentik_core.source';
export const BRAND = 'authentik_brands.brand';
export const FLOW_BINDING = 'authentik_flows.flowstagebinding';
export const BLUEPRINT = 'authentik_blueprints.blueprintinstance';
export const PROMPT = 'authentik_stages_prompt.prompt';
export const PROMPT_STAGE = 'authentik_stages_prompt.promptstage';
/** Things that policies are bound to and flows don't touch, such as notification rules. */
export const OTHER_TARGET = 'authentik_events.notificationrule';

const many = (to: string): Reference => ({ to, onDelete: 'many' });
const nullable = (to: string): Reference => ({ to, onDelete: 'set_null' });
const BACKGROUND = /^[a-zA-Z0-9._/%()-]*$/;

function validateFlow(sent: Record<string, Json>): Errors | null {
  const { background } = sent;
  if (typeof background !== 'string' || /^https?:/.test(background)) return null;
  if (BACKGROUND.test(background.replaceAll('%(theme)s', ''))) return null;
  return {
    background: [
      'File name can only contain letters (a-z, A-Z), numbers (0-9), dots (.), hyphens (-), underscores (_), forward slashes (/), and the placeholder %(theme)s for theme-specific files',
    ],
  };
}

/** Judged by the body with the model's defaults, whatever is stored. */
function validateFlowBinding(sent: Record<string, Json>): Errors | null {
  const onPlan = sent.evaluate_on_plan ?? false;
  const onRun = sent.re_evaluate_policies ?? true;
  return onPlan === true || onRun === true
    ? null
    : { non_field_errors: ['Either evaluation on plan or evaluation on run must be enabled'] };
}

const SOURCE_DEFAULTS = {
  enabled: true,
  promoted: false,
  authentication_flow: null,
  enrollment_flow: null,
  user_property_mappings: [],
  group_property_mappings: [],
  policy_engine_mode: 'any',
  user_matching_mode: 'identifier',
  user_path_template: 'goauthentik.io/sources/%(slug)s',
  icon: '',
  managed: null,
};
const OAUTH_DEFAULTS = {
  request_token_url: null,
  authorization_url: null,
  access_token_url: null,
  profile_url: null,
  additional_scopes: '',
  oidc_well_known_url: '',
  oidc_jwks_url: '',
  oidc_jwks: {},
  authorization_code_auth_method: 'basic_auth',
  pkce: 'none',
  group_matching_mode: 'identifier',
};
const SOURCE_REFERENCES = { authentication_flow: nullable(FLOW), enrollment_flow: nullable(FLOW) };
const source = (className: string, verboseName: string, component: string, path: string | null, app: string): ModelSpec =>
  model({
    app,
    className,
    verboseName,
    component,
    path,
    schema: className === 'Source' ? 'Source' : className,
    base: SOURCE,
    lookup: 'slug',
    bindable: true,
    defaults: className === 'OAuthSource' ? { ...SOURCE_DEFAULTS, ...OAUTH_DEFAULTS } : SOURCE_DEFAULTS,
    references: SOURCE_REFERENCES,
    unique: { slug: 'source with this slug already exists.', name: 'source with this name already exists.' },
    search: ['name', 'slug'],
  });

const CORE: readonly ModelSpec[] = [
  model({
    app: 'authentik_flows',
    className: 'Flow',
    verboseName: 'Flow',
    path: '/flows/instances/',
    schema: 'Flow',
    lookup: 'slug',
    bindable: true,
    defaults: {
      background: '',
      policy_engine_mode: 'any',
      compatibility_mode: false,
      layout: 'stacked',
      denied_action: 'message_continue',
      authentication: 'none',
    },
    unique: { slug: 'Flow with this slug already exists.' },
    ordering: 'slug',
    search: ['name', 'slug', 'designation', 'title'],
    validate: validateFlow,
    title: (row) => `Flow ${asText(row.values.name)} (${asText(row.values.slug)})`,
    auditName: (row) => asText(row.values.name),
  }),
  model({
    app: 'authentik_flows',
    className: 'FlowStageBinding',
    verboseName: 'Flow Stage Binding',
    path: '/flows/bindings/',
    schema: 'FlowStageBinding',
    bindable: true,
    defaults: { evaluate_on_plan: false, re_evaluate_policies: true, policy_engine_mode: 'any', invalid_response_action: 'retry' },
    references: { target: { to: FLOW, onDelete: 'cascade' }, stage: { to: STAGE, onDelete: 'cascade' } },
    uniqueTogether: ['target', 'stage', 'order'],
    ordering: 'order',
    search: [],
    validate: validateFlowBinding,
    title: (row) => `Flow-stage binding #${asText(row.values.order)} to ${asText(row.values.target)}`,
    auditName: (row) => `Flow-stage binding #${asText(row.values.order)} to ${asText(row.values.target)}`,
  }),
  model({
    app: 'authentik_stages_prompt',
    className: 'Prompt',
    verboseName: 'Prompt',
    path: '/stages/prompt/prompts/',
    schema: 'Prompt',
    defaults: {
      required: true,
      placeholder: '',
      initial_value: '',
      order: 0,
      sub_text: '',
      placeholder_expression: false,
      initial_value_expression: false,
    },
    unique: { name: 'Prompt with this name already exists.' },
    ordering: 'field_key',
    search: ['field_key', 'name', 'label', 'type', 'placeholder'],
    title: (row) => `Prompt field '${asText(row.values.field_key)}' type ${asText(row.values.type)}`,
  }),
  model({
    app: 'authentik_stages_invitation',
    className: 'Invitation',
    verboseName: 'Invitation',
    path: '/stages/invitation/invitations/',
    schema: 'Invitation',
    defaults: { expires: null, fixed_data: {}, single_use: false, flow: null },
    references: { flow: { to: FLOW, onDelete: 'set_default' }, created_by: { to: USER, onDelete: 'cascade' } },
    ordering: 'expires',
    title: (row) => `Invitation ${String(row.pk)} created by ${asText(row.values.created_by)}`,
    auditName: (row) => `Invitation ${String(row.pk)} created by ${asText(row.values.created_by)}`,
  }),
  model({
    app: 'authentik_brands',
    className: 'Brand',
    verboseName: 'Brand',
    path: '/core/brands/',
    schema: 'Brand',
    idField: 'brand_uuid',
    defaults: {
      default: false,
      branding_title: 'authentik',
      branding_logo: '/static/dist/assets/icons/icon_left_brand.svg',
      branding_favicon: '/static/dist/assets/icons/icon.png',
      branding_custom_css: '',
      branding_default_flow_background: '/static/dist/assets/images/flow_background.jpg',
      flow_authentication: null,
      flow_invalidation: null,
      flow_recovery: null,
      flow_unenrollment: null,
      flow_user_settings: null,
      flow_device_code: null,
      default_application: null,
      web_certificate: null,
      client_certificates: [],
      attributes: {},
    },
    references: Object.fromEntries(
      ['flow_authentication', 'flow_invalidation', 'flow_recovery', 'flow_unenrollment', 'flow_user_settings', 'flow_device_code'].map(
        (field) => [field, nullable(FLOW)],
      ),
    ),
    unique: { domain: 'This field must be unique.' },
    ordering: 'domain',
    search: ['domain', 'branding_title'],
    validate: (sent, { store, instance }) =>
      sent.default === true && store.all(BRAND).some((row) => row !== instance && row.values.default === true)
        ? { default: ['Only a single brand can be set as default.'] }
        : null,
    title: (row) => (row.values.default === true ? 'Default brand' : `Brand ${asText(row.values.domain)}`),
    auditName: (row) => (row.values.default === true ? 'Default brand' : `Brand ${asText(row.values.domain)}`),
  }),
  source('Source', 'source', '', null, 'authentik_core'),
  source('OAuthSource', 'OAuth Source', 'ak-source-oauth-form', '/sources/oauth/', 'authentik_sources_oauth'),
  model({
    app: 'authentik_core',
    className: 'Group',
    verboseName: 'Group',
    path: '/core/groups/',
    schema: 'Group',
    // One parent in 2025.10, several from then on.
    defaults: { is_superuser: false, parent: null, parents: [], attributes: {}, users: [], roles: [] },
    references: { roles: many(ROLE), users: many(USER), parents: many(GROUP), parent: nullable(GROUP) },
    unique: { name: 'Group with this name already exists.' },
    search: ['name', 'is_superuser'],
    title: (row) => `Group ${asText(row.values.name)}`,
    auditName: (row) => `Group ${asText(row.values.name)}`,
  }),
  model({
    app: 'authentik_core',
    className: 'User',
    verboseName: 'User',
    path: '/core/users/',
    schema: 'User',
    integerPk: true,
    defaults: { is_active: true, email: '', attributes: {}, path: 'users', type: 'internal', groups: [], roles: [], last_login: null },
    references: { groups: many(GROUP), roles: many(ROLE) },
    unique: { username: 'This field must be unique.' },
    ordering: 'date_joined',
    search: ['username', 'name', 'is_active', 'email', 'uuid'],
    title: (row) => asText(row.values.username),
  }),
  model({
    app: 'authentik_rbac',
    className: 'Role',
    verboseName: 'Role',
    path: '/rbac/roles/',
    schema: 'Role',
    defaults: { permissions: [] },
    unique: { name: 'Role with this name already exists.' },
  }),
  model({
    app: 'authentik_core',
    className: 'Token',
    verboseName: 'Token',
    path: '/core/tokens/',
    schema: 'Token',
    defaults: { managed: null, intent: 'api', description: '', expiring: true },
    references: { user: { to: USER, onDelete: 'cascade' } },
    unique: { identifier: 'Token with this identifier already exists.' },
    ordering: 'expires',
    search: ['identifier', 'intent', 'description'],
  }),
  model({
    app: 'authentik_blueprints',
    className: 'BlueprintInstance',
    verboseName: 'Blueprint Instance',
    path: '/managed/blueprints/',
    schema: 'BlueprintInstance',
    defaults: { path: '', context: {}, enabled: true, content: '' },
    validate: ({ path, content }) => (path || content ? null : { non_field_errors: ['Either path or content must be set.'] }),
    unique: { name: 'Blueprint Instance with this name already exists.' },
  }),
  model({
    app: 'authentik_events',
    className: 'NotificationRule',
    verboseName: 'Notification Rule',
    path: null,
    schema: 'NotificationRule',
    bindable: true,
  }),
  model({
    app: 'authentik_events',
    className: 'NotificationWebhookMapping',
    verboseName: 'Webhook Mapping',
    path: '/propertymappings/notification/',
    schema: 'NotificationWebhookMapping',
    unique: { name: 'This field must be unique.' },
  }),
  // Connectors of all types in one list; those of each type are made elsewhere.
  model({
    app: 'authentik_endpoints',
    className: 'Connector',
    verboseName: 'connector',
    path: '/endpoints/connectors/',
    schema: 'Connector',
    idField: 'connector_uuid',
    defaults: { enabled: true },
  }),
  // Filled by the worker from a list of the FIDO Alliance.
  model({
    app: 'authentik_stages_authenticator_webauthn',
    className: 'WebAuthnDeviceType',
    verboseName: 'WebAuthn Device type',
    path: '/stages/authenticator/webauthn_device_types/',
    schema: 'WebAuthnDeviceType',
    idField: 'aaguid',
    ordering: 'description',
    search: ['description', 'aaguid'],
  }),
];

/** Every model that the stand-in holds. */
export const MODELS: readonly ModelSpec[] = [...CORE, ...OAUTH2, ...STAGES, ...POLICIES, POLICY_BINDINGS];
