/** What the market's logins presuppose: looked at, named where it is missing, and told to the market when it is there. */
import type { JsonObject } from '../authentik-sim/json.ts';
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { apiCaller, type Call } from '../authentik-sim/test-client.ts';
import { requiredPermissions } from '../../src/catalogue/permissions.ts';
import { EngineBed } from './engine-bed.ts';
import { textOf } from './text-of.ts';

const KIND = 'EnrollmentBinding';
const IDENTIFICATION = 'default-authentication-identification';
const LOGIN = 'default-authentication-flow';
const CALLBACK = 'https://market.example.com/auth/callback';
const CANARY = 'canary-client-secret-0123456789';

let sim: AuthentikSim;
let bed: EngineBed;
let api: Call;
let configMaps: Record<string, Readonly<Record<string, string>>>;
/** Everything that was logged. */
let log: string;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  api = apiCaller(sim.url, sim.token);
  configMaps = {};
  log = '';
  const note = (fields: object, text: string): void => void (log += `${text} ${JSON.stringify(fields)}\n`);
  const logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  const apply = async (_owner: unknown, name: string, data: Readonly<Record<string, string>>): Promise<void> => {
    configMaps[name] = data;
    return Promise.resolve();
  };
  bed = new EngineBed({ log: logger, configMaps: { apply, remove: async () => Promise.resolve() } });
  bed.engine.work();
  bed.connect(sim);
  bed.apply('AuthentikPrompt', 'email', { fieldKey: 'email', label: 'E-mail', type: 'email', required: true });
  bed.apply('AuthentikStage', 'form', { type: 'Prompt', prompt: { fields: [{ name: 'email' }] } });
  const stages = [{ order: 10, stageRef: { name: 'form' } }];
  bed.apply('AuthentikFlow', 'join', { slug: 'join', name: 'join', title: 'Join', designation: 'enrollment', stages });
  await bed.until('AuthentikFlow', 'join', 'True/Reconciled');
});

afterEach(async () => {
  await bed.stop();
  await sim.stop();
});

async function flow(slug: string): Promise<string> {
  return textOf((await api('GET', `/flows/instances/?slug=${slug}`)).first);
}

async function create(path: string, body: JsonObject): Promise<JsonObject> {
  const { status, body: made } = await api('POST', path, body);
  expect({ path, status }).toEqual({ path, status: 201 });
  return made;
}

async function provider(more: JsonObject = {}): Promise<number> {
  const made = await create('/providers/oauth2/', {
    name: 'market-provider',
    authorization_flow: await flow('default-provider-authorization-implicit-consent'),
    invalidation_flow: await flow('default-provider-invalidation-flow'),
    authentication_flow: await flow(LOGIN),
    client_type: 'confidential',
    client_id: 'market-client',
    client_secret: CANARY,
    redirect_uris: [{ matching_mode: 'strict', url: CALLBACK }],
    ...more,
  });
  return Number(made['pk']);
}

async function application(pk: number | null): Promise<void> {
  await create('/core/applications/', { name: 'Market', slug: 'ocean-market', ...(pk === null ? {} : { provider: pk }) });
}

/** A login flow of somebody else's, whose form is another. */
async function otherLogin(): Promise<string> {
  const row = await create('/flows/instances/', { slug: 'a-login', name: 'other', title: 'Other', designation: 'authentication' });
  const stage = await create('/stages/identification/', { name: 'other-form', user_fields: ['email'] });
  await create('/flows/bindings/', { target: row['pk'] ?? '', stage: stage['pk'] ?? '', order: 0 });
  return textOf(row);
}

function publish(more: object = {}): void {
  bed.apply(KIND, 'join', {
    flowRef: { name: 'join' },
    identificationStageRef: { external: IDENTIFICATION },
    applicationRef: { external: 'ocean-market' },
    market: { callbackURL: CALLBACK },
    configMap: { name: 'market' },
    ...more,
  });
}

const verified = (): string => {
  const condition = bed.condition(KIND, 'join', 'Verified');
  return `${condition?.status ?? ''}/${condition?.reason ?? ''}: ${condition?.message ?? ''}`;
};

it('is walked up to the login form, and told to the market', async () => {
  await application(await provider());
  publish();
  await bed.until(KIND, 'join', 'True/Reconciled');
  expect(verified()).toBe(
    'True/Reconciled: an anonymous visitor gets the sign-up form; an anonymous visitor of default-authentication-flow sees the link',
  );
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'market-client',
    redirect_uri: CALLBACK,
    scope: 'openid profile email',
  }).toString();
  const signUpURL = `${sim.url}/if/flow/join/`;
  expect(bed.status(KIND, 'join')).toMatchObject({
    loginFlowSlug: LOGIN,
    signUpURL,
    market: {
      application: 'ocean-market',
      clientID: 'market-client',
      issuer: `${sim.url}/application/o/ocean-market/`,
      loginURL: `${sim.url}/application/o/authorize/?${query}`,
      signUpURL: `${signUpURL}?next=${encodeURIComponent(`/application/o/authorize/?${query}`)}`,
    },
  });
  expect(configMaps['market']).toEqual({
    NEXT_PUBLIC_OIDC_SIGNUP_FLOW: 'join',
    AUTHENTIK_SIGN_UP_URL: signUpURL,
    NEXT_PUBLIC_AUTH_ENABLED: 'true',
    NEXT_PUBLIC_AUTH_PROVIDER: 'oidc',
    NEXT_PUBLIC_OIDC_ISSUER: `${sim.url}/application/o/ocean-market/`,
    NEXT_PUBLIC_OIDC_CLIENT_ID: 'market-client',
    NEXT_PUBLIC_OIDC_REDIRECT_URI: CALLBACK,
    NEXT_PUBLIC_OIDC_TOKEN_URL: `${sim.url}/application/o/token/`,
  });
  const authorize = sim.requests.find(({ path }) => path === '/application/o/authorize/');
  expect(new URLSearchParams(authorize?.query).get('code_challenge_method')).toBe('S256');
});

it('leaves no trace of the client secret', async () => {
  await application(await provider());
  publish();
  await bed.until(KIND, 'join', 'True/Reconciled');
  await bed.quiet();
  const said = JSON.stringify([
    bed.store.list(KIND),
    bed.store.list('AuthentikConnection'),
    bed.store.statusWrites,
    bed.events,
    configMaps,
    log,
  ]);
  expect(said).not.toContain(CANARY);
  expect(sim.requests.filter(({ path }) => path === '/api/v3/providers/oauth2/')).toHaveLength(1);
});

it('is not asked for again while nothing has changed', async () => {
  await application(await provider());
  publish();
  await bed.until(KIND, 'join', 'True/Reconciled');
  await bed.quiet();
  sim.resetRequests();
  bed.apply(KIND, 'join', bed.get(KIND, 'join')?.spec ?? {}, { note: 'woken' });
  await bed.quiet();
  expect(sim.requests.filter(({ path }) => /application|provider|executor/.test(path))).toEqual([]);
});

it.each([
  { reason: 'by an expression', redirect: { matching_mode: 'regex', url: String.raw`https://[a-z]+\.example\.com/auth/callback` } },
  {
    reason: 'by an expression that only the server understands',
    redirect: { matching_mode: 'regex', url: String.raw`https\://market\.example\.com/auth/callback` },
  },
])('is content with an address that is allowed $reason', async ({ redirect }) => {
  await application(await provider({ redirect_uris: [redirect] }));
  publish();
  await bed.until(KIND, 'join', 'True/Reconciled');
});

it("goes by the brand where the provider has no login flow of its own, and by the provider's first address where none is named", async () => {
  await application(await provider({ authentication_flow: null }));
  publish({ market: undefined });
  await bed.until(KIND, 'join', 'True/Reconciled');
  expect(configMaps['market']?.['NEXT_PUBLIC_OIDC_REDIRECT_URI']).toBe(CALLBACK);
});

describe('what is missing is named, with what to do', () => {
  it.each([
    {
      reason: 'no application',
      arrange: async () => Promise.resolve(),
      message: 'there is no application "ocean-market" in Authentik: create it with an OAuth2 provider, or correct applicationRef',
    },
    {
      reason: 'no provider',
      arrange: async () => application(null),
      message: 'the application "ocean-market" has no provider: create an OAuth2/OpenID provider and choose it in the application',
    },
    {
      reason: 'another login flow of the provider',
      arrange: async () => application(await provider({ authentication_flow: await otherLogin() })),
      message:
        'logins to "ocean-market" go through the flow a-login (the authentication flow of the provider "market-provider"), which does not show the identification stage "default-authentication-identification": choose the login flow with that stage, or refer to the stage of a-login',
    },
    {
      reason: 'another login flow of the brand',
      arrange: async () => {
        const brand = (await api('GET', '/core/brands/')).first;
        await api('PATCH', `/core/brands/${textOf(brand, 'brand_uuid')}/`, { flow_authentication: await otherLogin() });
        await application(await provider({ authentication_flow: null }));
      },
      message:
        'logins to "ocean-market" go through the flow a-login (the brand\'s authentication flow), which does not show the identification stage "default-authentication-identification": choose the login flow with that stage, or refer to the stage of a-login',
    },
    {
      reason: 'an address that is not allowed',
      arrange: async () => application(await provider({ redirect_uris: [{ matching_mode: 'strict', url: `${CALLBACK}/` }] })),
      message: `the provider "market-provider" does not allow the market's redirect address ${CALLBACK}: add it to its redirect URIs (now: ${CALLBACK}/), or correct market.callbackURL`,
    },
    {
      reason: 'no address at all',
      arrange: async () => application(await provider({ redirect_uris: [] })),
      message: `the provider "market-provider" does not allow the market's redirect address ${CALLBACK}: add it to its redirect URIs (now: none), or correct market.callbackURL`,
    },
    {
      reason: 'two things at once',
      arrange: async () => application(await provider({ redirect_uris: [], authentication_flow: await otherLogin() })),
      message: expect.stringMatching(/redirect address .*; logins to "ocean-market" go through/) as string,
    },
  ])('$reason', async ({ arrange, message }) => {
    await arrange();
    publish();
    await bed.until(KIND, 'join', 'False/VerificationFailed');
    expect(bed.condition(KIND, 'join', 'Verified')).toMatchObject({ status: 'False', reason: 'VerificationFailed', message });
    expect(bed.condition(KIND, 'join', 'Published')?.status).toBe('True');
    // The visit would be the first to use an address, and the server would take it for allowed.
    expect(sim.requests.filter(({ path }) => path.startsWith('/application/'))).toEqual([]);
  });

  it('before the link is published, where a link that fails shall not stay', async () => {
    publish({ onFailure: 'Withdraw' });
    await bed.until(KIND, 'join', 'False/VerificationFailed');
    expect(verified()).toMatch(/the link is not published: there is no application "ocean-market"/);
    expect(bed.condition(KIND, 'join', 'Published')?.status).toBe('False');
    await application(await provider());
    await bed.until(KIND, 'join', 'True/Reconciled');
  });

  it('before anything is told to the market', async () => {
    publish();
    await bed.until(KIND, 'join', 'False/VerificationFailed');
    expect(configMaps).toEqual({});
    await application(await provider());
    await bed.until(KIND, 'join', 'True/Reconciled');
    expect(Object.keys(configMaps['market'] ?? {})).toHaveLength(8);
  });
});

describe('the rights that it takes', () => {
  it.each([
    { right: 'authentik_core.view_application', granted: [] },
    { right: 'authentik_providers_oauth2.view_oauth2provider', granted: ['authentik_core.view_application'] },
    {
      right: 'authentik_brands.view_brand',
      granted: ['authentik_core.view_application', 'authentik_providers_oauth2.view_oauth2provider'],
    },
  ])('are named: $right', async ({ right, granted }) => {
    await application(await provider({ authentication_flow: null }));
    const token = sim.createToken([...requiredPermissions().filter((held) => held !== right), ...granted]);
    bed.connect({ url: sim.url, token });
    await bed.until('AuthentikConnection', 'default', 'True/Reconciled');
    publish();
    await bed.until(KIND, 'join', 'False/PermissionDenied');
    expect(bed.condition(KIND, 'join', 'Ready')?.message).toContain(right);
    expect(verified()).toMatch(/^Unknown\/PermissionDenied/);
  });
});
