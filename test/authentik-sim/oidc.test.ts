/** The pages that a market logs in with, beyond the recorded `oidc-login` and `sign-up-next`: what they refuse, keys, secrets, the end. */
import { createHash, randomBytes } from 'node:crypto';
import { jest } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { asText, type JsonObject, text } from './json.ts';
import { type AuthentikSim, startAuthentikSim } from './sim.ts';
import { apiCaller, browser, type Browser, type Call } from './test-client.ts';

// Two cores shared with a cluster's tests can be slow.
jest.setTimeout(120_000);

const LOGIN = 'default-authentication-flow';
const CALLBACK = 'https://market.example.com/auth/callback';
const VERIFIER = randomBytes(32).toString('base64url');
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

let sim: AuthentikSim;
let call: Call;
let provider: JsonObject;

async function pk(path: string): Promise<string> {
  return asText((await call('GET', path)).first.pk);
}

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2', adminPassword: 'correct-horse' });
  call = apiCaller(sim.url, sim.token);
  const mappings = await Promise.all(
    ['openid', 'email', 'profile'].map((scope) => pk(`/propertymappings/provider/scope/?scope_name=${scope}`)),
  );
  provider = (
    await call('POST', '/providers/oauth2/', {
      name: 'market',
      authorization_flow: await pk('/flows/instances/?slug=default-provider-authorization-implicit-consent'),
      invalidation_flow: await pk('/flows/instances/?slug=default-provider-invalidation-flow'),
      redirect_uris: [{ matching_mode: 'strict', url: CALLBACK }],
      property_mappings: mappings,
    })
  ).body;
  await call('POST', '/core/applications/', { name: 'Ocean Market', slug: 'market', provider: provider.pk ?? null });
});
afterEach(async () => {
  await sim.stop();
  if (sim.schemaViolations.length > 0) throw new Error(JSON.stringify(sim.schemaViolations));
});

function authorize(changes: Record<string, string> = {}): string {
  const asked = {
    response_type: 'code',
    client_id: text(provider.client_id),
    redirect_uri: CALLBACK,
    scope: 'openid email',
    state: 's',
    nonce: 'n',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  };
  return `/application/o/authorize/?${new URLSearchParams({ ...asked, ...changes }).toString()}`;
}

async function loggedIn(): Promise<Browser> {
  const visitor = browser(sim.url);
  await visitor.open(LOGIN);
  await visitor.answer(LOGIN, { component: 'ak-stage-identification', uid_field: 'akadmin' });
  await visitor.answer(LOGIN, { component: 'ak-stage-password', password: 'correct-horse' });
  return visitor;
}

async function code(visitor: Browser, changes: Record<string, string> = {}): Promise<string> {
  const { location } = await visitor.page(authorize(changes));
  return new URL(location).searchParams.get('code') ?? 'none';
}

async function exchange(
  form: Record<string, string>,
  secret = text(provider.client_secret),
): Promise<{ status: number; body: JsonObject }> {
  const basic = Buffer.from(`${text(provider.client_id)}:${secret}`).toString('base64');
  const response = await fetch(`${sim.url}/application/o/token/`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: 'authorization_code', redirect_uri: CALLBACK, code_verifier: VERIFIER, ...form }),
  });
  return { status: response.status, body: (await response.json()) as JsonObject };
}

describe('the authorization endpoint', () => {
  it.each([
    { reason: 'an unknown client', changes: { client_id: 'nobody' } },
    { reason: 'no redirect address', changes: { redirect_uri: '' } },
    { reason: 'an address that only begins like a listed one', changes: { redirect_uri: `${CALLBACK}/more` } },
  ])('sends nobody anywhere for $reason', async ({ changes }) => {
    expect(await browser(sim.url).page(authorize(changes))).toMatchObject({ status: 400, location: '' });
  });

  it.each([
    { error: 'unsupported_response_type', changes: { response_type: 'nonsense' } },
    { error: 'invalid_request', changes: { code_challenge_method: 'S512' } },
    { error: 'login_required', changes: { prompt: 'none' } },
  ])('tells the market: $error', async ({ error, changes }) => {
    const { status, location } = await browser(sim.url).page(authorize(changes));
    expect(status).toBe(302);
    expect(location).toContain(`${CALLBACK}?error=${error}&`);
    expect(location).toMatch(/&state=s$/);
  });

  it("sends visitors to the provider's login flow, else to the brand's", async () => {
    expect((await browser(sim.url).page(authorize())).location).toContain(`/if/flow/${LOGIN}/?response_type=code&`);
    const own = (await call('POST', '/flows/instances/', { name: 'own', slug: 'own', title: 'Own', designation: 'authentication' })).body;
    await call('PATCH', `/providers/oauth2/${asText(provider.pk)}/`, { authentication_flow: own.pk ?? null });
    expect((await browser(sim.url).page(authorize())).location).toContain('/if/flow/own/?response_type=code&');
  });

  it('takes the first address for a provider that lists none, and no other later', async () => {
    await call('PATCH', `/providers/oauth2/${asText(provider.pk)}/`, { redirect_uris: [] });
    const visitor = browser(sim.url);
    for (const [address, status] of [
      ['https://a.example/', 302],
      ['https://b.example/', 400],
      ['https://a.example/', 302],
    ] as const)
      expect(await visitor.page(authorize({ redirect_uri: address }))).toMatchObject({ status });
  });

  it('takes a whole address that fits a pattern', async () => {
    const uris = [{ matching_mode: 'regex', url: 'https://[a-z]+\\.example/cb' }];
    await call('PATCH', `/providers/oauth2/${asText(provider.pk)}/`, { redirect_uris: uris });
    const visitor = browser(sim.url);
    expect(await visitor.page(authorize({ redirect_uri: 'https://a.example/cb' }))).toMatchObject({ status: 302 });
    expect(await visitor.page(authorize({ redirect_uri: 'https://a.example/cbx' }))).toMatchObject({ status: 400 });
  });

  it('carries where the visitor wants to go along to the sign-up link', async () => {
    const flow = (await call('POST', '/flows/instances/', { name: 'up', slug: 'up', title: 'Up', designation: 'enrollment' })).body;
    const stage = await pk('/stages/identification/');
    await call('PATCH', `/stages/identification/${stage}/`, { user_fields: ['username'], enrollment_flow: flow.pk ?? null });
    const visitor = browser(sim.url);
    const { location } = await visitor.page(authorize());
    const shown = await visitor.open(LOGIN, location.split('?').slice(1).join('?'));
    const link = new URL(text(shown.enroll_url), sim.url);
    expect(link.pathname).toBe('/if/flow/up/');
    expect(link.searchParams.get('next')).toBe(authorize());
    expect(shown.application_pre).toBe('Ocean Market');
  });
});

describe('the token endpoint', () => {
  it.each([
    { reason: 'a wrong secret', error: 'invalid_client', form: {}, secret: 'guessed' },
    { reason: 'another grant type', error: 'unsupported_grant_type', form: { grant_type: 'password' } },
    { reason: 'another redirect address', error: 'invalid_client', form: { redirect_uri: 'https://evil.example.com/' } },
    { reason: 'a wrong proof', error: 'invalid_grant', form: { code_verifier: 'x'.repeat(43) } },
    { reason: 'a code that nobody got', error: 'invalid_grant', form: { code: 'abc' } },
  ])('refuses $reason', async ({ error, form, secret }) => {
    const good = await code(await loggedIn());
    expect(await exchange({ code: good, ...form }, secret)).toMatchObject({ status: 400, body: { error } });
    // What was refused isn't used up.
    expect(await exchange({ code: good })).toMatchObject({ status: 200 });
  });

  it('takes a code once', async () => {
    const good = await code(await loggedIn());
    expect(await exchange({ code: good })).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
    expect(await exchange({ code: good })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('grants the scopes that were asked for and that the provider has', async () => {
    const visitor = await loggedIn();
    const { body } = await exchange({ code: await code(visitor, { scope: 'openid email attributes' }) });
    expect(body.scope).toBe('openid email');
    const response = await fetch(`${sim.url}/application/o/userinfo/`, { headers: { authorization: `Bearer ${text(body.access_token)}` } });
    const info = (await response.json()) as JsonObject;
    expect(info).toMatchObject({ email: 'admin@example.com', email_verified: false });
    expect(info).not.toHaveProperty('preferred_username');
    expect((await fetch(`${sim.url}/application/o/userinfo/`, { headers: { authorization: 'Bearer x' } })).status).toBe(401);
  });

  it('signs with the secret, or with the key pair that it publishes', async () => {
    const visitor = await loggedIn();
    const issuer = `${sim.url}/application/o/market/`;
    const expected = { issuer, audience: text(provider.client_id) };
    const shared = (await exchange({ code: await code(visitor) })).body;
    const secret = new TextEncoder().encode(text(provider.client_secret));
    expect((await jwtVerify(text(shared.id_token), secret, { ...expected, algorithms: ['HS256'] })).payload.nonce).toBe('n');
    const key = await pk('/crypto/certificatekeypairs/?has_key=true');
    await call('PATCH', `/providers/oauth2/${asText(provider.pk)}/`, { signing_key: key });
    const signed = (await exchange({ code: await code(visitor) })).body;
    const keys = createRemoteJWKSet(new URL(`${issuer}jwks/`));
    expect((await jwtVerify(text(signed.id_token), keys, { ...expected, algorithms: ['RS256'] })).payload.email).toBe('admin@example.com');
  });
});

it('ends the visit to an application, and the login only where the flow says so', async () => {
  const visitor = await loggedIn();
  const { location } = await visitor.page('/application/o/market/end-session/');
  expect(location).toBe('/if/flow/default-provider-invalidation-flow/');
  expect(await visitor.open('default-provider-invalidation-flow')).toMatchObject({
    component: 'ak-stage-session-end',
    pending_user: 'akadmin',
    application_name: 'Ocean Market',
    application_launch_url: 'https://market.example.com',
    invalidation_flow_url: '/if/flow/default-invalidation-flow/',
  });
  expect(await code(visitor)).not.toBe('none');
  expect(await visitor.open('default-invalidation-flow')).toMatchObject({ component: 'xak-flow-redirect' });
  expect((await visitor.page(authorize())).location).toContain(`/if/flow/${LOGIN}/`);
  expect(await visitor.page('/application/o/market/end-session/')).toMatchObject({ status: 200 });
});
