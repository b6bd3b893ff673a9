/** The sign-up link as visitors find it: what is published, what isn't, what is taken back, and how often anybody looks. */
import { eventually } from '../bed/eventually.ts';
import { apiCaller, type Call } from '../authentik-sim/test-client.ts';
import type { JsonObject } from '../authentik-sim/json.ts';
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';
import { textOf } from './text-of.ts';

const KIND = 'EnrollmentBinding';
const IDENTIFICATION = 'default-authentication-identification';
const LOGIN = 'default-authentication-flow';
const AUDIT_POLL = '40ms';

let sim: AuthentikSim;
let bed: EngineBed;
let api: Call;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  api = apiCaller(sim.url, sim.token);
  bed = new EngineBed();
  bed.engine.work();
});

afterEach(async () => {
  const { errors } = bed;
  await bed.stop();
  await sim.stop();
  if (errors.length > 0) throw new Error(`what went wrong inside: ${JSON.stringify(errors)}`);
});

async function create(path: string, body: JsonObject): Promise<JsonObject> {
  const { status, body: made } = await api('POST', path, body);
  expect({ path, status }).toEqual({ path, status: 201 });
  return made;
}

/** A sign-up flow of ours whose first stages are others'. */
function signUp(stages: readonly string[] = ['form'], more: object = {}): void {
  bed.apply('AuthentikPrompt', 'email', { fieldKey: 'email', label: 'E-mail', type: 'email', required: true });
  bed.apply('AuthentikStage', 'form', { type: 'Prompt', prompt: { fields: [{ name: 'email' }] } });
  const bound = stages.map((stage, index) => ({
    order: index,
    stageRef: stage === 'form' ? { name: stage } : { external: stage },
  }));
  const flow = { slug: 'join', name: 'join', title: 'Join', designation: 'enrollment', stages: bound, ...more };
  bed.apply('AuthentikFlow', 'join', flow);
}

function publish(more: object = {}): void {
  bed.apply(KIND, 'join', { flowRef: { name: 'join' }, identificationStageRef: { external: IDENTIFICATION }, ...more });
}

async function stageRow(): Promise<JsonObject> {
  return (await api('GET', `/stages/identification/?name=${IDENTIFICATION}`)).first;
}

/** `join` when the link leads there, else whatever it holds. */
async function link(): Promise<unknown> {
  const { enrollment_flow: flow } = await stageRow();
  return flow === bed.status('AuthentikFlow', 'join')['uuid'] ? 'join' : flow;
}

function verdict(type: string): string {
  const condition = bed.condition(KIND, 'join', type);
  return `${condition?.status ?? ''}/${condition?.reason ?? ''}: ${condition?.message ?? ''}`;
}

/** A stage of somebody else's, first in a flow of theirs. */
async function putFirst(slug: string, type: string, name: string, values: JsonObject): Promise<void> {
  const stage = await create(`/stages/${type}/`, { name, ...values });
  const flow = (await api('GET', `/flows/instances/?slug=${slug}`)).first;
  await create('/flows/bindings/', { target: flow['pk'] ?? '', stage: stage['pk'] ?? '', order: -1 });
}

/** Whether a policy that denies everybody is bound to our flow; `remove` takes it away. */
async function closeTheDoor(): Promise<() => Promise<void>> {
  const policy = await create('/policies/expression/', { name: 'nobody', expression: 'return False' });
  const flow = (await api('GET', '/flows/instances/?slug=join')).first;
  const target = flow['policybindingmodel_ptr_id'] ?? '';
  const binding = await create('/policies/bindings/', { target, policy: policy['pk'] ?? '', order: 0 });
  return async () => {
    await api('DELETE', `/policies/bindings/${textOf(binding)}/`);
    await api('POST', '/policies/all/cache_clear/', {});
    await api('POST', '/flows/instances/cache_clear/', {});
  };
}

/** Resolves once the audit log was read so many times more, and nothing is left to do about it. */
async function polled(times: number): Promise<void> {
  const polls = (): number => sim.requests.filter(({ path }) => path.startsWith('/api/v3/events/events/')).length;
  const before = polls();
  await eventually(() => expect(polls()).toBeGreaterThanOrEqual(before + times), { interval: 5, message: 'the audit log is read' });
  await bed.quiet();
}

async function withdrawn(): Promise<void> {
  await eventually(() => expect(bed.events.join()).toContain(' Withdrawn: '), { interval: 5, message: 'the link is taken back' });
}

const visits = (): number => sim.requests.filter(({ path }) => path.startsWith('/api/v3/flows/executor/')).length;

describe('what visitors meet on the way', () => {
  it.each([
    {
      reason: 'a notice before the login form is gone past',
      arrange: async () => {
        const rules = {
          name: 'rules',
          field_key: 'rules',
          label: 'Rules',
          type: 'static',
          required: false,
          order: 0,
          initial_value: 'Be kind.',
        };
        const prompt = await create('/stages/prompt/prompts/', rules);
        await putFirst(LOGIN, 'prompt/stages', 'notice', { fields: [prompt['pk'] ?? ''] });
      },
      verified: /^True\/Reconciled: .*sees the link/,
    },
    {
      reason: 'a captcha before the login form is not',
      arrange: async () => putFirst(LOGIN, 'captcha', 'captcha', { public_key: 'p', private_key: 'q' }),
      verified: /^Unknown\/NotApplicable: .*gets ak-stage-captcha before the login form/,
    },
    {
      reason: 'somebody at the door of the login is not',
      arrange: async () => putFirst(LOGIN, 'deny', 'door', { deny_message: 'Not from here.' }),
      verified: /^Unknown\/NotApplicable: .*\(Not from here\)/,
    },
    {
      reason: 'an invitation that opens sign-up can be had only from whoever sends it',
      arrange: async () => {
        await create('/stages/invitation/stages/', { name: 'invited' });
      },
      stages: ['invited', 'form'],
      verified: /^Unknown\/NotApplicable: sign-up is for people with an invitation: .*Invalid invite/,
    },
    {
      reason: 'a captcha before the invitation hides it',
      arrange: async () => {
        await create('/stages/captcha/', { name: 'robots', public_key: 'p', private_key: 'q' });
        await create('/stages/invitation/stages/', { name: 'invited' });
      },
      stages: ['robots', 'invited', 'form'],
      verified: /^Unknown\/NotApplicable: sign-up begins with a captcha/,
    },
  ])('$reason', async ({ arrange, stages, verified }) => {
    await arrange();
    bed.connect(sim);
    signUp(stages);
    publish({ onFailure: 'Withdraw' });
    await bed.until(KIND, 'join', 'True/Reconciled');
    expect(verdict('Verified')).toMatch(verified);
    expect(await link()).toBe('join');
  });

  it('is not looked at with Skip', async () => {
    bed.connect(sim);
    signUp();
    publish({ verify: 'Skip' });
    await bed.until(KIND, 'join', 'True/Reconciled');
    expect([verdict('Verified'), visits()]).toEqual(['Unknown/NotApplicable: verify is Skip', 0]);
  });
});

describe('a closed door', () => {
  it('is not published, and is once it opens', async () => {
    bed.connect(sim);
    signUp();
    await bed.until('AuthentikFlow', 'join', 'True/Reconciled');
    const open = await closeTheDoor();
    publish();
    await bed.until(KIND, 'join', 'False/VerificationFailed');
    expect(await link()).toBeNull();
    for (const type of ['Published', 'Verified', 'Synced'])
      expect(verdict(type)).toMatch(
        /^False\/VerificationFailed: the link is not published: a visitor who wants to sign up gets ak-stage-access-denied/,
      );
    await open();
    await bed.until(KIND, 'join', 'True/Reconciled');
    expect([await link(), verdict('Published')]).toEqual(['join', expect.stringMatching(/^True/)]);
  });

  it('that closes after publishing is kept and said', async () => {
    bed.connect(sim, { driftPollInterval: AUDIT_POLL });
    signUp();
    publish();
    await bed.until(KIND, 'join', 'True/Reconciled');
    await closeTheDoor();
    await bed.until(KIND, 'join', 'False/VerificationFailed');
    expect(await link()).toBe('join');
    expect(verdict('Published')).toMatch(/^True/);
    expect(verdict('Verified')).toMatch(/gets ak-stage-access-denied/);
  });

  it('is taken back with Withdraw, and published again once it opens', async () => {
    const before = await create('/flows/instances/', { slug: 'former', name: 'former', title: 'Former', designation: 'enrollment' });
    const { pk, user_fields } = await stageRow();
    await api('PATCH', `/stages/identification/${textOf({ pk: pk ?? null })}/`, {
      user_fields: user_fields ?? [],
      enrollment_flow: before['pk'] ?? '',
    });
    bed.connect(sim, { driftPollInterval: AUDIT_POLL });
    signUp();
    publish({ onFailure: 'Withdraw' });
    await bed.until(KIND, 'join', 'True/Reconciled');
    const open = await closeTheDoor();
    await bed.until(KIND, 'join', 'False/VerificationFailed');
    await withdrawn();
    expect(await link()).toBe(before['pk']);
    expect(verdict('Published')).toMatch(
      /^False\/VerificationFailed: the link (was taken back|is not published): a visitor who wants to sign up gets/,
    );
    expect(bed.status(KIND, 'join')['withdrawn']).toEqual({});
    await open();
    await bed.until(KIND, 'join', 'True/Reconciled');
    expect([await link(), bed.status(KIND, 'join')['withdrawn']]).toEqual(['join', undefined]);
  });
});

describe('a link that nobody is shown', () => {
  /** Another identification stage comes first, without a link: that ours is there shows to nobody. */
  const hide = async (): Promise<void> => putFirst(LOGIN, 'identification', 'other-form', { user_fields: ['email'] });
  const published = (): number => bed.events.filter((event) => event.includes(' Published: ')).length;

  it('is taken back with Withdraw, and tried again only when something has changed', async () => {
    bed.connect(sim, { driftPollInterval: AUDIT_POLL });
    await hide();
    signUp();
    publish({ onFailure: 'Withdraw' });
    await withdrawn();
    await bed.quiet();
    expect(verdict('Published')).toMatch(/the link was taken back: the login form of default-authentication-flow has no sign-up link/);
    expect(bed.status(KIND, 'join')['withdrawn']).toEqual({ fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string });

    // The log tells of the flow that was made, which is reason for another try; then only of the link that comes and goes.
    await polled(5);
    const tries = published();
    expect([await link(), tries <= 2]).toEqual([null, true]);
    await polled(5);
    expect([await link(), published()]).toEqual([null, tries]);

    const other = (await api('GET', '/stages/identification/?name=other-form')).first;
    const former = (await api('GET', `/flows/bindings/?stage=${textOf(other)}`)).first;
    await api('DELETE', `/flows/bindings/${textOf(former)}/`);
    await bed.until(KIND, 'join', 'True/Reconciled');
    expect([await link(), published()]).toEqual(['join', tries + 1]);
  });

  it('stays taken back over a restart', async () => {
    bed.connect(sim);
    await hide();
    signUp();
    publish({ onFailure: 'Withdraw' });
    await withdrawn();
    await bed.quiet();
    await bed.stop();

    const again = new EngineBed({ store: bed.store, sources: bed.sources });
    again.engine.work();
    bed.store.announce();
    await again.quiet();
    expect([await link(), again.passes.filter((pass) => pass.startsWith(KIND))]).toEqual([null, [`${KIND} transient`]]);
    await again.stop();
  });
});

describe('looks', () => {
  it('are not repeated while nothing has changed, and are when something has', async () => {
    bed.connect(sim, { driftPollInterval: AUDIT_POLL });
    signUp();
    publish();
    await bed.until(KIND, 'join', 'True/Reconciled');
    await bed.quiet();
    expect(visits()).toBe(2);
    bed.apply(KIND, 'join', bed.get(KIND, 'join')?.spec ?? {}, { note: 'woken' });
    await bed.quiet();
    expect(visits()).toBe(2);
    await create('/policies/dummy/', { name: 'unrelated', result: true, wait_min: 0, wait_max: 1 });
    await eventually(() => expect(visits()).toBe(4));
    expect(bed.ready(KIND, 'join')).toBe('True/Reconciled');
  });

  describe('after a change of our own', () => {
    const OTHERS = ['login-2', 'join-2'];
    const flow = (slug: string, designation: string, stage: string): object => ({
      slug,
      name: slug,
      title: slug,
      designation,
      stages: [{ order: 0, stageRef: { name: stage } }],
    });

    beforeEach(async () => {
      bed.connect(sim);
      signUp();
      publish();
      bed.apply('AuthentikStage', 'form-2', { type: 'Identification', identification: { userFields: ['email'] } });
      bed.apply('AuthentikFlow', 'login-2', flow('login-2', 'authentication', 'form-2'));
      bed.apply('AuthentikPrompt', 'email-2', { fieldKey: 'email', label: 'E-mail', type: 'email', required: true });
      bed.apply('AuthentikStage', 'ask-2', { type: 'Prompt', prompt: { fields: [{ name: 'email-2' }] } });
      bed.apply('AuthentikFlow', 'join-2', flow('join-2', 'enrollment', 'ask-2'));
      bed.apply(KIND, 'join-2', { flowRef: { name: 'join-2' }, identificationStageRef: { name: 'form-2' } });
      for (const name of ['join', 'join-2']) await bed.until(KIND, name, 'True/Reconciled');
      await bed.quiet();
      sim.resetRequests();
      bed.passes.length = 0;
    });

    it.each([
      {
        reason: 'of a prompt on the way',
        change: () => ['AuthentikPrompt', 'email', { fieldKey: 'email', label: 'Your e-mail', type: 'email', required: true }] as const,
        looks: ['join', LOGIN],
      },
      {
        reason: 'of the login flow that has the form',
        change: () => ['AuthentikFlow', 'login-2', { ...flow('login-2', 'authentication', 'form-2'), title: 'Come in' }] as const,
        looks: OTHERS,
      },
      {
        reason: 'of the stages of the login flow',
        change: () => {
          bed.apply('AuthentikStage', 'hello', { type: 'Dummy', dummy: {} });
          const stages = ['form-2', 'hello'].map((name, order) => ({ order, stageRef: { name } }));
          return ['AuthentikFlow', 'login-2', { ...flow('login-2', 'authentication', 'form-2'), stages }] as const;
        },
        looks: OTHERS,
      },
      {
        reason: 'that nobody on the way meets',
        change: () => {
          bed.apply('AuthentikStage', 'elsewhere', { type: 'Dummy', dummy: {} });
          return ['AuthentikFlow', 'elsewhere', flow('elsewhere', 'stage_configuration', 'elsewhere')] as const;
        },
        looks: [],
      },
    ])('are repeated of the links that show it, and of no other: $reason', async ({ change, looks }) => {
      const [kind, name, spec] = change();
      bed.apply(kind, name, spec);
      await bed.until(kind, name, 'True/Reconciled');
      await bed.quiet();
      const looked = sim.requests.flatMap(({ path }) => /\/flows\/executor\/([^/]+)\//.exec(path)?.[1] ?? []);
      expect([...new Set(looked)].sort()).toEqual([...looks].sort());
      expect(bed.passes.some((pass) => pass.startsWith(KIND))).toBe(looks.length > 0);
    });
  });

  it('that a failing server answers blame nobody', async () => {
    sim.faults.inject({ match: { pathPrefix: '/flows/executor/' }, times: 1, respond: { kind: 'status', status: 500 } });
    bed.connect(sim);
    signUp();
    publish({ onFailure: 'Withdraw' });
    await bed.until(KIND, 'join', 'True/Reconciled');
    expect(bed.events.filter((event) => event.includes('VerificationFailed'))).toEqual([]);
  });
});
