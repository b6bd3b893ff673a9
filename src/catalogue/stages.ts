import type { CatalogueEntry } from './entity.ts';
import type { Field, Rule } from './field.ts';

interface StageRow {
  readonly path: string;
  readonly model: string;
  readonly description: string;
  readonly fields: readonly Field[];
  readonly rules?: readonly Rule[];
  /** See {@link CatalogueEntry.leadsOn}. */
  readonly leadsOn?: true;
}

/**
 * The stage types, one row each. Paths, models and rules as observed on live servers and in the official schema of the supported
 * versions; a test holds every row against these. A type more is a row more.
 */
const ROWS = {
  Identification: {
    path: '/stages/identification/',
    model: 'authentik_stages_identification.identificationstage',
    description: 'Asks who the person is, by username, e-mail address or UPN, or offers external sources.',
    fields: [
      {
        api: 'user_fields',
        type: 'enumArray',
        values: ['email', 'username', 'upn'],
        initial: [],
        resend: true,
        description: 'What people may identify themselves with. An empty list leaves only the sources.',
      },
      { api: 'password_stage', type: 'reference', to: 'stage', nullable: true, description: 'Asks for the password on the same page.' },
      { api: 'captcha_stage', type: 'reference', to: 'stage', nullable: true, description: 'Shows this captcha on the same page.' },
      {
        api: 'webauthn_stage',
        type: 'reference',
        to: 'stage',
        nullable: true,
        since: '2025.12',
        description: 'Offers passkeys from this authenticator validation stage on the same page.',
      },
      { api: 'case_insensitive_matching', type: 'boolean', description: 'Ignores case in usernames and addresses.' },
      { api: 'show_matched_user', type: 'boolean', description: 'Shows name and picture of the person that was found.' },
      {
        api: 'pretend_user_exists',
        type: 'boolean',
        description: "Goes on as if the person existed, so that visitors can't probe for accounts.",
      },
      { api: 'enable_remember_me', type: 'boolean', description: 'Remembers the username in the browser.' },
      {
        api: 'enrollment_flow',
        type: 'reference',
        to: 'flow',
        nullable: true,
        writtenBy: 'EnrollmentBinding',
        description: 'The flow behind the sign-up link.',
      },
      { api: 'recovery_flow', type: 'reference', to: 'flow', nullable: true, description: 'The flow behind the link for lost passwords.' },
      {
        api: 'passwordless_flow',
        type: 'reference',
        to: 'flow',
        nullable: true,
        description: 'The flow behind the link for logging in without a password.',
      },
      { api: 'sources', type: 'referenceSet', to: 'source', resend: true, description: 'External sources offered for login.' },
      { api: 'show_source_labels', type: 'boolean', description: 'Shows the names of the sources beside their icons.' },
    ],
    rules: [
      {
        rule: '!has(self.userFields) || size(self.userFields) > 0 || (has(self.sources) && size(self.sources) > 0)',
        message: 'userFields is empty, so at least one entry in sources is needed: nobody could identify themselves',
      },
    ],
  },
  Password: {
    path: '/stages/password/',
    model: 'authentik_stages_password.passwordstage',
    description: 'Asks for the password and checks it.',
    fields: [
      {
        api: 'backends',
        type: 'enumArray',
        minItems: 1,
        required: true,
        values: [
          'authentik.core.auth.InbuiltBackend',
          'authentik.core.auth.TokenBackend',
          'authentik.sources.ldap.auth.LDAPBackend',
          'authentik.sources.kerberos.auth.KerberosBackend',
        ],
        description: 'What the password is checked against, in this order.',
      },
      {
        api: 'configure_flow',
        type: 'reference',
        to: 'flow',
        nullable: true,
        description: 'The flow in which people change their password.',
      },
      {
        api: 'failed_attempts_before_cancel',
        type: 'integer',
        minimum: 0,
        maximum: 2147483647,
        description: 'After so many wrong passwords the flow ends.',
      },
      { api: 'allow_show_password', type: 'boolean', description: 'Lets people look at what they typed.' },
    ],
  },
  Prompt: {
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
      { api: 'validation_policies', type: 'referenceSet', to: 'policy', description: 'Policies that must all accept the answers.' },
    ],
  },
  UserWrite: {
    path: '/stages/user_write/',
    model: 'authentik_stages_user_write.userwritestage',
    description: 'Creates or updates the user from what the form collected.',
    fields: [
      {
        api: 'user_creation_mode',
        type: 'enum',
        values: ['never_create', 'create_when_required', 'always_create'],
        description: 'Whether a new user may be created.',
      },
      {
        api: 'create_users_as_inactive',
        type: 'boolean',
        description: "New users can't log in until something activates them, such as an e-mail stage with `activateUserOnSuccess`.",
      },
      { api: 'create_users_group', type: 'reference', to: 'group', nullable: true, description: 'The group that new users join.' },
      {
        api: 'user_type',
        type: 'enum',
        values: ['internal', 'external', 'service_account', 'internal_service_account'],
        description: 'The type of new users.',
      },
      { api: 'user_path_template', type: 'string', maxLength: 1024, description: 'The path of new users. `""` means the default path.' },
    ],
  },
  Email: {
    path: '/stages/email/',
    model: 'authentik_stages_email.emailstage',
    description: 'Sends a mail with a link, and goes on when the link is opened and confirmed.',
    fields: [
      {
        api: 'use_global_settings',
        type: 'boolean',
        description: "Uses the mail settings of the Authentik server. Excludes `smtpSecretRef` and the connection's own fields.",
      },
      { api: 'host', type: 'string', minLength: 1, maxLength: 253, description: 'The SMTP server.' },
      {
        api: 'port',
        type: 'integer',
        minimum: 1,
        maximum: 65535,
        description: 'The port of the SMTP server. Authentik accepts any number; we do not.',
      },
      // Authentik's SMTP client can't send others.
      { api: 'username', type: 'string', maxLength: 1024, pattern: '^[ -~]*$', description: 'The user for SMTP, in ASCII. `""` for none.' },
      { api: 'password', type: 'secret', ascii: true, description: 'The password for SMTP.' },
      { api: 'use_tls', type: 'boolean', description: 'STARTTLS. Excludes `useSsl`.' },
      { api: 'use_ssl', type: 'boolean', description: 'TLS from the first byte. Excludes `useTls`.' },
      { api: 'timeout', type: 'integer', minimum: 1, maximum: 600, description: 'Seconds to wait for the SMTP server.' },
      {
        api: 'from_address',
        type: 'string',
        pattern: '^[^@\\s<>]+@[^@\\s<>]+$',
        maxLength: 254,
        description: 'The sender, a bare address such as `market@example.com`.',
      },
      { api: 'token_expiry', type: 'duration', description: 'How long the link in the mail works.' },
      { api: 'subject', type: 'string', minLength: 1, maxLength: 998, description: 'The subject of the mail.' },
      {
        api: 'template',
        type: 'string',
        minLength: 1,
        maxLength: 256,
        choices: '/stages/email/templates/',
        description: 'A template that this Authentik has, such as `email/account_confirmation.html`.',
      },
      { api: 'activate_user_on_success', type: 'boolean', description: 'Activates the user when the link is confirmed.' },
      {
        api: 'recovery_max_attempts',
        type: 'integer',
        minimum: 1,
        maximum: 2147483647,
        description: 'How many mails may be asked for within `recoveryCacheTimeout`.',
      },
      { api: 'recovery_cache_timeout', type: 'duration', description: 'The time that `recoveryMaxAttempts` counts over.' },
    ],
    rules: [
      {
        rule: '!(has(self.useTls) && self.useTls && has(self.useSsl) && self.useSsl)',
        message: 'useTls and useSsl exclude each other: keep useTls for STARTTLS (587) or useSsl for TLS from the start (465)',
      },
      {
        rule: '!(has(self.useGlobalSettings) && self.useGlobalSettings && (has(self.smtpSecretRef) || has(self.host) || has(self.port) || has(self.username) || has(self.passwordSecretRef) || has(self.useTls) || has(self.useSsl) || has(self.timeout) || has(self.fromAddress)))',
        message:
          'useGlobalSettings: true uses the mail settings of the Authentik server: remove smtpSecretRef, host, port, username, passwordSecretRef, useTls, useSsl, timeout and fromAddress',
      },
    ],
  },
  Redirect: {
    path: '/stages/redirect/',
    leadsOn: true,
    model: 'authentik_stages_redirect.redirectstage',
    description: 'Sends the person to a URL or on to another flow.',
    fields: [
      { api: 'keep_context', type: 'boolean', description: 'With mode `flow`: what was collected goes along.' },
      {
        api: 'mode',
        type: 'enum',
        values: ['static', 'flow'],
        required: true,
        resend: true,
        description: '`static` for a URL, `flow` for another flow.',
      },
      { api: 'target_static', type: 'string', maxLength: 2048, resend: true, description: 'The URL, for mode `static`.' },
      {
        api: 'target_flow',
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
  },
  UserLogin: {
    path: '/stages/user_login/',
    model: 'authentik_stages_user_login.userloginstage',
    description: 'Logs the person in.',
    fields: [
      { api: 'session_duration', type: 'duration', description: 'How long the session lasts; `seconds=0` until the browser closes.' },
      { api: 'terminate_other_sessions', type: 'boolean', description: 'Ends all other sessions of the person.' },
      {
        api: 'remember_me_offset',
        type: 'duration',
        description: 'How much longer the session lasts when the person asks to stay signed in; `seconds=0` hides the question.',
      },
      {
        api: 'network_binding',
        type: 'enum',
        values: ['no_binding', 'bind_asn', 'bind_asn_network', 'bind_asn_network_ip'],
        description: 'Ends the session when the network changes.',
      },
      {
        api: 'geoip_binding',
        type: 'enum',
        values: ['no_binding', 'bind_continent', 'bind_continent_country', 'bind_continent_country_city'],
        description: 'Ends the session when the place changes.',
      },
      { api: 'remember_device', type: 'duration', description: 'How long a device is known.' },
    ],
  },
  AuthenticatorValidate: {
    path: '/stages/authenticator/validate/',
    model: 'authentik_stages_authenticator_validate.authenticatorvalidatestage',
    description: 'Asks for a second factor.',
    fields: [
      {
        api: 'not_configured_action',
        type: 'enum',
        values: ['skip', 'deny', 'configure'],
        resend: true,
        description: 'What happens to people without a second factor.',
      },
      {
        api: 'device_classes',
        type: 'enumArray',
        values: ['static', 'totp', 'webauthn', 'duo', 'sms', 'email'],
        description: 'Which second factors count.',
      },
      {
        api: 'configuration_stages',
        type: 'referenceSet',
        to: 'stage',
        resend: true,
        description: 'Where people set up a second factor, for `notConfiguredAction: configure`.',
      },
      { api: 'last_auth_threshold', type: 'duration', description: 'No second factor is asked for within this time of the last one.' },
      {
        api: 'webauthn_user_verification',
        type: 'enum',
        values: ['required', 'preferred', 'discouraged'],
        description: 'Whether a passkey must check the person.',
      },
      {
        api: 'webauthn_hints',
        type: 'enumArray',
        values: ['security-key', 'client-device', 'hybrid'],
        since: '2026.5',
        description: 'Which authenticators the browser should offer first.',
      },
    ],
    rules: [
      {
        rule: "!has(self.notConfiguredAction) || self.notConfiguredAction != 'configure' || (has(self.configurationStages) && size(self.configurationStages) > 0)",
        message: 'notConfiguredAction configure needs configurationStages: name at least one stage to set up a second factor',
      },
    ],
  },
  Dummy: {
    path: '/stages/dummy/',
    model: 'authentik_stages_dummy.dummystage',
    description: 'Does nothing. For tests.',
    fields: [{ api: 'throw_error', type: 'boolean', description: 'Fails on purpose.' }],
  },
  Deny: {
    path: '/stages/deny/',
    model: 'authentik_stages_deny.denystage',
    description: 'Ends the flow with a refusal.',
    fields: [{ api: 'deny_message', type: 'string', maxLength: 4096, description: 'What the person is told.' }],
  },
} as const satisfies Record<string, StageRow>;

/** The value of `spec.type` of an AuthentikStage. */
export type StageType = keyof typeof ROWS;

/** Every stage type, in the order of the table. */
export const STAGES: readonly (CatalogueEntry & { readonly type: StageType })[] = Object.entries(ROWS as Record<StageType, StageRow>).map(
  ([type, row]) => ({
    type: type as StageType,
    member: type.charAt(0).toLowerCase() + type.slice(1),
    naturalKey: 'name',
    lookup: 'pk',
    family: '/stages/all/',
    parts: [],
    rules: [],
    ...row,
  }),
);
