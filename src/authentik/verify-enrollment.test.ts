import { ScriptedServer, type ScriptedAnswer } from './scripted-server.ts';
import { verifyEnrollment } from './verify-enrollment.ts';

const form: ScriptedAnswer = { body: { component: 'ak-stage-prompt', fields: [] } };
const login = (enroll_url?: string): ScriptedAnswer => ({ body: { component: 'ak-stage-identification', enroll_url } });
const denied: ScriptedAnswer = { body: { component: 'ak-stage-access-denied', error_message: 'Flow does not apply to current user.' } };
const missing: ScriptedAnswer = { status: 404, body: '<html>' };

describe('verifyEnrollment', () => {
  let server: ScriptedServer;
  let signUp: ScriptedAnswer;
  let logIn: ScriptedAnswer;
  beforeAll(async () => {
    server = await ScriptedServer.start(({ url }) => (url.includes('/executor/join/') ? signUp : logIn));
  });
  beforeEach(() => server.requests.splice(0));
  afterAll(async () => server.stop());

  const verify = async (enroll: ScriptedAnswer, identify: ScriptedAnswer, loginSlug: string | undefined = 'login') => {
    signUp = enroll;
    logIn = identify;
    return verifyEnrollment({ url: server.url, enrollmentSlug: 'join', loginSlug });
  };

  it.each([
    { reason: 'the link as Authentik writes it', link: '/if/flow/join/' },
    { reason: 'with a query', link: '/if/flow/join/?next=%2F' },
    { reason: 'below a sub-path', link: '/auth/if/flow/join/' },
    { reason: 'with a host', link: 'https://auth.example.com/if/flow/join/' },
  ])('is content with a form and $reason, after two requests without a cookie in common', async ({ link }) => {
    await expect(verify(form, login(link))).resolves.toEqual({ ok: true });
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    {
      reason: 'sign-up refuses the visitor',
      enroll: denied,
      identify: login(),
      message: /sign up gets ak-stage-access-denied \(Flow does not apply/,
    },
    {
      reason: 'sign-up fails',
      enroll: { body: { component: 'ak-stage-flow-error', request_id: 'f00d' } },
      identify: login(),
      message: /flow-error \(f00d\)/,
    },
    {
      reason: 'sign-up has no stage',
      enroll: { body: { component: 'xak-flow-redirect', to: '/' } },
      identify: login(),
      message: /xak-flow-redirect to \//,
    },
    { reason: 'there is no such flow', enroll: missing, identify: login(), message: /no flow at \/api\/v3\/flows\/executor\/join\// },
    { reason: 'login shows no link', enroll: form, identify: login(), message: /login has no sign-up link/ },
    {
      reason: 'login links to another flow',
      enroll: form,
      identify: login('/if/flow/join-us/'),
      message: /leads to \/if\/flow\/join-us\/ and not to the flow join/,
    },
    {
      reason: 'login names the flow elsewhere only',
      enroll: form,
      identify: login('/if/flow/x/?next=/if/flow/join/'),
      message: /leads to \/if\/flow\/x\//,
    },
    {
      reason: 'login begins otherwise',
      enroll: form,
      identify: denied,
      message: /not begin with an identification form but with ak-stage-access-denied/,
    },
    { reason: 'the server fails', enroll: form, identify: { status: 502, body: '<html>' }, message: /502/ },
  ])('says what the visitor gets when $reason', async ({ enroll, identify, message }) => {
    await expect(verify(enroll, identify)).resolves.toEqual({ ok: false, message: expect.stringMatching(message) as string });
  });

  it('looks at sign-up alone when no login flow belongs to it', async () => {
    signUp = form;
    await expect(verifyEnrollment({ url: server.url, enrollmentSlug: 'join' })).resolves.toEqual({ ok: true });
    expect(server.requests).toHaveLength(1);
  });

  it('does not throw when nobody answers', async () => {
    const outcome = await verifyEnrollment({ url: 'http://127.0.0.1:1', enrollmentSlug: 'join', loginSlug: 'login' });
    expect(outcome).toEqual({ ok: false, message: expect.stringContaining('accepts no connections') as string });
  });
});
