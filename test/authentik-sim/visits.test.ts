/** Visits to flows beyond the recorded guide: plans under way, caches, who may enter, forms. */
import { jest } from '@jest/globals';
import { asText } from './json.ts';
import { type AuthentikSim, startAuthentikSim } from './sim.ts';
import { apiCaller, browser, type Call } from './test-client.ts';

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

const FLOW = { name: 'f', slug: 'f', title: 'F', designation: 'enrollment' };

/** A flow of dummy stages, by name. */
async function flowOf(...stages: string[]): Promise<string> {
  const flow = asText((await call('POST', '/flows/instances/', FLOW)).body.pk);
  for (const [order, name] of stages.entries()) {
    const stage = (await call('POST', '/stages/dummy/', { name })).body.pk ?? null;
    await call('POST', '/flows/bindings/', { target: flow, stage, order, evaluate_on_plan: true });
  }
  return flow;
}

describe('visits', () => {
  it('keeps its plan while the flow changes', async () => {
    const flow = await flowOf('first', 'second');
    const visitor = browser(sim.url);
    expect(await visitor.open('f')).toMatchObject({ component: 'ak-stage-dummy', name: 'first' });
    for (const binding of (await call('GET', `/flows/bindings/?target=${flow}`)).body.results as { pk: string }[])
      await call('DELETE', `/flows/bindings/${binding.pk}/`);
    expect(await visitor.answer('f', { component: 'ak-stage-dummy' })).toMatchObject({ name: 'second' });
    expect(await browser(sim.url).open('f')).toEqual({ component: 'xak-flow-redirect', to: '/' });
  });

  it.each([
    { next: '/application/o/authorize/?a=b', shown: { component: 'xak-flow-redirect', to: '/application/o/authorize/?a=b' } },
    { next: 'https://market.example.com/', shown: { component: 'ak-stage-access-denied', error_message: 'Invalid next URL' } },
    { next: '//market.example.com/', shown: { component: 'ak-stage-access-denied', error_message: 'Invalid next URL' } },
    { next: '', shown: { component: 'ak-stage-access-denied', error_message: 'Invalid next URL' } },
  ])('ends at next=$next only if that is a path of its own', async ({ next, shown }) => {
    await flowOf('only');
    const query = new URLSearchParams({ next }).toString();
    const visitor = browser(sim.url);
    await visitor.open('f', query);
    expect(await visitor.answer('f', { component: 'ak-stage-dummy' }, query)).toMatchObject(shown);
  });

  it('plans from the cache after a policy changed, until somebody clears it', async () => {
    const flow = await flowOf('only');
    const binding = (await call('GET', `/flows/bindings/?target=${flow}`)).first.pk ?? null;
    await call('PATCH', `/flows/bindings/${asText(binding)}/`, { evaluate_on_plan: true, re_evaluate_policies: false });
    expect(await browser(sim.url).open('f')).toMatchObject({ name: 'only' });
    const policy = (await call('POST', '/policies/expression/', { name: 'never', expression: 'return False' })).body.pk ?? null;
    await call('POST', '/policies/bindings/', { target: binding, policy, order: 0 });
    expect(await browser(sim.url).open('f')).toMatchObject({ name: 'only' });
    await call('POST', '/flows/instances/cache_clear/');
    expect(await browser(sim.url).open('f')).toEqual({ component: 'xak-flow-redirect', to: '/' });
  });

  it.each([
    { authentication: 'none', anonymous: true, known: true },
    { authentication: 'require_authenticated', anonymous: false, known: true },
    { authentication: 'require_unauthenticated', anonymous: true, known: false },
    { authentication: 'require_superuser', anonymous: false, known: true },
  ])('$authentication', async ({ authentication, anonymous, known }) => {
    await flowOf('only');
    await call('PATCH', '/flows/instances/f/', { authentication });
    const component = (shown: boolean): string => (shown ? 'ak-stage-dummy' : 'ak-stage-access-denied');
    expect((await browser(sim.url).open('f')).component).toBe(component(anonymous));
    const admin = browser(sim.url);
    await admin.open('default-authentication-flow');
    expect(await admin.answer('default-authentication-flow', { component: 'ak-stage-identification', uid_field: 'AKADMIN' })).toMatchObject(
      { component: 'ak-stage-password', pending_user: 'akadmin' },
    );
    expect(await admin.answer('default-authentication-flow', { component: 'ak-stage-password', password: 'wrong' })).toMatchObject({
      response_errors: { password: [{ code: 'invalid' }] },
    });
    expect(await admin.answer('default-authentication-flow', { component: 'ak-stage-password', password: 'correct-horse' })).toEqual({
      component: 'xak-flow-redirect',
      to: '/',
    });
    expect((await admin.open('f')).component).toBe(component(known));
  });

  it.each([
    { password: 'short', message: 'Password needs to be 8 characters or longer.' },
    { password: 'Correct-horse-1', message: null },
  ])('judges a form by its validation policies: $password', async ({ password, message }) => {
    const pk = async (path: string): Promise<string> => asText((await call('GET', path)).first.pk);
    const fields = [await pk('/stages/prompt/prompts/?name=default-password-change-field-password')];
    const policies = [await pk('/policies/password/?name=default-password-change-password-policy')];
    const stage = (await call('POST', '/stages/prompt/stages/', { name: 'p', fields, validation_policies: policies })).body.pk ?? null;
    await call('POST', '/flows/bindings/', { target: await flowOf(), stage, order: 0 });
    const visitor = browser(sim.url);
    await visitor.open('f');
    const shown = await visitor.answer('f', { component: 'ak-stage-prompt', password });
    expect(shown.response_errors).toEqual(message === null ? undefined : { non_field_errors: [{ string: message, code: 'invalid' }] });
  });
});
