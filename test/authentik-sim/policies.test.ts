/** Policies beyond the recorded scenario `policy-engine`: what visitors are told, who is let in by name, what forms say. Seen on a live 2025.12.4. */
import { jest } from '@jest/globals';
import { asText, type Json, type JsonObject } from './json.ts';
import { type AuthentikSim, startAuthentikSim } from './sim.ts';
import { apiCaller, browser, type Call, logIn } from './test-client.ts';

// Two cores shared with a cluster's tests can be slow.
jest.setTimeout(120_000);

let sim: AuthentikSim;
let call: Call;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2', adminPassword: 'correct-horse' });
  call = apiCaller(sim.url, sim.token);
});
afterEach(async () => {
  await sim.stop();
  if (sim.schemaViolations.length > 0) throw new Error(JSON.stringify(sim.schemaViolations));
});

const NOTHING_SAID = 'Flow does not apply to current user.';

async function make(path: string, body: JsonObject): Promise<string> {
  const { status, body: made } = await call('POST', path, body);
  if (status !== 201) throw new Error(`${path} ${status}: ${JSON.stringify(made)}`);
  return asText(made.pk);
}

/** A flow of one step that shows itself, open to everybody. */
async function openFlow(designation = 'enrollment'): Promise<{ flow: string; step: string }> {
  const flow = await make('/flows/instances/', { name: 'f', slug: 'f', title: 'F', designation });
  const stage = await make('/stages/dummy/', { name: 'd' });
  return { flow, step: await make('/flows/bindings/', { target: flow, stage, order: 0 }) };
}

interface Policy {
  path: string;
  body: JsonObject;
  binding?: JsonObject;
}
const expression = (text: string, binding: JsonObject = {}): Policy => ({
  path: '/policies/expression/',
  body: { expression: text },
  binding,
});

async function bind(target: string, policies: Policy[]): Promise<void> {
  for (const [order, { path, body, binding = {} }] of policies.entries()) {
    const policy = await make(path, { name: `p${order}`, ...body });
    await make('/policies/bindings/', { target, policy, order, ...binding });
  }
}

/** What a visitor gets to see: the step, or why not. */
const told = (shown: JsonObject): Json | undefined => (shown.component === 'ak-stage-dummy' ? 'let in' : shown.error_message);

describe('on a flow', () => {
  interface Row {
    reason: string;
    policies: Policy[];
    mode?: string;
    told: string;
  }
  it.each<Row>([
    { reason: 'a message', policies: [expression('ak_message("closed today")\nreturn False')], told: 'closed today' },
    {
      reason: 'the messages of all, in order, of what passes too',
      policies: [
        expression('ak_message("one")\nreturn False'),
        expression('ak_message("two")\nreturn True'),
        expression("# why\nak_message('three')\nreturn False"),
      ],
      mode: 'all',
      told: 'one\ntwo\nthree',
    },
    {
      reason: 'no message when one of them lets in',
      policies: [expression('ak_message("one")\nreturn False'), expression('return True')],
      told: 'let in',
    },
    {
      reason: 'the message of a policy that is negated',
      policies: [expression('ak_message("nice")\nreturn True', { negate: true })],
      told: 'nice',
    },
    { reason: 'what an error says', policies: [expression('ak_message("m")\nraise ValueError("boom")')], told: 'boom' },
    {
      reason: 'an error that counts as passed',
      policies: [expression('raise ValueError("boom")', { failure_result: true })],
      told: 'let in',
    },
    { reason: 'nothing returned', policies: [expression('pass')], told: NOTHING_SAID },
    { reason: 'a text', policies: [expression('return "x"')], told: 'let in' },
    { reason: 'an empty list', policies: [expression('return []')], told: NOTHING_SAID },
    { reason: 'all of them disabled', policies: [expression('return False', { enabled: false })], told: 'let in' },
    { reason: 'a dummy', policies: [{ path: '/policies/dummy/', body: { result: false } }], told: 'dummy' },
    {
      reason: 'a reputation that nobody has',
      policies: [{ path: '/policies/reputation/', body: { check_ip: true, check_username: true } }],
      told: NOTHING_SAID,
    },
    {
      reason: 'an event where there is none',
      policies: [{ path: '/policies/event_matcher/', body: { action: 'login', client_ip: null, app: null, model: null } }],
      told: NOTHING_SAID,
    },
    {
      reason: 'a password where none is asked for',
      policies: [{ path: '/policies/password/', body: { length_min: 3, error_message: 'longer' } }],
      told: 'Password not set in context',
    },
  ])('$reason: $told', async ({ policies, mode = 'any', told: expected }) => {
    const { flow } = await openFlow();
    await call('PATCH', '/flows/instances/f/', { policy_engine_mode: mode });
    await bind(flow, policies);
    expect(told(await browser(sim.url).open('f'))).toBe(expected);
  });

  it.each([
    { reason: 'a group of which they are', subject: 'theirs', negate: false, known: 'let in' },
    { reason: 'a group of which they are, negated', subject: 'theirs', negate: true, known: NOTHING_SAID },
    { reason: 'a group of which they are not', subject: 'others', negate: false, known: NOTHING_SAID },
    { reason: 'a group of which they are not, negated', subject: 'others', negate: true, known: 'let in' },
    { reason: 'themselves', subject: 'self', negate: false, known: 'let in' },
    { reason: 'themselves, negated', subject: 'self', negate: true, known: NOTHING_SAID },
    { reason: 'somebody else', subject: 'other', negate: false, known: NOTHING_SAID },
    { reason: 'somebody else, negated', subject: 'other', negate: true, known: 'let in' },
  ])('somebody signed in, and $reason: $known; a stranger never', async ({ subject, negate, known }) => {
    const { flow } = await openFlow();
    const admin = (await call('GET', '/core/users/?username=akadmin')).first;
    const bound: Record<string, JsonObject> = {
      theirs: { group: (admin.groups as string[])[0] ?? null },
      others: { group: await make('/core/groups/', { name: 'others' }) },
      self: { user: admin.pk ?? null },
      other: { user: Number(await make('/core/users/', { username: 'other', name: 'Other' })) },
    };
    await make('/policies/bindings/', { target: flow, order: 0, negate, ...bound[subject] });
    const visitor = browser(sim.url);
    await logIn(visitor, 'akadmin', 'correct-horse');
    expect(told(await visitor.open('f'))).toBe(known);
    expect(told(await browser(sim.url).open('f'))).toBe(NOTHING_SAID);
  });

  it.each([
    { action: 'message', next: 'in the query of the executor', to: undefined },
    { action: 'message_continue', next: 'in the query of the page', to: undefined },
    { action: 'message_continue', next: 'in the query of the executor', to: '/market/' },
    { action: 'message_continue', next: 'elsewhere', to: undefined },
    { action: 'continue', next: 'in the query of the page', to: '/' },
    { action: 'continue', next: 'in the query of the executor', to: '/market/' },
    { action: 'continue', next: 'elsewhere', to: '/' },
  ])('goes on by $action with next $next to $to', async ({ action, next, to }) => {
    const { flow } = await openFlow();
    await call('PATCH', '/flows/instances/f/', { denied_action: action });
    await bind(flow, [expression('return False')]);
    const query = {
      'in the query of the page': `query=${encodeURIComponent('next=/market/')}`,
      'in the query of the executor': 'query=&next=/market/',
      elsewhere: `next=${encodeURIComponent('https://elsewhere.example.com/')}`,
    }[next];
    const { body } = await apiCaller(sim.url, null)('GET', `/flows/executor/f/?${query ?? ''}`);
    expect(body).toMatchObject(to === undefined ? { component: 'ak-stage-access-denied' } : { component: 'xak-flow-redirect', to });
  });
});

describe('on a step of a login', () => {
  it('drops the step without a word when its policy fails', async () => {
    const { step } = await openFlow('authentication');
    await bind(step, [expression('ak_message("not told")\nreturn False')]);
    expect(await browser(sim.url).open('f')).toEqual({ component: 'xak-flow-redirect', to: '/' });
  });

  it.each([
    { message: 'closed', told: 'closed' },
    { message: '', told: 'Unknown error' },
  ])('denies with the message "$message": $told', async ({ message, told: expected }) => {
    const { flow } = await openFlow('authentication');
    const stage = await make('/stages/deny/', { name: 'deny', deny_message: message });
    await make('/flows/bindings/', { target: flow, stage, order: -1 });
    for (const [visitor, username] of [
      [browser(sim.url), ''],
      [browser(sim.url), 'akadmin'],
    ] as const) {
      if (username !== '') await logIn(visitor, username, 'correct-horse');
      expect(await visitor.open('f')).toMatchObject({
        component: 'ak-stage-access-denied',
        error_message: expected,
        pending_user: username,
      });
    }
  });

  it('lets in again whom a deny step with a failing policy leaves alone', async () => {
    const { flow } = await openFlow('authentication');
    const stage = await make('/stages/deny/', { name: 'deny' });
    await bind(await make('/flows/bindings/', { target: flow, stage, order: -1 }), [expression('return False')]);
    expect(told(await browser(sim.url).open('f'))).toBe('let in');
  });
});

describe('on a form', () => {
  interface Row {
    reason: string;
    policies: Policy[];
    password: string;
    /** Null when the form is taken, otherwise what it says. */
    says: string[] | null;
  }
  const password = (body: JsonObject): Policy => ({ path: '/policies/password/', body });
  const strength = password({ length_min: 12, error_message: 'At least 12 characters.', check_zxcvbn: true, zxcvbn_score_threshold: 2 });

  it.each<Row>([
    { reason: 'too short', policies: [strength], password: 'x', says: ['At least 12 characters.'] },
    {
      reason: 'long and weak',
      policies: [strength],
      password: 'aaaaaaaaaaaa',
      says: ['Password is too weak.', 'Add another word or two. Uncommon words are better.', 'Avoid repeated words and characters.'],
    },
    { reason: 'long and strong', policies: [strength], password: 'Correct-horse-battery', says: null },
    {
      reason: 'strength alone, at the highest threshold: nothing is above it',
      policies: [password({ check_static_rules: false, check_zxcvbn: true, zxcvbn_score_threshold: 4 })],
      password: 'Correct-horse-battery-staple',
      says: ['Password is too weak.'],
    },
    {
      reason: 'a digit is missing',
      policies: [password({ amount_digits: 1, error_message: 'a digit' })],
      password: 'letters',
      says: ['a digit'],
    },
    {
      reason: 'several policies, each with its message',
      policies: [
        password({ length_min: 3, error_message: 'longer' }),
        expression('ak_message("say this")\nreturn False'),
        expression('return nosuchname'),
      ],
      password: 'x',
      says: ['longer', 'say this', "name 'nosuchname' is not defined"],
    },
  ])('$reason', async ({ policies, password: filledIn, says }) => {
    const shown = await submitted(policies, filledIn);
    const expected =
      says === null
        ? { component: 'xak-flow-redirect', to: '/' }
        : {
            component: 'ak-stage-prompt',
            response_errors: { non_field_errors: says.map((string) => ({ string, code: 'invalid' })) },
          };
    expect(shown).toMatchObject(expected);
  });

  it('comes back without a word when a policy refuses without one', async () => {
    expect(await submitted([expression('return False')], 'x')).toMatchObject({ component: 'ak-stage-prompt', response_errors: {} });
  });

  it('comes back as nothing that a browser can show when the message of a password policy is empty', async () => {
    const shown = await submitted([password({ length_min: 12 })], 'x');
    expect(shown).not.toHaveProperty('component');
    expect(shown).toMatchObject({ response_errors: { non_field_errors: [{ string: '', code: 'invalid' }] } });
    // The server's own schema forbids that, so it may not count against the stand-in.
    expect(sim.schemaViolations.map(({ message }) => message)).toEqual(["must have required property 'component'"]);
    await sim.stop();
    sim = await startAuthentikSim({ version: '2026.2' });
  });

  async function submitted(policies: Policy[], filledIn: string): Promise<JsonObject> {
    const field = { name: 'pw', field_key: 'password', label: 'Password', type: 'password', required: true };
    const fields = [await make('/stages/prompt/prompts/', field)];
    const validation = [];
    for (const [order, { path, body }] of policies.entries()) validation.push(await make(path, { name: `p${order}`, ...body }));
    const stage = await make('/stages/prompt/stages/', { name: 'form', fields, validation_policies: validation });
    const flow = await make('/flows/instances/', { name: 'f', slug: 'f', title: 'F', designation: 'enrollment' });
    await make('/flows/bindings/', { target: flow, stage, order: 0 });
    const visitor = browser(sim.url);
    await visitor.open('f');
    return visitor.answer('f', { component: 'ak-stage-prompt', password: filledIn });
  }
});

it('tries a policy for a user', async () => {
  const policy = await make('/policies/password/', { name: 'p', length_min: 3, error_message: 'longer' });
  const user = (await call('GET', '/core/users/?username=akadmin')).first.pk ?? null;
  const tried = async (context: JsonObject): Promise<JsonObject> =>
    (await call('POST', `/policies/all/${policy}/test/`, { user, context })).body;
  expect(await tried({})).toEqual({ passing: false, messages: ['Password not set in context'], log_messages: [] });
  expect(await tried({ prompt_data: { password: 'ab' } })).toMatchObject({ passing: false, messages: ['longer'] });
  expect(await tried({ prompt_data: { password: 'abc' } })).toMatchObject({ passing: true, messages: [] });
});
