import { FlowExecutor } from './flow-executor.ts';
import { lookAtLogin } from './look-at-login.ts';
import { ScriptedServer, type ScriptedAnswer } from './scripted-server.ts';

const page = (component: string, more: object = {}): ScriptedAnswer => ({ body: { component, ...more } });
const form = (enroll_url?: string): ScriptedAnswer => page('ak-stage-identification', { enroll_url });
const notice = page('ak-stage-prompt', { fields: [{ field_key: 'rules', type: 'static', required: false, initial_value: 'Rules' }] });
const question = page('ak-stage-prompt', { fields: [{ field_key: 'code', type: 'text', required: true, initial_value: '' }] });
const refused = page('ak-stage-prompt', { fields: [], response_errors: { code: [{ string: 'Which code?', code: 'required' }] } });

describe('lookAtLogin', () => {
  let server: ScriptedServer;
  let pages: ScriptedAnswer[];
  beforeAll(async () => {
    server = await ScriptedServer.start(({ method, url }) => {
      // An accepted answer is a redirect to the same address, where the next page waits.
      if (method === 'POST' && pages[0] !== refused) return { status: 302, headers: { location: url }, body: '' };
      return pages.shift() ?? { status: 500, body: 'asked too often' };
    });
  });
  beforeEach(() => server.requests.splice(0));
  afterAll(async () => server.stop());

  const look = async (answers: readonly ScriptedAnswer[], more: object = {}) => {
    pages = [...answers];
    const visitor = new FlowExecutor({ url: server.url });
    const sighting = await lookAtLogin(visitor, { slug: 'login', enrollmentSlug: 'join', ...more });
    visitor.close();
    return sighting;
  };

  it.each([
    { reason: 'as Authentik writes it', answers: [form('/if/flow/join/')] },
    { reason: 'with a query', answers: [form('/if/flow/join/?next=%2F')] },
    { reason: 'below a sub-path', answers: [form('/auth/if/flow/join/')] },
    { reason: 'with a host', answers: [form('https://auth.example.com/if/flow/join/')] },
    { reason: 'after a notice', answers: [notice, form('/if/flow/join/')] },
    {
      reason: 'after a notice, a consent and a dummy',
      answers: [notice, page('ak-stage-consent', { token: 't' }), page('ak-stage-dummy'), form('/if/flow/join/')],
    },
  ])('sees the link $reason', async ({ answers }) => {
    await expect(look(answers)).resolves.toEqual({ verdict: 'seen', message: 'an anonymous visitor of login sees the link' });
  });

  it('answers a notice with nothing but its component', async () => {
    await look([notice, form('/if/flow/join/')]);
    expect(server.requests.map(({ method, body }) => `${method} ${body}`)).toEqual([
      'GET ',
      'POST {"component":"ak-stage-prompt"}',
      'GET ',
    ]);
  });

  it.each([
    { reason: 'no link', answers: [form()], message: /login form of login has no sign-up link/ },
    {
      reason: "another flow's link",
      answers: [form('/if/flow/join-us/')],
      message: /leads to \/if\/flow\/join-us\/ and not to the flow join/,
    },
    { reason: 'the flow elsewhere only', answers: [form('/if/flow/x/?next=/if/flow/join/')], message: /leads to \/if\/flow\/x\// },
    { reason: 'an empty flow', answers: [page('xak-flow-redirect', { to: '/' })], message: /none of its stages/ },
    {
      reason: 'an empty flow behind a notice',
      answers: [notice, page('xak-flow-redirect', { to: '/' })],
      message: /redirect to \/: none of its stages/,
    },
    { reason: 'a failure', answers: [page('ak-stage-flow-error', { request_id: 'f00d' })], message: /gets ak-stage-flow-error \(f00d\)/ },
    { reason: 'no flow', answers: [{ status: 404, body: '<html>' }], message: /no page for the login flow login/ },
  ])('is sure that $reason is wrong', async ({ answers, message }) => {
    await expect(look(answers)).resolves.toEqual({ verdict: 'wrong', message: expect.stringMatching(message) as string });
  });

  it.each([
    { reason: 'a captcha', answers: [page('ak-stage-captcha')], message: /gets ak-stage-captcha before the login form/ },
    { reason: 'a captcha behind a notice', answers: [notice, page('ak-stage-captcha')], message: /gets ak-stage-captcha/ },
    { reason: 'a question', answers: [question], message: /gets ak-stage-prompt before the login form/ },
    {
      reason: 'a notice that wants an answer after all',
      answers: [notice, refused],
      message: /gets ak-stage-prompt \(code: Which code\?\)/,
    },
    {
      reason: 'somebody at the door',
      answers: [page('ak-stage-access-denied', { error_message: 'Not from here.' })],
      message: /gets ak-stage-access-denied \(Not from here\); whether it lets others in/,
    },
    {
      reason: 'a way to somewhere else',
      answers: [page('xak-flow-redirect', { to: '/source/oauth/login/company/' })],
      message: /redirect to \/source\/oauth/,
    },
    { reason: 'a flow of notices only', answers: Array<ScriptedAnswer>(20).fill(notice), message: /gets ak-stage-prompt/ },
  ])('does not judge what it cannot see for $reason', async ({ answers, message }) => {
    await expect(look(answers)).resolves.toEqual({ verdict: 'unclear', message: expect.stringMatching(message) as string });
  });

  describe('with a market to come back to', () => {
    const next = '/application/o/authorize/';

    it('wants the link to lead back there', async () => {
      await expect(look([form('/if/flow/join/?next=%2Fapplication%2Fo%2Fauthorize%2F%3Fx%3D1')], { next })).resolves.toMatchObject({
        verdict: 'seen',
      });
      await expect(look([form('/if/flow/join/')], { next })).resolves.toEqual({
        verdict: 'wrong',
        message: expect.stringMatching(/does not lead on to \/application/) as string,
      });
    });

    it('knows an empty flow by where it leads at once', async () => {
      const to = '/application/o/authorize/?client_id=market';
      await expect(look([page('xak-flow-redirect', { to })], { next })).resolves.toMatchObject({ verdict: 'wrong' });
    });

    it('hands the page the query that it came with', async () => {
      await look([form('/if/flow/join/')], { query: 'a=1&next=%2F' });
      expect(server.requests[0]?.url).toBe('/api/v3/flows/executor/login/?query=a%3D1%26next%3D%252F');
    });
  });

  it('does not blame the login for a server that fails', async () => {
    await expect(look([{ status: 502, body: '<html>' }])).rejects.toMatchObject({ reason: 'Unreachable' });
  });
});
