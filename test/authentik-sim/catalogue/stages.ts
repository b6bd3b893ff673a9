/**
 * Stage types: what the server fills in and what it refuses, beyond the official schema. Source of every row: the recorded transcripts
 * `stage-catalogue` and `stage-validation`, and for defaults they don't show, Authentik's documentation of the models.
 */
import { asText, type Json, type JsonObject } from '../json.ts';
import { type Errors, model, type ModelSpec, type OnDelete, type Reference, type ValidationContext } from '../model.ts';
import { validateEmail, validateIdentification, validateMfa, validateRedirect, validateSource } from './stage-rules.ts';

export const STAGE = 'authentik_flows.stage';
export const FLOW = 'authentik_flows.flow';

const toFlow = (onDelete: OnDelete = 'set_null'): Reference => ({ to: FLOW, onDelete });
const many = (to: string): Reference => ({ to, onDelete: 'many' });
const CONFIGURABLE: JsonObject = { configure_flow: null, friendly_name: '' };
const CONFIGURE_FLOW = { configure_flow: toFlow() };
const SMTP: JsonObject = {
  use_global_settings: false,
  host: 'localhost',
  port: 25,
  username: '',
  password: '',
  use_tls: false,
  use_ssl: false,
  timeout: 10,
  from_address: 'system@authentik.local',
  token_expiry: 'minutes=30',
};

interface StageRow {
  className: string;
  verboseName: string;
  component: string;
  app?: string;
  path?: string;
  defaults?: JsonObject;
  references?: Record<string, Reference>;
  durations?: string[];
  nonEmpty?: string[];
  enterprise?: true;
  uniqueWithinModel?: true;
  validate?: (attributes: Record<string, Json>, context: ValidationContext) => Errors | null;
}

const ROWS: Record<string, StageRow> = {
  'authenticator/duo': {
    className: 'AuthenticatorDuoStage',
    verboseName: 'Duo Authenticator Setup Stage',
    component: 'ak-stage-authenticator-duo-form',
    defaults: { ...CONFIGURABLE, admin_integration_key: '', admin_secret_key: '' },
    references: CONFIGURE_FLOW,
  },
  'authenticator/email': {
    className: 'AuthenticatorEmailStage',
    verboseName: 'Email Authenticator Setup Stage',
    component: 'ak-stage-authenticator-email-form',
    defaults: { ...CONFIGURABLE, ...SMTP, subject: 'authentik Sign-in code', template: 'email/email_otp.html' },
    references: CONFIGURE_FLOW,
    durations: ['token_expiry'],
  },
  'authenticator/endpoint_gdtc': {
    className: 'AuthenticatorEndpointGDTCStage',
    verboseName: 'Endpoint Authenticator Google Device Trust Connector Stage',
    component: 'ak-stage-authenticator-endpoint-gdtc-form',
    defaults: CONFIGURABLE,
    references: CONFIGURE_FLOW,
    enterprise: true,
  },
  'authenticator/sms': {
    className: 'AuthenticatorSMSStage',
    verboseName: 'SMS Authenticator Setup Stage',
    component: 'ak-stage-authenticator-sms-form',
    defaults: { ...CONFIGURABLE, auth_password: '', auth_type: 'basic', verify_only: false, mapping: null },
    references: { ...CONFIGURE_FLOW, mapping: { to: 'authentik_events.notificationwebhookmapping', onDelete: 'set_null' } },
  },
  'authenticator/static': {
    className: 'AuthenticatorStaticStage',
    verboseName: 'Static Authenticator Setup Stage',
    component: 'ak-stage-authenticator-static-form',
    defaults: { ...CONFIGURABLE, token_count: 6, token_length: 12 },
    references: CONFIGURE_FLOW,
  },
  'authenticator/totp': {
    className: 'AuthenticatorTOTPStage',
    verboseName: 'TOTP Authenticator Setup Stage',
    component: 'ak-stage-authenticator-totp-form',
    defaults: CONFIGURABLE,
    references: CONFIGURE_FLOW,
  },
  'authenticator/validate': {
    className: 'AuthenticatorValidateStage',
    verboseName: 'Authenticator Validation Stage',
    component: 'ak-stage-authenticator-validate-form',
    defaults: {
      not_configured_action: 'skip',
      device_classes: ['static', 'totp', 'webauthn', 'duo', 'sms', 'email'],
      configuration_stages: [],
      last_auth_threshold: 'seconds=0',
      webauthn_user_verification: 'preferred',
      webauthn_allowed_device_types: [],
      webauthn_hints: [],
    },
    references: {
      configuration_stages: many(STAGE),
      webauthn_allowed_device_types: many('authentik_stages_authenticator_webauthn.webauthndevicetype'),
    },
    durations: ['last_auth_threshold'],
    nonEmpty: ['device_classes'],
    validate: validateMfa,
  },
  'authenticator/webauthn': {
    className: 'AuthenticatorWebAuthnStage',
    verboseName: 'WebAuthn Authenticator Setup Stage',
    component: 'ak-stage-authenticator-webauthn-form',
    defaults: {
      ...CONFIGURABLE,
      user_verification: 'preferred',
      authenticator_attachment: null,
      resident_key_requirement: 'preferred',
      device_type_restrictions: [],
      max_attempts: 0,
      hints: [],
      prevent_duplicate_devices: true,
    },
    references: { ...CONFIGURE_FLOW, device_type_restrictions: many('authentik_stages_authenticator_webauthn.webauthndevicetype') },
  },
  captcha: {
    className: 'CaptchaStage',
    verboseName: 'Captcha Stage',
    component: 'ak-stage-captcha-form',
    defaults: {
      js_url: 'https://www.recaptcha.net/recaptcha/api.js',
      api_url: 'https://www.recaptcha.net/recaptcha/api/siteverify',
      interactive: false,
      score_min_threshold: 0.5,
      score_max_threshold: 1,
      error_on_invalid_score: true,
    },
  },
  consent: {
    className: 'ConsentStage',
    verboseName: 'Consent Stage',
    component: 'ak-stage-consent-form',
    defaults: { mode: 'expiring', consent_expire_in: 'weeks=4' },
    durations: ['consent_expire_in'],
  },
  deny: { className: 'DenyStage', verboseName: 'Deny Stage', component: 'ak-stage-deny-form', defaults: { deny_message: '' } },
  dummy: { className: 'DummyStage', verboseName: 'Dummy Stage', component: 'ak-stage-dummy-form', defaults: { throw_error: false } },
  email: {
    className: 'EmailStage',
    verboseName: 'Email Stage',
    component: 'ak-stage-email-form',
    defaults: {
      ...SMTP,
      subject: 'authentik',
      template: 'email/password_reset.html',
      activate_user_on_success: false,
      recovery_max_attempts: 5,
      recovery_cache_timeout: 'minutes=5',
    },
    durations: ['token_expiry', 'recovery_cache_timeout'],
    validate: validateEmail,
  },
  endpoints: {
    className: 'EndpointStage',
    verboseName: 'Endpoint Stage',
    component: 'ak-endpoints-stage-form',
    app: 'authentik_endpoints',
    defaults: { mode: 'optional' },
    references: { connector: { to: 'authentik_endpoints.connector', onDelete: 'cascade' } },
  },
  identification: {
    className: 'IdentificationStage',
    verboseName: 'Identification Stage',
    component: 'ak-stage-identification-form',
    defaults: {
      password_stage: null,
      captcha_stage: null,
      webauthn_stage: null,
      case_insensitive_matching: true,
      show_matched_user: true,
      pretend_user_exists: true,
      enable_remember_me: false,
      enrollment_flow: null,
      recovery_flow: null,
      passwordless_flow: null,
      sources: [],
      show_source_labels: false,
    },
    references: {
      password_stage: { to: 'authentik_stages_password.passwordstage', onDelete: 'set_null' },
      captcha_stage: { to: 'authentik_stages_captcha.captchastage', onDelete: 'set_null' },
      webauthn_stage: { to: 'authentik_stages_authenticator_validate.authenticatorvalidatestage', onDelete: 'set_null' },
      enrollment_flow: toFlow('set_default'),
      recovery_flow: toFlow('set_default'),
      passwordless_flow: toFlow('set_default'),
      sources: many('authentik_core.source'),
    },
    validate: validateIdentification,
  },
  'invitation/stages': {
    className: 'InvitationStage',
    verboseName: 'Invitation Stage',
    component: 'ak-stage-invitation-form',
    defaults: { continue_flow_without_invitation: false },
  },
  mtls: {
    className: 'MutualTLSStage',
    verboseName: 'Mutual TLS Stage',
    component: 'ak-stage-mtls-form',
    defaults: { certificate_authorities: [] },
    references: { certificate_authorities: many('authentik_crypto.certificatekeypair') },
    enterprise: true,
  },
  password: {
    className: 'PasswordStage',
    verboseName: 'Password Stage',
    component: 'ak-stage-password-form',
    defaults: { configure_flow: null, failed_attempts_before_cancel: 5, allow_show_password: false },
    references: CONFIGURE_FLOW,
    nonEmpty: ['backends'],
  },
  'prompt/stages': {
    className: 'PromptStage',
    verboseName: 'Prompt Stage',
    component: 'ak-stage-prompt-form',
    defaults: { validation_policies: [] },
    references: { fields: many('authentik_stages_prompt.prompt'), validation_policies: many('authentik_policies.policy') },
    nonEmpty: ['fields'],
    uniqueWithinModel: true,
  },
  redirect: {
    className: 'RedirectStage',
    verboseName: 'Redirect Stage',
    component: 'ak-stage-redirect-form',
    defaults: { keep_context: true, target_static: '', target_flow: null },
    references: { target_flow: toFlow() },
    validate: validateRedirect,
  },
  source: {
    className: 'SourceStage',
    verboseName: 'Source Stage',
    component: 'ak-stage-source-form',
    defaults: { resume_timeout: 'minutes=10' },
    references: { source: { to: 'authentik_core.source', onDelete: 'cascade' } },
    durations: ['resume_timeout'],
    enterprise: true,
    validate: validateSource,
  },
  user_delete: { className: 'UserDeleteStage', verboseName: 'User Delete Stage', component: 'ak-stage-user-delete-form' },
  user_login: {
    className: 'UserLoginStage',
    verboseName: 'User Login Stage',
    component: 'ak-stage-user-login-form',
    defaults: {
      session_duration: 'seconds=0',
      terminate_other_sessions: false,
      remember_me_offset: 'seconds=0',
      network_binding: 'no_binding',
      geoip_binding: 'no_binding',
      remember_device: 'days=30',
    },
    durations: ['session_duration', 'remember_me_offset', 'remember_device'],
  },
  user_logout: { className: 'UserLogoutStage', verboseName: 'User Logout Stage', component: 'ak-stage-user-logout-form' },
  user_write: {
    className: 'UserWriteStage',
    verboseName: 'User Write Stage',
    component: 'ak-stage-user-write-form',
    defaults: {
      user_creation_mode: 'create_when_required',
      create_users_as_inactive: false,
      create_users_group: null,
      user_type: 'external',
      user_path_template: '',
    },
    references: { create_users_group: { to: 'authentik_core.group', onDelete: 'set_default' } },
  },
};

/** Every stage type of the recorded versions. */
export const STAGES: readonly ModelSpec[] = Object.entries(ROWS).map(([path, row]) => {
  const { validate, ...rest } = row;
  return model({
    ...rest,
    app: row.app ?? `authentik_stages_${path.replace('/stages', '').replace('/', '_')}`,
    path: `/stages/${path}/`,
    schema: row.className,
    base: STAGE,
    unique: { name: row.uniqueWithinModel === true ? 'This field must be unique.' : 'stage with this name already exists.' },
    validate: (attributes, context) => validate?.(attributes, context) ?? null,
    title: (stage) => `Stage ${asText(stage.values.name)}`,
  });
});
