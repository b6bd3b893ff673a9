/** Codes become tokens, and tokens tell whose they are. No refresh tokens. Errors as a live 2025.12.4 words them. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { USER } from '../catalogue/core.ts';
import { PROVIDER } from '../catalogue/oauth2.ts';
import { durationMs } from '../duration.ts';
import { answer, type Answer } from '../http.ts';
import { type JsonObject, text } from '../json.ts';
import type { Row } from '../model.ts';
import type { World } from '../world.ts';
import { claimsFor, subjectOf } from './claims.ts';
import { type Client, clientById, issuerOf } from './clients.ts';
import type { Grant } from './grants.ts';
import { sign } from './keys.ts';

const ERRORS = {
  invalid_client:
    'Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method)',
  unsupported_grant_type: 'The authorization grant type is not supported by the authorization server',
  invalid_grant:
    'The provided authorization grant or refresh token is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client',
};
const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' };

function refused(error: keyof typeof ERRORS): Answer {
  const body = { error, error_description: ERRORS[error], request_id: randomUUID().replaceAll('-', '') };
  return answer(400, body, { allow: false, rest: false, headers: NO_STORE });
}

/** The client that asks, by its secret in the header or the form; one that is public has none to show. */
function authenticated(form: URLSearchParams, header: string | undefined, world: World): Client | null {
  const basic = /^Basic (.+)$/i.exec(header ?? '')?.[1];
  const [id = '', secret = ''] =
    basic === undefined
      ? [form.get('client_id') ?? '', form.get('client_secret') ?? '']
      : Buffer.from(basic, 'base64').toString('utf8').split(':').map(decodeURIComponent);
  const client = clientById(id, world);
  const isRight = client?.provider.values.client_type === 'public' || client?.provider.values.client_secret === secret;
  return isRight ? client : null;
}

function provesPossession({ challenge }: Grant, verifier: string | null): boolean {
  if (challenge === null) return true;
  const shown =
    challenge.method === 'S256'
      ? createHash('sha256')
          .update(verifier ?? '')
          .digest('base64url')
      : verifier;
  return shown === challenge.value;
}

async function tokens(client: Client, grant: Grant, user: Row, host: string, world: World): Promise<JsonObject> {
  const { provider } = client;
  const lifetime = durationMs(text(provider.values.access_token_validity));
  const now = Math.floor(Date.now() / 1000);
  const claims = claimsFor(grant.scopes, user, world);
  const about = {
    iss: issuerOf(client, host),
    sub: subjectOf(user, provider),
    aud: text(provider.values.client_id),
    exp: now + lifetime / 1000,
    iat: now,
    auth_time: Math.floor(grant.login.at / 1000),
    acr: 'goauthentik.io/providers/oauth2/default',
    amr: ['pwd'],
    ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
    sid: grant.login.sid,
    ...(world.version === '2025.12' ? {} : { jti: randomUUID().replaceAll('-', '') }),
  };
  const scope = grant.scopes.join(' ');
  const rights = { azp: text(provider.values.client_id), uid: randomBytes(20).toString('hex'), scope };
  const accessToken = await sign({ ...about, ...claims, ...rights }, provider);
  world.grants.keepToken(accessToken, grant, lifetime);
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    scope,
    expires_in: lifetime / 1000,
    id_token: await sign({ ...about, ...(provider.values.include_claims_in_id_token === true ? claims : {}) }, provider),
  };
}

/** One request to the token endpoint. */
export async function exchange(form: URLSearchParams, header: string | undefined, host: string, world: World): Promise<Answer> {
  const client = authenticated(form, header, world);
  if (client === null) return refused('invalid_client');
  if (form.get('grant_type') !== 'authorization_code') return refused('unsupported_grant_type');
  const code = form.get('code') ?? '';
  const grant = world.grants.lookUp(code);
  const user = world.store.get(USER, grant?.user);
  if (grant === null || user === null || grant.provider !== client.provider.pk) return refused('invalid_grant');
  if (form.get('redirect_uri') !== grant.redirectURI) return refused('invalid_client');
  if (!provesPossession(grant, form.get('code_verifier'))) return refused('invalid_grant');
  world.grants.redeem(code);
  return answer(200, await tokens(client, grant, user, host, world), { allow: false, rest: false, headers: NO_STORE });
}

/** One request to the userinfo endpoint. */
export function userInfo(header: string | undefined, world: World): Answer {
  const grant = world.grants.byToken(/^Bearer (.+)$/.exec(header ?? '')?.[1] ?? '');
  const [user, provider] = [world.store.get(USER, grant?.user), world.store.get(PROVIDER, grant?.provider)];
  if (grant === null || user === null || provider === null) {
    const why = 'The access token provided is expired, revoked, malformed, or invalid for other reasons';
    const headers = { 'www-authenticate': `error="invalid_token", error_description="${why}"` };
    return { status: 401, body: null, contentType: 'text/html; charset=utf-8', headers, allow: false, rest: false };
  }
  const nonce = grant.nonce === null ? {} : { nonce: grant.nonce };
  return answer(
    200,
    { sub: subjectOf(user, provider), ...claimsFor(grant.scopes, user, world), ...nonce },
    { allow: false, rest: false, headers: NO_STORE },
  );
}
