import { AuthentikClient, type ClientOptions } from './client.ts';
import type { RequestRecord } from './line.ts';
import { CUT, ScriptedServer, type ReceivedRequest, type ScriptedAnswer } from './scripted-server.ts';
import { FakeClock } from '../runtime/fake-clock.ts';
import { TermOfOffice } from '../runtime/office.ts';
import { silentLogger } from './silent-logger.ts';

describe('AuthentikClient', () => {
  let server: ScriptedServer;
  let respond: (request: ReceivedRequest) => ScriptedAnswer | typeof CUT | Promise<ScriptedAnswer | typeof CUT>;
  const clients: AuthentikClient[] = [];
  const connect = (options: Partial<ClientOptions> = {}): AuthentikClient => {
    const client = new AuthentikClient({ url: server.url, token: 'token', userAgent: 'flow-operator/test', log: silentLogger, ...options });
    clients.push(client);
    return client;
  };
  /** Answers with each of `answers` in turn. */
  const answerWith = (...answers: (ScriptedAnswer | typeof CUT)[]): void => {
    respond = () => answers.shift() ?? { status: 500, body: 'asked too often' };
  };

  beforeEach(async () => {
    server = await ScriptedServer.start((request) => respond(request));
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await server.stop();
  });

  it.each([
    { reason: 'plain', suffix: '', expected: '/api/v3/flows/instances/' },
    { reason: 'a trailing slash', suffix: '/', expected: '/api/v3/flows/instances/' },
    { reason: 'a sub-path (AUTHENTIK_WEB__PATH)', suffix: '/auth', expected: '/auth/api/v3/flows/instances/' },
    { reason: 'a sub-path with a trailing slash', suffix: '/auth/', expected: '/auth/api/v3/flows/instances/' },
    { reason: 'a query in the url, which means nothing', suffix: '/?x=1', expected: '/api/v3/flows/instances/' },
  ])('finds the API below the url: $reason', async ({ suffix, expected }) => {
    answerWith({ body: {} });
    await connect({ url: server.url + suffix }).get('/flows/instances/');
    expect(server.requests.map(({ url }) => url)).toEqual([expected]);
  });

  it.each(['ftp://host', 'authentik.example.com', '', 'https://user:pass@host'])('refuses the url "%s"', (url) => {
    expect(() => connect({ url })).toThrow(expect.objectContaining({ reason: 'InvalidSpec' }) as Error);
  });

  it.each(['', 'two words', 'line\n', 'schlüssel'])('refuses the token %j, which no header can carry', (token) => {
    expect(() => connect({ token })).toThrow(expect.objectContaining({ reason: 'SecretInvalid' }) as Error);
  });

  it('says who it is, and asks for English JSON', async () => {
    answerWith({ body: {} });
    await connect().get('/core/users/me/');
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer token',
      accept: 'application/json',
      'accept-language': 'en',
      'user-agent': 'flow-operator/test',
    });
  });

  it('sends bodies as JSON and lists in queries as repeated keys', async () => {
    answerWith({ status: 201, body: { pk: '1' } }, { body: {} });
    const client = connect();
    await expect(client.post('/stages/dummy/', { name: 'ä', none: null })).resolves.toEqual({ pk: '1' });
    await client.get('/events/events/', { actions: ['a', 'b'], page_size: 1 });
    expect(server.requests[0]).toMatchObject({ method: 'POST', body: '{"name":"ä","none":null}' });
    expect(server.requests[0]?.headers['content-type']).toContain('application/json');
    expect(server.requests[1]?.url).toBe('/api/v3/events/events/?actions=a&actions=b&page_size=1');
  });

  it('takes an object that is already gone for deleted, but only if Authentik says so', async () => {
    answerWith({ status: 204 }, { status: 404, body: { detail: 'No Flow matches the given query.' } }, { status: 404, body: '<html>' });
    const client = connect();
    await expect(client.delete('/flows/instances/x/')).resolves.toBeUndefined();
    await expect(client.delete('/flows/instances/x/')).resolves.toBeUndefined();
    await expect(client.delete('/flows/instances/x/')).rejects.toMatchObject({ reason: 'Unreachable' });
  });

  describe('list', () => {
    const page = (next: number, count: number, ...results: number[]): ScriptedAnswer => ({
      body: { pagination: { next, count }, results },
    });

    it('reads every page, with the filter on each, and from where the last one ended', async () => {
      answerWith(page(2, 101, ...Array.from({ length: 100 }, (_, index) => index)), page(0, 101, 99, 100));
      await expect(connect().list('/stages/all/', { name: 'x' })).resolves.toHaveLength(101);
      expect(server.requests.map(({ url }) => url)).toEqual([
        '/api/v3/stages/all/?name=x&page_size=100',
        '/api/v3/stages/all/?name=x&page_size=99&page=2',
      ]);
    });

    it.each([
      { reason: 'an object that is no list', body: {} },
      { reason: 'pages that go in circles', body: { pagination: { next: 1, count: 1 }, results: [] } },
    ])('refuses $reason', async ({ body }) => {
      answerWith({ body });
      await expect(connect().list('/stages/all/')).rejects.toMatchObject({ reason: 'Unreachable' });
    });
  });

  const retries: readonly {
    reason: string;
    method: 'get' | 'post' | 'patch' | 'delete';
    first: ScriptedAnswer | typeof CUT;
    requests: 1 | 2;
  }[] = [
    { reason: 'a read that was cut', method: 'get', first: CUT, requests: 2 },
    { reason: 'a read while Authentik starts', method: 'get', first: { status: 503, body: { error: 'starting' } }, requests: 2 },
    { reason: 'a read that was throttled', method: 'get', first: { status: 429, body: { detail: 'slow' } }, requests: 2 },
    { reason: 'no read that failed for good', method: 'get', first: { status: 500, body: 'x' }, requests: 1 },
    { reason: 'no read that was refused', method: 'get', first: { status: 403, body: { detail: 'no' } }, requests: 1 },
    { reason: 'no create, whose outcome must be looked up first', method: 'post', first: CUT, requests: 1 },
    { reason: 'no create while Authentik starts', method: 'post', first: { status: 503, body: {} }, requests: 1 },
    { reason: 'no update', method: 'patch', first: CUT, requests: 1 },
    { reason: 'no delete', method: 'delete', first: { status: 502, body: 'x' }, requests: 1 },
  ];
  it.each(retries)('tries again: $reason', async ({ method, first, requests }) => {
    answerWith(first, { body: {} });
    const client = connect();
    const outcome = await (method === 'get' || method === 'delete' ? client[method]('/x/') : client[method]('/x/', {})).then(
      () => 'worked',
      () => 'failed',
    );
    expect(outcome).toBe(requests === 2 ? 'worked' : 'failed');
    expect(server.requests).toHaveLength(requests);
  });

  it('gives up after two more attempts', async () => {
    respond = () => ({ status: 502, body: 'x' });
    await expect(connect().get('/x/')).rejects.toMatchObject({ status: 502 });
    expect(server.requests).toHaveLength(3);
  });

  it('does not begin a wait that outlasts the timeout', async () => {
    respond = () => ({ status: 503, headers: { 'retry-after': '60' }, body: {} });
    await expect(connect().get('/x/')).rejects.toMatchObject({ status: 503, retryAfterMs: 60_000 });
    expect(server.requests).toHaveLength(1);
  });

  it('keeps to its share of requests in flight, and reuses connections', async () => {
    respond = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return { body: {} };
    };
    const client = connect({ maxConcurrentRequests: 3 });
    await Promise.all(Array.from({ length: 20 }, async (_, index) => client.get(`/x/${index}/`)));
    expect(server.requests).toHaveLength(20);
    expect(server.mostOpen).toBe(3);
    expect(server.connections).toBe(3);
  });

  it('reports every request with a template of few values', async () => {
    const records: RequestRecord[] = [];
    answerWith(CUT, { body: {} }, { status: 400, body: { name: ['no'] } });
    const client = connect({ onRequest: (record) => records.push(record) });
    await client.get('/flows/instances/my-flow/', { search: 'x' });
    await client.patch('/stages/email/0f0e0d0c-0b0a-4908-8706-050403020100/', {}).catch(() => undefined);
    expect(records.map(({ method, template, status }) => ({ method, template, status }))).toEqual([
      { method: 'GET', template: '/flows/instances/{slug}/', status: 'error' },
      { method: 'GET', template: '/flows/instances/{slug}/', status: 200 },
      { method: 'PATCH', template: '/stages/email/{uuid}/', status: 400 },
    ]);
    expect(records.every(({ durationMs }) => durationMs >= 0)).toBe(true);
  });

  describe('its visitors', () => {
    it('have no token, and share its limit, its name and its account', async () => {
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      respond = async ({ url }) => {
        if (url.includes('/x/')) await held;
        return { body: { component: 'ak-stage-prompt' } };
      };
      const records: RequestRecord[] = [];
      const client = connect({ maxConcurrentRequests: 1, onRequest: (record) => records.push(record) });
      const call = client.get('/x/');
      const visit = client.visitor().open('join', 'flow_token=secret');
      await Promise.resolve();
      release();
      await Promise.all([call, visit]);
      expect(server.mostOpen).toBe(1);
      expect(server.requests.map(({ url, headers }) => [url, headers.authorization, headers['user-agent']])).toEqual([
        ['/api/v3/x/', 'Bearer token', 'flow-operator/test'],
        ['/api/v3/flows/executor/join/?query=flow_token%3Dsecret', undefined, 'flow-operator/test'],
      ]);
      expect(records.map(({ template }) => template)).toEqual(['/x/', '/flows/executor/{slug}/']);
    });

    it('end with it, and no sooner', async () => {
      respond = () => ({ body: { component: 'ak-stage-prompt' } });
      const client = connect();
      const visitor = client.visitor();
      visitor.close();
      await expect(client.visitor().open('join')).resolves.toMatchObject({ component: 'ak-stage-prompt' });
      client.close();
      await expect(client.visitor().open('join')).rejects.toMatchObject({ reason: 'Unreachable' });
    });

    it('wait no longer than it does', async () => {
      respond = async () => new Promise(() => undefined);
      await expect(connect({ requestTimeoutMs: 50 }).visitor().open('join')).rejects.toMatchObject({
        reason: 'Unreachable',
        message: expect.stringContaining('within 0.05 s') as string,
      });
    });
  });

  it('refuses an answer larger than Authentik ever sends', async () => {
    answerWith({ body: { x: 'x'.repeat(17 * 1024 * 1024) } });
    await expect(connect().get('/x/')).rejects.toMatchObject({
      reason: 'TooMuchData',
      message: expect.stringContaining('more data') as string,
    });
  });

  it.each([
    { reason: 'it is closed', end: (client: AuthentikClient) => client.close() },
    { reason: 'the time in office ends', end: (_: AuthentikClient, office: TermOfOffice) => office.end() },
  ])('calls off what is under way and what waits when $reason', async ({ end }) => {
    const office = new TermOfOffice();
    const client = connect({ maxConcurrentRequests: 1, office });
    const arrived = new Promise((resolve) => {
      respond = async () => {
        resolve(undefined);
        return new Promise(() => undefined);
      };
    });
    const both = Promise.allSettled([client.get('/x/'), client.get('/y/')]);
    await arrived;
    end(client, office);
    for (const outcome of await both) expect(outcome).toMatchObject({ status: 'rejected', reason: { reason: 'Unreachable' } });
    await expect(client.get('/z/')).rejects.toMatchObject({ message: expect.stringContaining('called off') as string });
    expect(server.requests).toHaveLength(1);
  });

  it('writes only while the office is held, also when it waited for its turn, and certainly sent nothing otherwise', async () => {
    const clock = new FakeClock();
    const office = new TermOfOffice(clock);
    const client = connect({ maxConcurrentRequests: 1, office });
    answerWith({ body: {} }, { body: {} });
    const refused = { reason: 'Unreachable', ambiguous: false, message: expect.stringContaining('was not sent') as string };
    await expect(client.post('/x/', {})).rejects.toMatchObject(refused);
    office.extend(clock.now() + 10_000);
    const reading = client.get('/y/');
    const writing = Promise.allSettled([client.patch('/z/', {}), client.delete('/z/')]);
    await clock.advance(10_000);
    await reading;
    expect(await writing).toEqual([expect.objectContaining({ status: 'rejected' }), expect.objectContaining({ status: 'rejected' })]);
    office.extend(clock.now() + 10_000);
    await client.patch('/z/', {});
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'PATCH']);
  });
});
