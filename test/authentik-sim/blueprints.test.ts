/** Default blueprints that are applied again, beyond the recorded scenario `blueprint-reapply`. */
import { asText, type JsonObject } from './json.ts';
import { type AuthentikSim, startAuthentikSim } from './sim.ts';
import { apiCaller, type Call } from './test-client.ts';

let sim: AuthentikSim;
let call: Call;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  call = apiCaller(sim.url, sim.token);
});
afterEach(async () => {
  await sim.stop();
  if (sim.schemaViolations.length > 0) throw new Error(JSON.stringify(sim.schemaViolations));
});

const AUTHENTICATION = 'default/flow-default-authentication-flow.yaml';

const instance = async (path: string): Promise<JsonObject> =>
  (await call('GET', `/managed/blueprints/?path=${encodeURIComponent(path)}`)).first;

async function apply(path: string): Promise<void> {
  expect((await call('POST', `/managed/blueprints/${asText((await instance(path)).pk)}/apply/`)).status).toBe(200);
}

/** The login flow with a link to a sign-up, other fields to log in by, and one step moved. */
async function changeLogin(): Promise<void> {
  const login = (await call('GET', '/flows/instances/default-authentication-flow/')).body.pk ?? null;
  const signUp = (await call('GET', '/flows/instances/default-source-enrollment/')).body.pk ?? null;
  const stage = asText((await call('GET', '/stages/identification/?name=default-authentication-identification')).first.pk);
  await call('PATCH', `/stages/identification/${stage}/`, { user_fields: ['email'], enrollment_flow: signUp });
  const moved = (await call('GET', `/flows/bindings/?target=${asText(login)}&order=20`)).first;
  await call('PATCH', `/flows/bindings/${asText(moved.pk)}/`, { order: 25, evaluate_on_plan: true, re_evaluate_policies: true });
}

async function login(): Promise<{ userFields: unknown; hasSignUp: boolean; orders: unknown[] }> {
  const flow = asText((await call('GET', '/flows/instances/default-authentication-flow/')).body.pk);
  const stage = (await call('GET', '/stages/identification/?name=default-authentication-identification')).first;
  const steps = (await call('GET', `/flows/bindings/?target=${flow}&ordering=order`)).body.results as JsonObject[];
  return { userFields: stage.user_fields, hasSignUp: stage.enrollment_flow !== null, orders: steps.map(({ order }) => order) };
}

it.each([
  { reason: 'its own file', path: AUTHENTICATION },
  { reason: 'a file that requires it', path: 'default/default-brand.yaml' },
])('sets back what the file names and no more, and makes a step anew that was moved: $reason', async ({ path }) => {
  await changeLogin();
  const logged = sim.events().length;
  await apply(path);
  expect(await login()).toEqual({ userFields: ['email', 'username'], hasSignUp: true, orders: [10, 20, 25, 30, 100] });
  expect(sim.events()).toHaveLength(logged);
});

it('leaves everything as it is when nothing was changed', async () => {
  const before = sim.snapshot();
  for (const path of [AUTHENTICATION, 'default/default-brand.yaml', 'default/flow-default-source-enrollment.yaml']) await apply(path);
  expect(sim.snapshot()).toEqual(before);
});

it('does nothing while the instance is disabled, and moves last_applied otherwise', async () => {
  const { pk, path = '' } = await instance(AUTHENTICATION);
  const disabled = (await call('PATCH', `/managed/blueprints/${asText(pk)}/`, { path, enabled: false })).body;
  await changeLogin();
  await apply(AUTHENTICATION);
  expect((await login()).userFields).toEqual(['email']);
  expect((await instance(AUTHENTICATION)).last_applied).toBe(disabled.last_applied);
  await call('PATCH', `/managed/blueprints/${asText(pk)}/`, { path, enabled: true });
  await apply(AUTHENTICATION);
  expect((await call('GET', '/managed/blueprints/?page_size=1&ordering=-last_applied')).first).toMatchObject({ pk, path });
});

it.each([
  { permissions: ['authentik_blueprints.view_blueprintinstance'], status: 403 },
  { permissions: ['authentik_blueprints.add_blueprintinstance'], status: 403 },
  { permissions: ['authentik_blueprints.view_blueprintinstance', 'authentik_blueprints.add_blueprintinstance'], status: 200 },
])('takes the rights to see and to add: $permissions', async ({ permissions, status }) => {
  const { pk } = await instance(AUTHENTICATION);
  expect((await apiCaller(sim.url, sim.createToken(permissions))('POST', `/managed/blueprints/${asText(pk)}/apply/`)).status).toBe(status);
});

it('refuses a change without a path, and knows what there is', async () => {
  const { pk } = await instance(AUTHENTICATION);
  expect(await call('PATCH', `/managed/blueprints/${asText(pk)}/`, { enabled: false })).toMatchObject({
    status: 400,
    body: { non_field_errors: ['Either path or content must be set.'] },
  });
  expect((await call('POST', '/managed/blueprints/nonsense/apply/')).body.detail).toBe('Not found.');
  expect((await call('POST', `/managed/blueprints/${crypto.randomUUID()}/apply/`)).body.detail).toBe(
    'No BlueprintInstance matches the given query.',
  );
});
