import { AuthentikClient } from './client.ts';
import { readBrand, readOAuth2Application } from './oauth2-application.ts';
import { ScriptedServer, type ScriptedAnswer } from './scripted-server.ts';

const CANARY = 'canary-client-secret';
const REFUSED: ScriptedAnswer = { status: 403, body: { detail: 'You do not have permission to perform this action.' } };
const GONE: ScriptedAnswer = { status: 404, body: { detail: 'No Application matches the given query.' } };

const application = (provider: number | null, meta_model_name = 'authentik_providers_oauth2.oauth2provider') => ({
  body: { pk: 'a', slug: 'ocean-market', provider, provider_obj: provider === null ? null : { pk: provider, meta_model_name } },
});
/** As 2025.12 and 2026.2 answer; what isn't looked at left out. */
const provider = {
  pk: 7,
  name: 'ocean-market',
  authentication_flow: null,
  authorization_flow: 'f1',
  client_id: 'market-client',
  client_secret: CANARY,
  issuer_mode: 'per_provider',
  redirect_uris: [{ matching_mode: 'strict', url: 'https://market.example.com/auth/callback' }],
};

describe('what a market has in Authentik', () => {
  let server: ScriptedServer;
  let answers: Record<string, ScriptedAnswer>;
  let logged: string[];
  let client: AuthentikClient;

  beforeAll(async () => {
    server = await ScriptedServer.start(({ url }) => answers[url.replace('/api/v3', '').replace(/\?.*/, '')] ?? GONE);
  });
  beforeEach(() => {
    logged = [];
    const write = (fields: object, text: string): void => void logged.push(text, JSON.stringify(fields));
    const log = { debug: write, info: write, warn: write, error: write, child: () => log };
    client = new AuthentikClient({ url: server.url, token: 'token', log, userAgent: 'test' });
  });
  afterEach(() => client.close());
  afterAll(async () => server.stop());

  it('is what its logins depend on, and nothing of its secret', async () => {
    answers = { '/core/applications/ocean-market/': application(7), '/providers/oauth2/7/': { body: provider } };
    const found = await readOAuth2Application(client, 'ocean-market');
    expect(found.provider).toEqual({
      name: 'ocean-market',
      client_id: 'market-client',
      authentication_flow: null,
      authorization_flow: 'f1',
      issuer_mode: 'per_provider',
      redirect_uris: [{ matching_mode: 'strict', url: 'https://market.example.com/auth/callback', redirect_uri_type: 'authorization' }],
    });
    expect(`${JSON.stringify(found)} ${logged.join(' ')}`).not.toContain(CANARY);
    expect(logged).not.toEqual([]);
  });

  it('is said to be unreadable without a word of what came', async () => {
    answers = {
      '/core/applications/ocean-market/': application(7),
      '/providers/oauth2/7/': { body: { ...provider, client_id: 1, redirect_uris: CANARY } },
    };
    const error: unknown = await readOAuth2Application(client, 'ocean-market').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'ServerError', message: expect.stringContaining('GET /providers/oauth2/7/') as string });
    expect(`${String(error)} ${JSON.stringify(error)} ${logged.join(' ')}`).not.toContain(CANARY);
  });

  it.each([
    { reason: 'no application', found: {}, missing: 'application' },
    { reason: 'an application without a provider', found: { '/core/applications/ocean-market/': application(null) }, missing: 'provider' },
    {
      reason: 'a provider for something else',
      found: { '/core/applications/ocean-market/': application(7, 'authentik_providers_saml.samlprovider') },
      missing: 'OAuth2 provider',
    },
    { reason: 'a provider that is gone', found: { '/core/applications/ocean-market/': application(7) }, missing: 'provider' },
  ])('tells $reason', async ({ found, missing }) => {
    answers = found;
    await expect(readOAuth2Application(client, 'ocean-market')).resolves.toEqual({ missing });
  });

  it.each([
    { right: 'authentik_core.view_application', found: { '/core/applications/ocean-market/': REFUSED } },
    {
      right: 'authentik_providers_oauth2.view_oauth2provider',
      found: { '/core/applications/ocean-market/': application(7), '/providers/oauth2/7/': REFUSED },
    },
  ])('names the right $right when it lacks', async ({ right, found }) => {
    answers = found;
    await expect(readOAuth2Application(client, 'ocean-market')).rejects.toMatchObject({
      reason: 'PermissionDenied',
      message: expect.stringContaining(right) as string,
    });
  });

  describe('its brand', () => {
    const brand = (domain: string, isDefault = false) => ({ domain, default: isDefault, flow_authentication: `login-${domain}` });
    const brands = (...results: object[]): void => {
      const pagination = { next: 0, count: results.length, current: 1, total_pages: 1 };
      answers = { '/core/brands/': { body: { pagination, results } } };
    };

    it.each([
      { reason: 'the default', host: 'auth.example.com', domain: 'authentik-default' },
      { reason: 'that of the longest domain', host: 'auth.market.example.org', domain: 'market.example.org' },
      { reason: 'that of a shorter domain', host: 'auth.example.org', domain: 'example.org' },
      { reason: 'whatever the case', host: 'AUTH.Example.org', domain: 'example.org' },
      { reason: 'not that of a host without its port', host: 'auth.example.org:9443', domain: 'authentik-default' },
    ])('is $reason', async ({ host, domain }) => {
      brands(brand('authentik-default', true), brand('example.org'), brand('market.example.org'));
      await expect(readBrand(client, host)).resolves.toMatchObject({ domain });
    });

    it('names the right that it takes', async () => {
      answers = { '/core/brands/': REFUSED };
      await expect(readBrand(client, 'auth.example.com')).rejects.toMatchObject({
        message: expect.stringContaining('authentik_brands.view_brand') as string,
      });
    });
  });
});
