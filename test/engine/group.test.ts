/** A group: its whole life, and that nobody reads or writes who is in it. */
import { startAuthentikSim, type AuthentikSim, type SimVersion } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';
import { callsOf, isWrite, somebodyElse } from './requests.ts';

const GROUPS = '/core/groups/';
const ATTRIBUTES = { market: { role: 'provider' } };

let sim: AuthentikSim;
let bed: EngineBed;

async function start(version: SimVersion = '2026.2', options: { reportedVersion?: string } = {}): Promise<void> {
  sim = await startAuthentikSim({ version, ...options });
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim, { driftPollInterval: '1s' });
}

afterEach(async () => {
  const { errors } = bed;
  await bed.stop();
  await sim.stop();
  if (errors.length > 0) throw new Error(`what went wrong inside: ${JSON.stringify(errors)}`);
});

async function there(name: string): Promise<Record<string, unknown> | undefined> {
  const { results } = (await somebodyElse(sim, 'GET', `${GROUPS}?name=${name}`)) as { results: Record<string, unknown>[] };
  return results.find((row) => row['name'] === name);
}

async function made(body: object): Promise<string> {
  return String((await somebodyElse(sim, 'POST', GROUPS, body))['pk']);
}

const writes = (): readonly string[] => callsOf(sim).filter(isWrite);
const messageOf = (name: string): string => bed.condition('AuthentikGroup', name, 'Ready')?.message ?? '';

describe('a group', () => {
  beforeEach(async () => start());

  it('is made below its parents in whatever order they come, changed by one write, and taken away', async () => {
    const before = sim.snapshot();
    const readers = (await there('authentik Read-only'))?.['pk'];
    bed.apply('AuthentikGroup', 'providers', {
      parentRefs: [{ name: 'members' }, { external: 'authentik Read-only' }],
      attributes: ATTRIBUTES,
    });
    await bed.until('AuthentikGroup', 'providers', 'False/ReferenceNotFound');
    bed.apply('AuthentikGroup', 'members', { name: 'Members' });
    await bed.until('AuthentikGroup', 'providers', 'True/Reconciled');
    const parents = [bed.status('AuthentikGroup', 'members')['uuid'], readers].sort();
    const group = await there('providers');
    expect({ ...group, parents: [...(group?.['parents'] as string[])].sort() }).toMatchObject({ attributes: ATTRIBUTES, parents });
    expect(bed.status('AuthentikGroup', 'members')).toMatchObject({ name: 'Members' });

    await bed.quiet();
    sim.resetRequests();
    bed.apply('AuthentikGroup', 'providers', {
      parentRefs: [{ external: 'authentik Read-only' }, { name: 'members' }],
      attributes: { market: { role: 'consumer' } },
    });
    await bed.until('AuthentikGroup', 'providers', 'True/Reconciled');
    expect(writes()).toEqual([expect.stringMatching(/^PATCH \/core\/groups\/[0-9a-f-]+\/\?include_users=false$/)]);

    bed.delete('AuthentikGroup', 'members');
    await bed.until('AuthentikGroup', 'members', 'False/WaitingForDependents');
    bed.delete('AuthentikGroup', 'providers');
    await bed.until('AuthentikGroup', 'members', 'gone');
    expect(sim.snapshot()).toEqual(before);
    expect(sim.schemaViolations).toEqual([]);
  });

  it('keeps its members, roles and superusers as they are, whatever is changed, and sends nothing of them', async () => {
    const admin = sim.users()[0]?.['pk'];
    await made({ name: 'staff', users: [admin], is_superuser: true, attributes: { a: 1 } });
    bed.apply('AuthentikGroup', 'staff', { adoptionPolicy: 'Always', attributes: ATTRIBUTES });
    await bed.until('AuthentikGroup', 'staff', 'True/Reconciled');
    expect(await there('staff')).toMatchObject({ users: [admin], is_superuser: true, attributes: ATTRIBUTES });
    const bodies = sim.requests.filter(({ method, body }) => method === 'PATCH' && JSON.stringify(body).includes('provider'));
    expect(bodies.map(({ body }) => body)).toEqual([{ name: 'staff', attributes: ATTRIBUTES }]);
    expect(bed.status('AuthentikGroup', 'staff')['adopted']).toMatchObject({ before: { attributes: { a: 1 } } });
    bed.delete('AuthentikGroup', 'staff');
    await bed.until('AuthentikGroup', 'staff', 'gone');
    expect(await there('staff')).toMatchObject({ users: [admin], is_superuser: true, attributes: { a: 1 } });
  });

  it('is not taken over when it differs, and without a write when it does not', async () => {
    await made({ name: 'staff', attributes: { a: 1 } });
    sim.resetRequests();
    bed.apply('AuthentikGroup', 'staff', { attributes: ATTRIBUTES });
    await bed.until('AuthentikGroup', 'staff', 'False/AdoptionConflict');
    expect(messageOf('staff')).toContain('attributes');
    bed.apply('AuthentikGroup', 'staff', { attributes: { a: 1 } });
    await bed.until('AuthentikGroup', 'staff', 'True/Reconciled');
    expect(writes()).toEqual([]);
  });

  it('has one writer, and the other one takes over when that goes', async () => {
    bed.connect(sim, {}, 'other');
    const other = { name: 'staff', namespace: 'other' };
    bed.apply('AuthentikGroup', 'staff', { attributes: ATTRIBUTES });
    await bed.until('AuthentikGroup', 'staff', 'True/Reconciled');
    bed.apply('AuthentikGroup', other, { attributes: { a: 2 } });
    await bed.until('AuthentikGroup', other, 'False/Conflict');
    bed.delete('AuthentikGroup', 'staff');
    await bed.until('AuthentikGroup', other, 'True/Reconciled');
    expect(await there('staff')).toMatchObject({ attributes: { a: 2 } });
  });

  it('is put right when somebody changes it, and made again when somebody deletes it', async () => {
    bed.apply('AuthentikGroup', 'staff', { parentRefs: [], attributes: ATTRIBUTES });
    await bed.until('AuthentikGroup', 'staff', 'True/Reconciled');
    const { pk } = (await there('staff')) as { pk: string };
    const parents = [await made({ name: 'theirs' })];
    await somebodyElse(sim, 'PATCH', `${GROUPS}${pk}/`, { attributes: { changed: true }, parents });
    await bed.eventually(
      'the change is undone',
      async () => JSON.stringify((await there('staff'))?.['attributes']) === JSON.stringify(ATTRIBUTES),
    );
    expect(await there('staff')).toMatchObject({ parents: [] });
    await bed.eventually('it is told', () => bed.events.some((event) => event.includes('DriftCorrected') && event.includes('parentRefs')));
    await somebodyElse(sim, 'DELETE', `${GROUPS}${pk}/`);
    await bed.eventually('it is back', async () => (await there('staff')) !== undefined);
  });

  it.each([
    {
      reason: 'a group that is not ours is below it',
      use: async (pk: string) => made({ name: 'foreign', parents: [pk] }),
      names: 'group "foreign"',
    },
    {
      reason: "somebody's flow asks for it",
      use: async (pk: string) => {
        const flow = await somebodyElse(sim, 'GET', '/flows/instances/default-authentication-flow/');
        return somebodyElse(sim, 'POST', '/policies/bindings/', { target: flow['pk'], group: pk, order: 7 });
      },
      names: 'policybinding',
    },
  ])('is not deleted while $reason', async ({ use, names }) => {
    bed.apply('AuthentikGroup', 'staff', {});
    await bed.until('AuthentikGroup', 'staff', 'True/Reconciled');
    await use(String(bed.status('AuthentikGroup', 'staff')['uuid']));
    bed.delete('AuthentikGroup', 'staff');
    await bed.until('AuthentikGroup', 'staff', 'False/DeletionBlocked');
    expect(messageOf('staff')).toContain(names);
    expect(await there('staff')).toBeDefined();
  });

  it('goes with its members, who stay', async () => {
    bed.apply('AuthentikGroup', 'staff', {});
    await bed.until('AuthentikGroup', 'staff', 'True/Reconciled');
    const admin = sim.users()[0]?.['pk'];
    await somebodyElse(sim, 'PATCH', `${GROUPS}${String(bed.status('AuthentikGroup', 'staff')['uuid'])}/`, { users: [admin] });
    bed.delete('AuthentikGroup', 'staff');
    await bed.until('AuthentikGroup', 'staff', 'gone');
    expect(sim.users()[0]?.['pk']).toBe(admin);
  });

  it('is where new users go and what a flow asks for, by the name of its object', async () => {
    const before = sim.snapshot();
    bed.apply('AuthentikFlow', 'sign-up', {
      slug: 'sign-up',
      name: 'Sign-up',
      title: 'Sign-up',
      designation: 'enrollment',
      stages: [{ order: 10, stageRef: { name: 'write' }, policies: [{ order: 0, groupRef: { name: 'staff' }, negate: true }] }],
      policies: [{ order: 0, groupRef: { name: 'staff' } }],
    });
    bed.apply('AuthentikStage', 'write', { type: 'UserWrite', userWrite: { createUsersGroup: { name: 'staff' } } });
    bed.apply('AuthentikGroup', 'staff', { name: 'Staff' });
    await bed.until('AuthentikFlow', 'sign-up', 'True/Reconciled');
    const uuid = bed.status('AuthentikGroup', 'staff')['uuid'];
    const { results } = (await somebodyElse(sim, 'GET', '/policies/bindings/?page_size=100')) as { results: Record<string, unknown>[] };
    expect(results.filter(({ group }) => group === uuid)).toHaveLength(2);
    expect(await somebodyElse(sim, 'GET', '/stages/user_write/?name=write')).toMatchObject({ results: [{ create_users_group: uuid }] });
    for (const [kind, name] of [
      ['AuthentikGroup', 'staff'],
      ['AuthentikStage', 'write'],
      ['AuthentikFlow', 'sign-up'],
    ] as const)
      bed.delete(kind, name);
    await bed.until('AuthentikGroup', 'staff', 'gone');
    expect(sim.snapshot()).toEqual(before);
  });

  it('needs no more rights than it asks for', async () => {
    bed.connect({ url: sim.url, token: sim.createToken([]) });
    bed.apply('AuthentikGroup', 'staff', { attributes: ATTRIBUTES });
    await bed.eventually('rights are asked for', () => Array.isArray(bed.status('AuthentikConnection', 'default')['missingPermissions']));
    const asked = bed.status('AuthentikConnection', 'default')['missingPermissions'] as string[];
    expect(asked).toContain('authentik_core.add_group');
    bed.connect({ url: sim.url, token: sim.createToken(asked) });
    await bed.until('AuthentikGroup', 'staff', 'True/Reconciled');
    bed.delete('AuthentikGroup', 'staff');
    await bed.until('AuthentikGroup', 'staff', 'gone');
  });
});

it('has one parent at most before 2025.12, and says so', async () => {
  // The stand-in ignores the field of former days, as servers do with what they don't know: what counts is what is sent.
  await start('2025.12', { reportedVersion: '2025.10.4' });
  const sent = (): readonly unknown[] => sim.requests.filter(({ method }) => method === 'POST').map(({ body }) => body);
  bed.apply('AuthentikGroup', 'members', {});
  await bed.until('AuthentikGroup', 'members', 'True/Reconciled');
  bed.apply('AuthentikGroup', 'staff', { parentRefs: [{ name: 'members' }, { external: 'authentik Admins' }] });
  await bed.until('AuthentikGroup', 'staff', 'False/UnsupportedVersion');
  expect(messageOf('staff')).toContain('parentRefs with more than one group needs Authentik 2025.12');
  bed.apply('AuthentikGroup', 'staff', { parentRefs: [{ name: 'members' }] });
  await bed.eventually('it is made', async () => (await there('staff')) !== undefined);
  expect(sent()).toContainEqual({ name: 'staff', parent: bed.status('AuthentikGroup', 'members')['uuid'] });
  bed.apply('AuthentikGroup', 'staff', { parentRefs: [{ name: 'members' }, { external: 'authentik Admins' }] });
  await bed.until('AuthentikGroup', 'staff', 'False/UnsupportedVersion');
  bed.delete('AuthentikGroup', 'members');
  bed.delete('AuthentikGroup', 'staff');
  await bed.until('AuthentikGroup', 'members', 'gone');
  expect(await there('staff')).toBeUndefined();
});
