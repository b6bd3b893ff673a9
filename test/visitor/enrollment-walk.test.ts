import { ScriptedServer, type ReceivedRequest, type ScriptedAnswer } from '../../src/authentik/scripted-server.ts';
import { EnrollmentWalk } from './enrollment-walk.ts';

const field = (field_key: string, type: string, more: object = {}) => ({ field_key, type, required: true, initial_value: '', ...more });
const form: ScriptedAnswer = {
  body: {
    component: 'ak-stage-prompt',
    fields: [
      field('header', 'static', { required: false, initial_value: 'Welcome' }),
      field('username', 'username'),
      field('email', 'email'),
      field('password', 'password'),
      field('password_repeat', 'password'),
      field('attributes.origin', 'hidden', { initial_value: 'guide' }),
      field('terms', 'checkbox'),
      field('nickname', 'text', { required: false }),
    ],
  },
};
const person = { username: 'ada', email: 'ada@example.com', password: 'Correct-horse-1', terms: 'true' };
const done: ScriptedAnswer = { body: { component: 'xak-flow-redirect', to: '/' } };

describe('EnrollmentWalk', () => {
  let server: ScriptedServer;
  let walk: EnrollmentWalk;
  let answers: ScriptedAnswer[];

  beforeEach(async () => {
    server = await ScriptedServer.start(({ method, url }: ReceivedRequest) => {
      const next = answers.shift() ?? { status: 500, body: 'asked too often' };
      return method === 'POST' && next.status === undefined && next !== answers[0] ? redirectFirst(url, next) : next;
    });
    walk = new EnrollmentWalk({ url: server.url, enrollmentSlug: 'join', loginSlug: 'login' });
  });
  afterEach(async () => server.stop());

  /** An accepted answer is a redirect to the same address, where the next challenge waits. */
  const redirectFirst = (url: string, next: ScriptedAnswer): ScriptedAnswer => {
    answers.unshift(next);
    return { status: 302, body: '', headers: { location: url } };
  };
  const sent = (): unknown[] => server.requests.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body) as unknown);

  it('fills in the sign-up form by its field keys and stops when the mail is on its way', async () => {
    answers = [form, { body: { component: 'ak-stage-email' } }];
    await expect(walk.signUp(person)).resolves.toMatchObject({ component: 'ak-stage-email' });
    expect(sent()).toEqual([
      {
        component: 'ak-stage-prompt',
        username: 'ada',
        email: 'ada@example.com',
        password: 'Correct-horse-1',
        password_repeat: 'Correct-horse-1',
        'attributes.origin': 'guide',
        terms: true,
      },
    ]);
  });

  it('says what the form asks for that this person does not have', async () => {
    answers = [form];
    await expect(walk.signUp({ password: 'x' })).rejects.toThrow('asks for username');
  });

  it('says why an answer was refused', async () => {
    const response_errors = { username: [{ string: 'Username is already taken.', code: 'invalid' }] };
    answers = [{ body: { ...(form.body as object), response_errors } }];
    await expect(walk.signUp(person)).rejects.toThrow('Sign-up stopped at ak-stage-prompt (username: Username is already taken)');
  });

  it('opens the link of a mail whatever host it names, and consents', async () => {
    answers = [{ body: { component: 'ak-stage-consent', token: 't1' } }, done];
    await expect(walk.confirm('https://auth.example.com/if/flow/join/?flow_token=abc')).resolves.toMatchObject({ raw: { to: '/' } });
    expect(server.requests[0]?.url).toBe('/api/v3/flows/executor/join/?query=flow_token%3Dabc');
    expect(sent()).toEqual([{ component: 'ak-stage-consent', token: 't1' }]);
  });

  it('notices a link that was used before, which leads to the empty form', async () => {
    answers = [form];
    await expect(walk.confirm('https://auth.example.com/if/flow/join/?flow_token=abc')).rejects.toThrow(
      'Confirmation stopped at ak-stage-prompt',
    );
  });

  it.each([
    {
      reason: 'name and password on one form',
      challenges: [{ component: 'ak-stage-identification', password_fields: true }],
      expected: [{ component: 'ak-stage-identification', uid_field: 'ada', password: 'pw' }],
    },
    {
      reason: 'a form each, and a question whether to stay',
      challenges: [
        { component: 'ak-stage-identification', password_fields: false },
        { component: 'ak-stage-password' },
        { component: 'ak-stage-user-login' },
      ],
      expected: [
        { component: 'ak-stage-identification', uid_field: 'ada' },
        { component: 'ak-stage-password', password: 'pw' },
        { component: 'ak-stage-user-login', remember_me: false },
      ],
    },
  ])('logs in with $reason', async ({ challenges, expected }) => {
    answers = [...challenges.map((body) => ({ body })), done];
    await expect(walk.login('ada', 'pw')).resolves.toMatchObject({ component: 'xak-flow-redirect' });
    expect(sent()).toEqual(expected);
  });

  it('says so when access is denied', async () => {
    answers = [{ body: { component: 'ak-stage-access-denied', error_message: 'User is not active' } }];
    await expect(walk.login('ada', 'pw')).rejects.toThrow('Login stopped at ak-stage-access-denied (User is not active)');
  });
});
