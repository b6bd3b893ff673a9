import { FlowExecutor } from './flow-executor.ts';
import { lookAtMarketLogin } from './look-at-market-login.ts';
import { ScriptedServer, type ScriptedAnswer } from './scripted-server.ts';

const CALLBACK = 'https://market.example.com/auth/callback';
const REDIRECT_ERROR = '<main><h1>Redirect URI Error</h1><p>The request fails due to a mismatching redirection URI.</p></main>';

describe('lookAtMarketLogin', () => {
  let server: ScriptedServer;
  let authorize: (query: string) => ScriptedAnswer;
  let pages: Record<string, ScriptedAnswer>;
  let enrollURL: ((query: string) => string) | undefined;

  /** As 2025.12 and 2026.2 answer: back to itself by `next`, along with what it was asked. */
  const toLogin =
    (slug: string, subPath = '') =>
    (query: string): ScriptedAnswer => {
      const next = encodeURIComponent(`${subPath}/application/o/authorize/?${query}`);
      return { status: 302, headers: { location: `${subPath}/if/flow/${slug}/?${query}&next=${next}` }, body: '' };
    };

  beforeAll(async () => {
    server = await ScriptedServer.start(({ url }) => {
      const { pathname, searchParams, search } = new URL(url, 'http://server');
      const path = pathname.replace(/^\/auth(?=\/)/, '');
      if (path === '/application/o/authorize/') return authorize(search.slice(1));
      if (path.startsWith('/api/v3/flows/executor/login/'))
        return { body: { component: 'ak-stage-identification', enroll_url: enrollURL?.(searchParams.get('query') ?? '') } };
      return pages[path] ?? { status: 404, body: '<html>' };
    });
  });
  beforeEach(() => {
    server.requests.splice(0);
    authorize = toLogin('login');
    enrollURL = (query) => `/if/flow/join/?${query}`;
    pages = {};
  });
  afterAll(async () => server.stop());

  const look = async ({ subPath = '', mayDiffer = false } = {}) => {
    const visitor = new FlowExecutor({ url: server.url + subPath });
    const request = { clientID: 'market-client', redirectURI: CALLBACK };
    const sighting = await lookAtMarketLogin(visitor, { request, loginSlug: 'login', enrollmentSlug: 'join', subPath, mayDiffer });
    visitor.close();
    return sighting;
  };

  it('asks as a market does, each time with another challenge', async () => {
    await expect(look()).resolves.toEqual({ verdict: 'seen', message: 'an anonymous visitor of login sees the link' });
    await look();
    const asked = server.requests
      .filter(({ url }) => url.startsWith('/application/'))
      .map(({ url }) => new URLSearchParams(url.split('?')[1]));
    expect(asked).toHaveLength(2);
    for (const name of ['state', 'nonce', 'code_challenge']) {
      const values = asked.map((query) => query.get(name) ?? '');
      expect(values).toEqual([expect.stringMatching(/^[\w-]{43}$/), expect.stringMatching(/^[\w-]{43}$/)]);
      expect(values[0]).not.toBe(values[1]);
    }
    expect(Object.fromEntries(asked[0] ?? [])).toMatchObject({
      response_type: 'code',
      client_id: 'market-client',
      redirect_uri: CALLBACK,
      code_challenge_method: 'S256',
    });
  });

  it('works below a sub-path', async () => {
    authorize = toLogin('login', '/auth');
    await expect(look({ subPath: '/auth' })).resolves.toMatchObject({ verdict: 'seen' });
  });

  it('goes by way of the default login flow, as older versions do', async () => {
    authorize = () => ({ status: 302, headers: { location: '/flows/-/default/authentication/?next=%2Fx' }, body: '' });
    pages = {
      '/flows/-/default/authentication/': {
        status: 302,
        headers: { location: '/if/flow/login/?next=%2Fapplication%2Fo%2Fauthorize%2F' },
        body: '',
      },
    };
    await expect(look()).resolves.toMatchObject({ verdict: 'seen' });
  });

  it.each([
    {
      reason: 'a page instead of a login',
      arrange: () => (authorize = () => ({ status: 400, body: REDIRECT_ERROR })),
      message: /ends at a page with status 400 .*: Redirect URI Error The request fails/,
    },
    {
      reason: 'another flow',
      arrange: () => (authorize = toLogin('other')),
      message: /leads to the flow other, and not to login, which shows the link/,
    },
    {
      reason: 'the market with an error',
      arrange: () => (authorize = () => ({ status: 302, headers: { location: `${CALLBACK}?error=invalid_scope&state=canary` }, body: '' })),
      message: /leads to https:\/\/market\.example\.com\/auth\/callback \(invalid_scope\)$/,
    },
    { reason: 'a form without the link', arrange: () => (enrollURL = undefined), message: /has no sign-up link/ },
    { reason: 'a link that forgets the market', arrange: () => (enrollURL = () => '/if/flow/join/'), message: /does not lead on to/ },
    {
      reason: 'a circle',
      arrange: () => {
        const circle = { status: 302, headers: { location: '/flows/-/default/authentication/' }, body: '' };
        authorize = () => circle;
        pages = { '/flows/-/default/authentication/': circle };
      },
      message: /redirected 3 times without a login form/,
    },
  ])('is sure that $reason is wrong', async ({ arrange, message }) => {
    arrange();
    await expect(look()).resolves.toEqual({ verdict: 'wrong', message: expect.stringMatching(message) as string });
  });

  it('does not judge another flow that visitors of another host may not get', async () => {
    authorize = toLogin('other');
    await expect(look({ mayDiffer: true })).resolves.toMatchObject({ verdict: 'unclear' });
  });
});
