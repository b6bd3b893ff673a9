/** What the recorded scenarios don't show: trouble on demand, rights, states to compare, the audit log. */
import { jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FaultResponse } from './faults.ts';
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
const flowExists = async (): Promise<boolean> => (await call('GET', '/flows/instances/f/')).status === 200;

/** A flow of dummy stages, by name. */
async function flowOf(...stages: string[]): Promise<string> {
  const flow = asText((await call('POST', '/flows/instances/', FLOW)).body.pk);
  for (const [order, name] of stages.entries()) {
    const stage = (await call('POST', '/stages/dummy/', { name })).body.pk ?? null;
    await call('POST', '/flows/bindings/', { target: flow, stage, order, evaluate_on_plan: true });
  }
  return flow;
}

describe('trouble', () => {
  interface Row {
    reason: string;
    respond: FaultResponse;
    status: number | 'cut';
    applied: boolean;
  }
  it.each<Row>([
    {
      reason: 'a status with a body',
      respond: { kind: 'status', status: 503, body: { error: 'authentik starting' } },
      status: 503,
      applied: false,
    },
    { reason: "the server's own error", respond: { kind: 'empty405' }, status: 405, applied: false },
    { reason: "a proxy's page", respond: { kind: 'html502' }, status: 502, applied: false },
    { reason: 'cut before it took effect', respond: { kind: 'cut', when: 'before' }, status: 'cut', applied: false },
    { reason: 'cut after it took effect', respond: { kind: 'cut', when: 'after' }, status: 'cut', applied: true },
    { reason: 'late', respond: { kind: 'delay', ms: 30 }, status: 201, applied: true },
  ])('$reason', async ({ respond, status, applied }) => {
    sim.faults.inject({ match: { method: 'POST', pathPrefix: '/flows/' }, times: 1, respond });
    const outcome = await call('POST', '/flows/instances/', FLOW).then(
      (reply) => reply.status,
      () => 'cut',
    );
    expect(outcome).toBe(status);
    expect(await flowExists()).toBe(applied);
    // It hits once; the next attempt meets the state that the first left.
    expect((await call('POST', '/flows/instances/', FLOW)).status).toBe(applied ? 400 : 201);
  });

  it('can leave a request without an answer, until the rule is removed', async () => {
    const remove = sim.faults.inject({ match: ({ path }) => path.endsWith('/version/'), respond: { kind: 'hang' } });
    const hanging = fetch(`${sim.url}/api/v3/admin/version/`, {
      headers: { authorization: `Bearer ${sim.token}` },
      signal: AbortSignal.timeout(50),
    });
    await expect(hanging).rejects.toThrow();
    remove();
    expect((await call('GET', '/admin/version/')).status).toBe(200);
  });

  it('can be down', async () => {
    sim.setDown(true);
    await expect(call('GET', '/admin/version/')).rejects.toThrow();
    sim.setDown(false);
    expect((await call('GET', '/admin/version/')).status).toBe(200);
  });
});

it('logs and counts requests', async () => {
  await call('GET', '/flows/instances/initial-setup/?x=1');
  await call('POST', '/stages/dummy/', { name: 'd' });
  await browser(sim.url).open('default-authentication-flow');
  expect(sim.requests.slice(0, 2)).toMatchObject([
    { method: 'GET', path: '/api/v3/flows/instances/initial-setup/', query: 'x=1', template: '/flows/instances/{slug}/', status: 200 },
    { method: 'POST', template: '/stages/dummy/', status: 201, body: { name: 'd' } },
  ]);
  expect(sim.counts()).toEqual({ reads: 1, writes: 1, executor: 1 });
  sim.resetRequests();
  expect(sim.counts()).toEqual({ reads: 0, writes: 0, executor: 0 });
});

it('gives equal snapshots for equal states, whatever the UUIDs and the order of creation', async () => {
  const stock = sim.snapshot();
  const other = await startAuthentikSim({ version: '2026.2' });
  expect(other.snapshot()).toEqual(stock);
  await other.stop();

  const flow = await flowOf('a', 'b');
  expect(sim.snapshot()).not.toEqual(stock);
  await call('PATCH', '/stages/identification/' + asText((await call('GET', '/stages/identification/')).first.pk) + '/', {
    user_fields: ['email', 'username'],
    enrollment_flow: flow,
  });
  expect(JSON.stringify(sim.snapshot())).not.toContain(flow);
  await call('DELETE', '/flows/instances/f/');
  for (const name of ['a', 'b'])
    await call('DELETE', `/stages/dummy/${asText((await call('GET', `/stages/dummy/?name=${name}`)).first.pk)}/`);
  expect(sim.snapshot()).toEqual(stock);
});

it('tells what a delete would take along, and takes it', async () => {
  await flowOf('a');
  const flow = asText((await call('GET', '/flows/instances/f/')).body.pk);
  await call('POST', '/providers/oauth2/', { name: 'market', authorization_flow: flow, invalidation_flow: flow, redirect_uris: [] });
  const uses = (await fetch(`${sim.url}/api/v3/flows/instances/f/used_by/`, { headers: { authorization: `Bearer ${sim.token}` } }).then(
    (reply) => reply.json(),
  )) as { model_name: string }[];
  expect(uses).toMatchObject([
    { app: 'authentik_core', model_name: 'provider', name: 'market', action: 'cascade' },
    { app: 'authentik_core', model_name: 'provider', name: 'market', action: 'set_default' },
    { app: 'authentik_flows', model_name: 'flowstagebinding', action: 'cascade' },
    { app: 'authentik_flows', model_name: 'stage', name: 'Stage a', action: 'cascade_many' },
  ]);
  await call('DELETE', '/flows/instances/f/');
  expect(JSON.stringify(sim.snapshot())).not.toContain('market');
});

describe('rights', () => {
  const NOT_ALLOWED = 'You do not have permission to perform this action.';

  it.each([
    { reason: 'reading without view', permissions: [], method: 'GET', path: '/flows/instances/', status: 403, detail: NOT_ALLOWED },
    { reason: 'reading with view', permissions: ['authentik_flows.view_flow'], method: 'GET', path: '/flows/instances/', status: 200 },
    {
      reason: 'creating with add alone',
      permissions: ['authentik_flows.add_flow'],
      method: 'POST',
      path: '/flows/instances/',
      status: 201,
    },
    {
      reason: 'changing without change',
      permissions: ['authentik_flows.view_flow'],
      method: 'PATCH',
      path: '/flows/instances/initial-setup/',
      status: 403,
      detail: NOT_ALLOWED,
    },
    {
      reason: 'changing what may not be seen',
      permissions: ['authentik_flows.change_flow'],
      method: 'PATCH',
      path: '/flows/instances/initial-setup/',
      status: 403,
      detail: NOT_ALLOWED,
    },
    {
      reason: 'the audit log',
      permissions: ['authentik_flows.view_flow'],
      method: 'GET',
      path: '/events/events/',
      status: 403,
      detail: NOT_ALLOWED,
    },
    {
      reason: 'clearing the cache',
      permissions: ['authentik_flows.clear_flow_cache'],
      method: 'POST',
      path: '/flows/instances/cache_clear/',
      status: 204,
    },
    { reason: 'the version, for any token', permissions: [], method: 'GET', path: '/admin/version/', status: 200 },
  ])('$reason: $status', async ({ permissions, method, path, status, detail }) => {
    const limited = apiCaller(sim.url, sim.createToken(permissions));
    const reply = await limited(method, path, method === 'GET' ? undefined : FLOW);
    expect(reply.status).toBe(status);
    expect(reply.body.detail).toBe(detail);
  });

  it('tells a wrong token from a missing one, both with 403', async () => {
    expect(await apiCaller(sim.url, null)('GET', '/flows/instances/')).toMatchObject({
      status: 403,
      body: { detail: 'Authentication credentials were not provided.' },
    });
    for (const token of ['nonsense', sim.createToken('superuser', { expired: true })]) {
      expect(await apiCaller(sim.url, token)('GET', '/flows/instances/')).toMatchObject({
        status: 403,
        body: { detail: 'Token invalid/expired' },
      });
    }
    expect((await apiCaller(sim.url, sim.createToken('superuser'))('GET', '/core/brands/')).status).toBe(200);
  });

  it('refuses to make a token with a permission that Authentik lacks', () => {
    expect(() => sim.createToken(['authentik_flows.no_such'])).toThrow('authentik_flows.no_such');
  });

  it('lets a token read its own rights', async () => {
    const mine = apiCaller(sim.url, sim.createToken(['authentik_flows.view_flow']));
    const user = (await mine('GET', '/core/users/me/')).body.user as { roles: { pk: string }[] };
    expect((await mine('GET', `/rbac/permissions/?role=${user.roles[0]?.pk ?? ''}`)).body.results).toMatchObject([
      { app_label: 'authentik_flows', codename: 'view_flow' },
    ]);
  });
});

it('shows every change in the audit log, with one entry per write whatever lists it sets, and one per object that a delete takes along', async () => {
  const before = sim.events().length;
  const prompt = (await call('GET', '/stages/prompt/prompts/')).first.pk ?? null;
  const flow = await flowOf();
  const stage = (await call('POST', '/stages/prompt/stages/', { name: 'p', fields: [prompt] })).body.pk ?? null;
  await call('POST', '/flows/bindings/', { target: flow, stage, order: 1 });
  await call('DELETE', '/flows/instances/f/');
  const changes = sim
    .events()
    .slice(before)
    .map(({ action, context }) => [action, (context as { model: { model_name: string } }).model.model_name]);
  expect(changes).toEqual([
    ['model_created', 'flow'],
    ['model_created', 'promptstage'],
    ['model_created', 'flowstagebinding'],
    ['model_deleted', 'flowstagebinding'],
    ['model_deleted', 'flow'],
  ]);
  const page = await call('GET', '/events/events/?actions=model_deleted&actions=model_created&ordering=-created&page_size=1');
  expect(page.first).toMatchObject({
    action: 'model_deleted',
    context: { model: { app: 'authentik_flows', model_name: 'flow', pk: flow.replaceAll('-', '') } },
  });
});

it('runs as a process of its own', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), '--version', '2025.12', '--token', 't', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { url: string };
  expect((await apiCaller(url, 't')('GET', '/admin/version/')).body.version_current).toBe('2025.12.4');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
