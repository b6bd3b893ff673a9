/** What a client can find out by itself: addresses, abilities, keys. Source: the recorded transcript `oidc-login`. */
import { USER } from '../catalogue/core.ts';
import type { Json } from '../json.ts';
import type { World } from '../world.ts';
import { claimNames, scopesOf } from './claims.ts';
import { type Client, issuerOf } from './clients.ts';
import { algorithmOf } from './keys.ts';

const TOKEN_CLAIMS = ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'acr', 'amr', 'nonce'];

/** The body of `.well-known/openid-configuration`. It names what the real server can do; the stand-in does codes only. */
export function configuration(client: Client, host: string, world: World): Json {
  const issuer = issuerOf(client, host);
  const shared = `http://${host}/application/o/`;
  const scopes = scopesOf(client.provider, world);
  const [anybody] = world.store.all(USER);
  return {
    issuer,
    authorization_endpoint: `${shared}authorize/`,
    token_endpoint: `${shared}token/`,
    userinfo_endpoint: `${shared}userinfo/`,
    end_session_endpoint: `${issuer}end-session/`,
    introspection_endpoint: `${shared}introspect/`,
    revocation_endpoint: `${shared}revoke/`,
    device_authorization_endpoint: `${shared}device/`,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    response_types_supported: ['code', 'id_token', 'id_token token', 'code token', 'code id_token', 'code id_token token'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    jwks_uri: `${issuer}jwks/`,
    grant_types_supported: [
      'authorization_code',
      'refresh_token',
      'implicit',
      'client_credentials',
      'password',
      'urn:ietf:params:oauth:grant-type:device_code',
    ],
    id_token_signing_alg_values_supported: [algorithmOf(client.provider)],
    subject_types_supported: ['public'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    acr_values_supported: ['goauthentik.io/providers/oauth2/default'],
    scopes_supported: scopes,
    request_parameter_supported: false,
    claims_supported: [...TOKEN_CLAIMS, ...(anybody === undefined ? [] : claimNames(scopes, anybody, world))],
    claims_parameter_supported: false,
    code_challenge_methods_supported: ['plain', 'S256'],
  };
}
