/** People who are signed in already: what a flow does to their account, what their browser may ask the API. Seen on a live 2025.12.4. */
import { jest } from '@jest/globals';
import { asText, type JsonObject } from './json.ts';
import { type AuthentikSim, startAuthentikSim } from './sim.ts';
import { apiCaller, browser, type Browser, type Call, logIn } from './test-client.ts';

// Two cores shared with a cluster's tests can be slow.
jest.setTimeout(120_000);

const PASSWORD = 'Correct-horse-1';
const SIGN_UP = { component: 'ak-stage-prompt', username: 'newcomer', email: 'newcomer@example.com', password: 'Correct-horse-2' };

let sim: AuthentikSim;
let call: Call;
let victim: string;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2025.12' });
  call = apiCaller(sim.url, sim.token);
  victim = await make('/core/users/', { username: 'victim', name: 'Victim', email: 'victim@example.com' });
  await call('POST', `/core/users/${victim}/set_password/`, { password: PASSWORD });
});
afterEach(async () => {
  await sim.stop();
  if (sim.schemaViolations.length > 0) throw new Error(JSON.stringify(sim.schemaViolations));
});

async function make(path: string, body: JsonObject): Promise<string> {
  const { status, body: made } = await call('POST', path, body);
  if (status !== 201) throw new Error(`${path} ${status}: ${JSON.stringify(made)}`);
  return asText(made.pk);
}

/** A sign-up as somebody follows a guide: a form, then the account, inactive. */
async function signUp(flow: JsonObject, write: JsonObject = {}): Promise<void> {
  const target = await make('/flows/instances/', { name: 'f', slug: 'f', title: 'F', designation: 'enrollment', ...flow });
  const fields: string[] = [];
  for (const [order, type] of ['username', 'email', 'password'].entries())
    fields.push(await make('/stages/prompt/prompts/', { name: type, field_key: type, label: type, type, required: true, order }));
  const policy = await make('/policies/password/', { name: 'p', length_min: 12, error_message: 'At least 12 characters.' });
  const form = await make('/stages/prompt/stages/', { name: 'form', fields, validation_policies: [policy] });
  const stage = await make('/stages/user_write/', { name: 'write', create_users_as_inactive: true, ...write });
  await make('/flows/bindings/', { target, stage: form, order: 0 });
  await make('/flows/bindings/', { target, stage, order: 1 });
}

async function signedIn(): Promise<Browser> {
  const visitor = browser(sim.url);
  expect(await logIn(visitor, 'victim', PASSWORD)).toEqual({ component: 'xak-flow-redirect', to: '/' });
  return visitor;
}

/** Everything there is about accounts, as an administrator sees it. */
const accounts = async (): Promise<JsonObject> => (await call('GET', '/core/users/?ordering=pk')).body;

describe('a sign-up', () => {
  interface Row {
    reason: string;
    flow: JsonObject;
    answers: JsonObject;
    shown: JsonObject;
  }
  it.each<Row>([
    {
      reason: 'that asks for visitors who are not signed in',
      flow: { authentication: 'require_unauthenticated' },
      answers: SIGN_UP,
      shown: { component: 'ak-stage-access-denied', pending_user: 'victim', error_message: 'Flow does not apply to current user.' },
    },
    {
      reason: 'with a password that its policy refuses',
      flow: {},
      answers: { ...SIGN_UP, password: 'x' },
      shown: {
        component: 'ak-stage-prompt',
        response_errors: { non_field_errors: [{ string: 'At least 12 characters.', code: 'invalid' }] },
      },
    },
    {
      reason: 'with a name that is taken',
      flow: {},
      answers: { ...SIGN_UP, username: 'akadmin' },
      shown: { component: 'ak-stage-prompt', response_errors: { username: [{ string: 'Username is already taken.', code: 'invalid' }] } },
    },
  ])('$reason leaves every account as it was', async ({ flow, answers, shown }) => {
    await signUp(flow);
    const visitor = await signedIn();
    const [before, stored, logged] = [await accounts(), sim.users(), sim.events().length];
    await visitor.open('f');
    expect(await visitor.answer('f', answers)).toMatchObject(shown);
    expect(await accounts()).toEqual(before);
    expect(sim.users()).toEqual(stored);
    expect(sim.events()).toHaveLength(logged);
    await signedIn();
  });

  it('makes an account beside theirs when it always creates one, and the log knows who did', async () => {
    await signUp({}, { user_creation_mode: 'always_create' });
    const visitor = await signedIn();
    const mine = sim.users().find(({ username }) => username === 'victim');
    await visitor.open('f');
    expect(await visitor.answer('f', SIGN_UP)).toEqual({ component: 'xak-flow-redirect', to: '/' });
    expect(sim.users()).toContainEqual(mine);
    expect(sim.users().at(-1)).toMatchObject({ username: 'newcomer', is_active: false });
    expect(sim.events().slice(-3)).toMatchObject([
      { action: 'password_set', user: { username: 'newcomer' } },
      { action: 'model_created', user: { username: 'newcomer', authenticated_as: { username: 'victim' } } },
      { action: 'user_write', context: { created: true, username: 'newcomer', password: '********************' } },
    ]);
    expect(JSON.stringify(sim.events())).not.toContain(SIGN_UP.password);
  });

  it('writes over their account when it creates one when required, and leaves them active and signed in', async () => {
    await signUp({});
    const visitor = await signedIn();
    await visitor.open('f');
    await visitor.answer('f', SIGN_UP);
    const { body } = await call('GET', `/core/users/${victim}/`);
    expect(body).toMatchObject({ username: 'newcomer', name: 'Victim', email: 'newcomer@example.com', is_active: true });
    expect((await visitor.call('GET', '/core/users/me/')).body).toMatchObject({ user: { username: 'newcomer' } });
    expect(await logIn(browser(sim.url), 'newcomer', PASSWORD)).toMatchObject({ component: 'ak-stage-password' });
    expect(await logIn(browser(sim.url), 'newcomer', SIGN_UP.password)).toMatchObject({ component: 'xak-flow-redirect' });
  });
});

describe('their browser', () => {
  it.each([
    { reason: 'with the cookie in a header', csrf: undefined, status: 403, says: 'You do not have permission to perform this action.' },
    { reason: 'without the header', csrf: null, status: 403, says: 'CSRF Failed: CSRF token missing.' },
    {
      reason: 'with a header that is too short',
      csrf: 'x',
      status: 403,
      says: "CSRF Failed: CSRF token from the 'X-Authentik-Csrf' HTTP header has incorrect length.",
    },
    {
      reason: 'with a wrong header',
      csrf: 'x'.repeat(32),
      status: 403,
      says: "CSRF Failed: CSRF token from the 'X-Authentik-Csrf' HTTP header incorrect.",
    },
  ])('is judged by their rights only $reason', async ({ csrf, status, says }) => {
    const visitor = await signedIn();
    const reply = await visitor.call('POST', '/flows/instances/cache_clear/', csrf);
    expect([reply.status, reply.body.detail]).toEqual([status, says]);
    expect((await visitor.call('GET', '/core/users/me/', csrf)).body).toMatchObject({ user: { username: 'victim' } });
  });

  it('is nobody again after a logout, and when the account is switched off', async () => {
    await signUp({ authentication: 'require_unauthenticated' });
    const [leaving, switchedOff] = [await signedIn(), await signedIn()];
    await leaving.open('default-invalidation-flow');
    expect(sim.events().at(-1)).toMatchObject({ action: 'logout', user: { username: 'victim' } });
    await call('PATCH', `/core/users/${victim}/`, { is_active: false });
    for (const visitor of [leaving, switchedOff]) {
      expect((await visitor.call('GET', '/core/users/me/')).body.detail).toBe('Authentication credentials were not provided.');
      expect(await visitor.open('f')).toMatchObject({ component: 'ak-stage-prompt' });
    }
  });
});

it('names the request in the answer and in what it left in the log', async () => {
  const response = await fetch(`${sim.url}/api/v3/stages/dummy/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sim.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'd' }),
  });
  expect(sim.events().at(-1)).toMatchObject({
    action: 'model_created',
    context: { http_request: { request_id: response.headers.get('x-authentik-id') } },
  });
});
