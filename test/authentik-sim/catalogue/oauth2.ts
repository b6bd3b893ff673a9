/**
 * What a market logs in with: applications, their OAuth2 providers, scope mappings and key pairs. Source: the recorded transcripts
 * `oidc-login`, `sign-up-next` and `flow-users`; messages of refusals as a live 2025.12.4 words them.
 */
import { isObject, type Json, type JsonObject } from '../json.ts';
import { type Errors, model, type ModelSpec, type Reference } from '../model.ts';
import { FLOW } from './stages.ts';

/** The base of all providers; references to flows are its own. */
export const PROVIDER = 'authentik_core.provider';
export const APPLICATION = 'authentik_core.application';
export const SCOPE_MAPPING = 'authentik_providers_oauth2.scopemapping';
export const KEY_PAIR = 'authentik_crypto.certificatekeypair';

const toFlow = (onDelete: Reference['onDelete']): Reference => ({ to: FLOW, onDelete, holder: PROVIDER });

const PROVIDER_DEFAULTS: JsonObject = {
  authentication_flow: null,
  property_mappings: [],
  client_type: 'confidential',
  access_code_validity: 'minutes=1',
  access_token_validity: 'hours=1',
  refresh_token_validity: 'days=30',
  refresh_token_threshold: 'seconds=0',
  include_claims_in_id_token: true,
  signing_key: null,
  encryption_key: null,
  logout_uri: '',
  logout_method: 'backchannel',
  sub_mode: 'hashed_user_id',
  issuer_mode: 'per_provider',
  jwt_federation_sources: [],
  jwt_federation_providers: [],
};

function problemOf(entry: Json): JsonObject {
  if (!isObject(entry)) return { non_field_errors: ['Invalid data. Expected a dictionary, but got str.'] };
  const { matching_mode: mode, url } = entry;
  return {
    ...(mode === undefined ? { matching_mode: ['This field is required.'] } : {}),
    ...(mode === undefined || mode === 'strict' || mode === 'regex'
      ? {}
      : { matching_mode: [`${JSON.stringify(mode)} is not a valid choice.`] }),
    ...(url === undefined ? { url: ['This field is required.'] } : {}),
  };
}

function validateProvider({ redirect_uris: uris }: Record<string, Json>): Errors | null {
  const problems = Array.isArray(uris) ? uris.map(problemOf) : [];
  return problems.some((problem) => Object.keys(problem).length > 0) ? { redirect_uris: problems as unknown as string[] } : null;
}

/** Every model of this file. */
export const OAUTH2: readonly ModelSpec[] = [
  model({
    app: 'authentik_providers_oauth2',
    className: 'OAuth2Provider',
    verboseName: 'OAuth2/OpenID Provider',
    path: '/providers/oauth2/',
    component: 'ak-provider-oauth2-form',
    schema: 'OAuth2Provider',
    base: PROVIDER,
    integerPk: true,
    defaults: PROVIDER_DEFAULTS,
    references: {
      authentication_flow: toFlow('set_null'),
      authorization_flow: toFlow('cascade'),
      invalidation_flow: toFlow('set_default'),
      property_mappings: { to: SCOPE_MAPPING, onDelete: 'many' },
      signing_key: { to: KEY_PAIR, onDelete: 'set_null' },
      encryption_key: { to: KEY_PAIR, onDelete: 'set_null' },
    },
    durations: ['access_code_validity', 'access_token_validity', 'refresh_token_validity', 'refresh_token_threshold'],
    unique: { name: 'provider with this name already exists.', client_id: 'OAuth2/OpenID Provider with this Client ID already exists.' },
    validate: validateProvider,
  }),
  model({
    app: 'authentik_core',
    className: 'Application',
    verboseName: 'Application',
    path: '/core/applications/',
    schema: 'Application',
    lookup: 'slug',
    bindable: true,
    defaults: {
      provider: null,
      backchannel_providers: [],
      open_in_new_tab: false,
      meta_launch_url: '',
      meta_icon: '',
      meta_description: '',
      meta_publisher: '',
      policy_engine_mode: 'any',
      group: '',
    },
    references: { provider: { to: PROVIDER, onDelete: 'set_null' } },
    unique: { slug: 'Application with this slug already exists.', provider: 'Application with this provider already exists.' },
    search: ['name', 'slug', 'meta_launch_url', 'meta_description', 'meta_publisher', 'group'],
  }),
  model({
    app: 'authentik_providers_oauth2',
    className: 'ScopeMapping',
    verboseName: 'Scope Mapping',
    path: '/propertymappings/provider/scope/',
    component: 'ak-property-mapping-provider-scope-form',
    schema: 'ScopeMapping',
    base: 'authentik_core.propertymapping',
    defaults: { managed: null, description: '' },
    ordering: 'scope_name',
    search: ['name', 'scope_name'],
  }),
  // Listed and referred to; the stand-in makes none.
  model({
    app: 'authentik_crypto',
    className: 'CertificateKeyPair',
    verboseName: 'Certificate-Key Pair',
    path: '/crypto/certificatekeypairs/',
    schema: 'CertificateKeyPair',
  }),
];
