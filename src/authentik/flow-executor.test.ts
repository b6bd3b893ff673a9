import { FlowExecutor } from './flow-executor.ts';
import { ScriptedServer, type ReceivedRequest, type ScriptedAnswer } from './scripted-server.ts';

const HERE = '/api/v3/flows/executor/join/?query=';
const challenge = (component: string, more: object = {}): ScriptedAnswer => ({
  body: { component, flow_info: { title: 'Sign-up' }, ...more },
});
const to = (location: string, cookie?: string): ScriptedAnswer => ({
  status: 302,
  body: '',
  headers: { location, ...(cookie === undefined ? {} : { 'set-cookie': [cookie] }) },
});

describe('FlowExecutor', () => {
  let server: ScriptedServer;
  let visitor: FlowExecutor;
  let respond: (request: ReceivedRequest) => ScriptedAnswer;
  const answerWith = (...answers: ScriptedAnswer[]): void => {
    respond = () => answers.shift() ?? { status: 500, body: 'asked too often' };
  };
  const asked = (): string[] => server.requests.map(({ method, url }) => `${method} ${url}`);

  beforeEach(async () => {
    server = await ScriptedServer.start((request) => respond(request));
    visitor = new FlowExecutor({ url: `${server.url}/` });
  });
  afterEach(async () => {
    visitor.close();
    await server.stop();
  });

  it('follows an accepted answer through stages that ask nothing to the next challenge', async () => {
    answerWith(challenge('ak-stage-prompt'), to(HERE), to(HERE), challenge('ak-stage-email'));
    await expect(visitor.open('join')).resolves.toMatchObject({ component: 'ak-stage-prompt', flowTitle: 'Sign-up', responseErrors: [] });
    await expect(visitor.answer({ component: 'ak-stage-prompt', username: 'x' })).resolves.toMatchObject({ component: 'ak-stage-email' });
    expect(asked()).toEqual([`GET ${HERE}`, `POST ${HERE}`, `GET ${HERE}`, `GET ${HERE}`]);
    expect(server.requests[1]?.body).toBe('{"component":"ak-stage-prompt","username":"x"}');
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('returns what the server says against an answer', async () => {
    const response_errors = { username: [{ string: 'Username is already taken.', code: 'invalid' }] };
    answerWith(challenge('ak-stage-prompt'), challenge('ak-stage-prompt', { response_errors }));
    await visitor.open('join');
    await expect(visitor.answer({ component: 'ak-stage-prompt' })).resolves.toMatchObject({
      responseErrors: [{ field: 'username', string: 'Username is already taken.', code: 'invalid' }],
    });
  });

  it('encodes the query of a link once, as the page of the flow does', async () => {
    answerWith(challenge('ak-stage-consent'));
    await visitor.open('join', 'flow_token=a%2Fb&next=/');
    expect(asked()).toEqual(['GET /api/v3/flows/executor/join/?query=flow_token%3Da%252Fb%26next%3D%2F']);
  });

  it('keeps the cookies of redirects, and sends the CSRF token back once there is one', async () => {
    answerWith(
      challenge('ak-stage-identification'),
      to(HERE, 'authentik_session=s2; HttpOnly; Path=/; SameSite=Lax'),
      { ...challenge('ak-stage-consent'), headers: { 'set-cookie': ['authentik_csrf=c1; Path=/; SameSite=Lax'] } },
      challenge('xak-flow-redirect', { to: '/' }),
    );
    await visitor.open('join');
    await visitor.answer({ component: 'ak-stage-identification' });
    await visitor.answer({ component: 'ak-stage-consent' });
    expect(server.requests.map(({ headers }) => headers.cookie)).toEqual([
      undefined,
      undefined,
      'authentik_session=s2',
      'authentik_session=s2; authentik_csrf=c1',
    ]);
    expect(server.requests.map(({ headers }) => headers['x-authentik-csrf'])).toEqual([undefined, undefined, undefined, 'c1']);
    expect(server.requests[3]?.headers.referer).toBe(`${server.url}/`);
  });

  it('follows a redirect challenge that stays in the executor, and answers where it led', async () => {
    const other = '/api/v3/flows/executor/other/?query=x%3D1';
    answerWith(challenge('xak-flow-redirect', { to: other }), challenge('ak-stage-prompt'), challenge('ak-stage-email'));
    await visitor.open('join');
    await visitor.answer({ component: 'ak-stage-prompt' });
    expect(asked()).toEqual([`GET ${HERE}`, `GET ${other}`, `POST ${other}`]);
  });

  it.each(['/', '/if/user/', 'https://market.example.com/auth/login', 'https://evil.example.com/api/v3/flows/executor/x/'])(
    'ends at a redirect to %s',
    async (target) => {
      answerWith(challenge('xak-flow-redirect', { to: target }));
      await expect(visitor.open('join')).resolves.toMatchObject({ component: 'xak-flow-redirect', raw: { to: target } });
      answerWith(to(target));
      await expect(visitor.open('join')).resolves.toMatchObject({ component: 'xak-flow-redirect', raw: { to: target } });
      expect(server.requests).toHaveLength(2);
    },
  );

  it('gives up on a flow that goes in circles', async () => {
    respond = () => to(HERE);
    await expect(visitor.open('join')).rejects.toMatchObject({ reason: 'ServerError' });
    expect(server.requests).toHaveLength(11);
  });

  it.each([
    { reason: 'an unknown slug, which is a 404 in HTML', answer: { status: 404, body: '<html>' }, expected: 'ReferenceNotFound' },
    { reason: 'a login page of something in between', answer: { status: 200, body: '<html>' }, expected: 'Unreachable' },
    { reason: 'JSON that is no challenge', answer: { body: { hello: 'world' } }, expected: 'Unreachable' },
    { reason: 'a server error', answer: { status: 500, body: '<html>' }, expected: 'ServerError' },
  ])('fails on $reason', async ({ answer, expected }) => {
    answerWith(answer);
    await expect(visitor.open('join')).rejects.toMatchObject({ name: 'AuthentikError', reason: expected });
  });

  it('works below a sub-path', async () => {
    const below = new FlowExecutor({ url: `${server.url}/auth/` });
    answerWith(to('/auth/api/v3/flows/executor/join/?query='), challenge('ak-stage-prompt'));
    await expect(below.open('join')).resolves.toMatchObject({ component: 'ak-stage-prompt' });
    expect(asked()).toEqual([`GET /auth${HERE}`, `GET /auth${HERE}`]);
    below.close();
  });

  describe('outside the API', () => {
    it('is sent on with its cookies, and goes no further by itself', async () => {
      answerWith(
        { status: 200, body: '<p>Hello</p>', headers: { 'set-cookie': ['authentik_session=s1; Path=/'] } },
        to('/if/flow/login/?next=%2F'),
      );
      await visitor.browse('/application/o/authorize/?a=1');
      await expect(visitor.browse('/application/o/authorize/?a=2')).resolves.toEqual({
        status: 302,
        location: new URL(`${server.url}/if/flow/login/?next=%2F`),
        said: '',
      });
      expect(asked()).toEqual(['GET /application/o/authorize/?a=1', 'GET /application/o/authorize/?a=2']);
      expect(server.requests[1]?.headers.cookie).toBe('authentik_session=s1');
    });

    it('reads what a page says, without what it is made of', async () => {
      const head = '<head><title>authentik</title><style>p { color: red }</style></head>';
      const main =
        '<main class="x"><h1>Redirect URI Error</h1>\n<p>The request fails.</p><a href="/">Go home</a><script>x()</script></main>';
      answerWith({ status: 400, body: `<html>${head}<body><nav>Menu</nav>${main}<footer>Powered</footer></body></html>` });
      await expect(visitor.browse('/application/o/authorize/')).resolves.toEqual({
        status: 400,
        location: undefined,
        said: 'Redirect URI Error The request fails.',
      });
    });

    it.each([
      { status: 500, reason: 'ServerError' },
      { status: 502, reason: 'Unreachable' },
      { status: 429, reason: 'RateLimited' },
    ])('takes $status for trouble of the server', async ({ status, reason }) => {
      answerWith({ status, body: '<html>' });
      await expect(visitor.browse('/application/o/authorize/')).rejects.toMatchObject({ reason });
    });
  });

  it('cannot answer what was not opened', async () => {
    await expect(visitor.answer({})).rejects.toMatchObject({ reason: 'InternalError' });
  });
});
