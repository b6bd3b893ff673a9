/** An invitation: its link in a Secret and nowhere else, made once, and said when it is over. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';
import { callsOf, isWrite, somebodyElse } from './requests.ts';

const KIND = 'AuthentikInvitation';
const INVITATIONS = '/stages/invitation/invitations/';
const SECRET = 'link';

type Row = Record<string, unknown> & { pk: string };

let sim: AuthentikSim;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim, { driftPollInterval: '1s', publicURL: 'https://auth.example.com' });
  bed.apply('AuthentikPrompt', 'email', { fieldKey: 'email', label: 'E-mail', type: 'email' });
  await somebodyElse(sim, 'POST', '/stages/invitation/stages/', { name: 'invited' });
  bed.apply('AuthentikStage', 'form', { type: 'Prompt', prompt: { fields: [{ name: 'email' }] } });
  const stages = [
    { order: 0, stageRef: { external: 'invited' } },
    { order: 10, stageRef: { name: 'form' } },
  ];
  bed.apply('AuthentikFlow', 'join', { slug: 'join', name: 'join', title: 'Join', designation: 'enrollment', stages });
  await bed.until('AuthentikFlow', 'join', 'True/Reconciled');
});

afterEach(async () => {
  const { errors } = bed;
  await bed.stop();
  await sim.stop();
  if (errors.length > 0) throw new Error(`what went wrong inside: ${JSON.stringify(errors)}`);
});

function invite(more: object = {}): void {
  bed.apply(KIND, 'first', { flowRef: { name: 'join' }, secretName: SECRET, ...more });
}

async function rows(): Promise<readonly Row[]> {
  return ((await somebodyElse(sim, 'GET', INVITATIONS)) as { results: Row[] }).results;
}

const open = (): string => {
  const condition = bed.condition(KIND, 'first', 'Open');
  return `${condition?.status ?? ''}/${condition?.reason ?? ''}`;
};
const untilOpen = async (wanted: string): Promise<void> => bed.eventually(`it is ${wanted}`, () => open() === wanted);
const writes = (): readonly string[] => callsOf(sim).filter(isWrite);
/** All that anybody may read. */
const said = (): string => JSON.stringify([bed.get(KIND, 'first'), bed.events, bed.errors]);

/** What somebody gets who follows a link. */
async function follow(token: string): Promise<string> {
  const address = `${sim.url}/api/v3/flows/executor/join/?query=${encodeURIComponent(`itoken=${token}`)}`;
  const answer = await fetch(address, { headers: { accept: 'application/json' } });
  return ((await answer.json()) as { component: string }).component;
}

it('is made once, its link is in the Secret and nowhere else, and it goes with its object', async () => {
  const before = sim.snapshot();
  invite({ expires: 'days=7', singleUse: true, fixedData: { email: 'first@example.com' } });
  await bed.until(KIND, 'first', 'True/Reconciled');
  const [row] = await rows();
  const token = row?.pk ?? '';
  expect(row).toMatchObject({
    name: 'first',
    single_use: true,
    fixed_data: { email: 'first@example.com' },
    flow: bed.status('AuthentikFlow', 'join')['uuid'],
  });
  const days = (Date.parse(String(row?.['expires'])) - Date.now()) / 86_400_000;
  expect(days).toBeCloseTo(7, 2);
  expect(bed.links.get(SECRET)).toEqual({ token, url: `https://auth.example.com/if/flow/join/?itoken=${token}` });
  expect(open()).toBe('True/Reconciled');
  expect(said()).not.toContain(token);
  await bed.quiet();
  sim.resetRequests();
  bed.apply('AuthentikFlow', 'join', { ...(bed.get('AuthentikFlow', 'join')?.spec as object), title: 'Join us' });
  await bed.until('AuthentikFlow', 'join', 'True/Reconciled');
  await bed.quiet();
  // Edits of the flow keep the link.
  expect(writes().filter((call) => call.includes(INVITATIONS))).toEqual([]);
  bed.delete('AuthentikFlow', 'join');
  await bed.until('AuthentikFlow', 'join', 'False/WaitingForDependents');
  bed.delete(KIND, 'first');
  await bed.until(KIND, 'first', 'gone');
  await bed.until('AuthentikFlow', 'join', 'gone');
  expect(await rows()).toEqual([]);
  expect(said()).not.toContain(token);
  expect(before).toBeDefined();
});

it('is changed by one write, with the same link', async () => {
  invite({ expires: 'hours=1' });
  await bed.until(KIND, 'first', 'True/Reconciled');
  const [{ pk } = { pk: '' }] = await rows();
  await bed.quiet();
  sim.resetRequests();
  invite({ expires: 'hours=2', singleUse: true });
  await bed.until(KIND, 'first', 'True/Reconciled');
  expect(writes()).toEqual([`PATCH ${INVITATIONS}${pk}/`]);
  const [row] = await rows();
  expect(row).toMatchObject({ pk, single_use: true });
  expect((Date.parse(String(row?.['expires'])) - Date.now()) / 3_600_000).toBeCloseTo(2, 1);
  expect(said()).not.toContain(pk);
});

it('is put right when somebody changes it', async () => {
  invite({ expires: 'hours=1', fixedData: { email: 'a@example.com' } });
  await bed.until(KIND, 'first', 'True/Reconciled');
  const [{ pk } = { pk: '' }] = await rows();
  await somebodyElse(sim, 'PATCH', `${INVITATIONS}${pk}/`, { fixed_data: { email: 'b@example.com' } });
  await bed.eventually('it is ours again', async () => JSON.stringify((await rows())[0]?.['fixed_data']).includes('a@'));
  expect(said()).not.toContain(pk);
});

it('that was used says so, has no Secret any more, and is made again when that is asked for', async () => {
  invite({ expires: 'days=1', singleUse: true });
  await bed.until(KIND, 'first', 'True/Reconciled');
  const token = bed.links.get(SECRET)?.['token'] ?? '';
  // The first request uses it up; what this visitor, who keeps no cookies, sees at last is none of our concern.
  await follow(token);
  await untilOpen('False/Used');
  expect(bed.ready(KIND, 'first')).toBe('True/Reconciled');
  expect(bed.links.has(SECRET)).toBe(false);
  invite({ expires: 'days=2', singleUse: true });
  await bed.until(KIND, 'first', 'True/Reconciled');
  await bed.quiet();
  expect(await rows()).toEqual([]);
  invite({ expires: 'days=2', singleUse: true, renew: 'again' });
  await untilOpen('True/Reconciled');
  expect(await rows()).toHaveLength(1);
  expect(bed.links.get(SECRET)?.['token']).toBe((await rows())[0]?.pk);
  expect(bed.links.get(SECRET)?.['token']).not.toBe(token);
});

it('that is asked for anew while it is open makes the old link void', async () => {
  invite({ expires: 'days=1' });
  await bed.until(KIND, 'first', 'True/Reconciled');
  const [{ pk } = { pk: '' }] = await rows();
  invite({ expires: 'days=1', renew: '2' });
  await bed.eventually('there is another one', async () => (await rows()).some((row) => row.pk !== pk));
  await bed.eventually('its link is there', () => ![undefined, pk].includes(bed.links.get(SECRET)?.['token']));
  expect(await rows()).toHaveLength(1);
  expect(await follow(pk)).toBe('ak-stage-access-denied');
  await bed.until(KIND, 'first', 'True/Reconciled');
  expect(said()).not.toContain(pk);
});

it('that expired says so, and that was revoked', async () => {
  invite({ expires: 'seconds=1' });
  await bed.until(KIND, 'first', 'True/Reconciled');
  await untilOpen('False/Expired');
  expect(bed.links.has(SECRET)).toBe(false);
  invite({ expires: 'hours=1' });
  await untilOpen('True/Reconciled');
  const [{ pk } = { pk: '' }] = await rows();
  await somebodyElse(sim, 'DELETE', `${INVITATIONS}${pk}/`);
  await untilOpen('False/Revoked');
  expect(await rows()).toEqual([]);
});

it('takes nobody else’s of the same name for its own', async () => {
  const theirs = await somebodyElse(sim, 'POST', INVITATIONS, { name: 'first' });
  invite({ expires: 'days=1' });
  await bed.until(KIND, 'first', 'True/Reconciled');
  expect(await rows()).toHaveLength(2);
  bed.delete(KIND, 'first');
  await bed.until(KIND, 'first', 'gone');
  expect((await rows()).map(({ pk }) => pk)).toEqual([theirs['pk']]);
});

it('takes private data out of a Secret, and says nothing of it', async () => {
  bed.sources.set('Secret', 'market', 'people', { first: '{"email":"canary@example.com"}', broken: 'canary-of-no-json' });
  invite({ expires: 'days=1', fixedDataSecretRef: { name: 'people', key: 'broken' } });
  await bed.until(KIND, 'first', 'False/SecretInvalid');
  invite({ expires: 'days=1', fixedDataSecretRef: { name: 'people', key: 'first' } });
  await bed.until(KIND, 'first', 'True/Reconciled');
  expect((await rows())[0]).toMatchObject({ fixed_data: { email: 'canary@example.com' } });
  bed.sources.set('Secret', 'market', 'people', { first: '{"email":"canary2@example.com"}' });
  await bed.eventually('it follows', async () => JSON.stringify((await rows())[0]?.['fixed_data']).includes('canary2'));
  await bed.quiet();
  expect(said()).not.toContain('canary');
});

it('says what stands in its way without its key', async () => {
  invite({ expires: 'hours=1' });
  await bed.until(KIND, 'first', 'True/Reconciled');
  const [{ pk } = { pk: '' }] = await rows();
  sim.faults.inject({
    match: { method: 'PATCH', pathPrefix: INVITATIONS },
    times: 1,
    respond: { kind: 'status', status: 502, body: 'no' },
  });
  invite({ expires: 'hours=2' });
  await bed.eventually('the trouble is told', () => bed.passes.includes(`${KIND} failed`) || said().includes('502'));
  await bed.until(KIND, 'first', 'True/Reconciled');
  expect(said()).not.toContain(pk);
});

it('is not made when it would be over already', async () => {
  invite({ expires: '2020-01-01T00:00:00Z' });
  await bed.until(KIND, 'first', 'False/InvalidSpec');
  expect(bed.condition(KIND, 'first', 'Ready')?.message).toContain('write a later time');
  expect(await rows()).toEqual([]);
});

it('of others, when their flow goes, is said without its key', async () => {
  const flow = bed.status('AuthentikFlow', 'join')['uuid'];
  const { pk } = await somebodyElse(sim, 'POST', INVITATIONS, { name: 'theirs', flow });
  bed.delete('AuthentikFlow', 'join');
  await bed.until('AuthentikFlow', 'join', 'gone');
  const event = bed.events.find((text) => text.includes('AuthentikFlow/market/join Deleted'));
  expect(event).toContain('an invitation that is not ours, and from now on is for every flow');
  expect(bed.events.join()).not.toContain(String(pk));
});

it('is found again after a crash between the request and its answer, and not made twice', async () => {
  sim.faults.inject({ match: { method: 'POST', pathPrefix: INVITATIONS }, times: 1, respond: { kind: 'cut', when: 'after' } });
  bed.connect(sim, { driftPollInterval: '1s', requestTimeout: '1s' });
  invite({ expires: 'days=7', singleUse: true });
  await bed.until(KIND, 'first', 'True/Reconciled', 20_000);
  expect(await rows()).toHaveLength(1);
  expect(bed.links.get(SECRET)?.['token']).toBe((await rows())[0]?.pk);
});

it('takes no more rights than are asked for', async () => {
  bed.connect({ url: sim.url, token: sim.createToken([]) });
  invite({ expires: 'days=1' });
  const missing = (): readonly string[] => (bed.status('AuthentikConnection', 'default')['missingPermissions'] ?? []) as string[];
  await bed.eventually('all is asked for', () => missing().includes('authentik_stages_invitation.add_invitation'));
  bed.connect({ url: sim.url, token: sim.createToken([...missing()]) });
  await bed.until(KIND, 'first', 'True/Reconciled');
  bed.delete(KIND, 'first');
  await bed.until(KIND, 'first', 'gone');
  expect(await rows()).toEqual([]);
});
