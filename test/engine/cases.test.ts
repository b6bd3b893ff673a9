/** Cases from outside, as people met them with other tools: what a live server showed of them is held here on the stand-in. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';
import { callsOf, isWrite, somebodyElse } from './requests.ts';

const LOGIN = 'default-authentication-flow';

let sim: AuthentikSim;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim, { driftPollInterval: '1h' });
});

afterEach(async () => {
  await bed.stop();
  await sim.stop();
});

async function rows(path: string): Promise<readonly Record<string, unknown>[]> {
  const answer = await somebodyElse(sim, 'GET', path);
  return answer['results'] as Record<string, unknown>[];
}

const writes = (): readonly string[] => callsOf(sim).filter((call) => isWrite(call) && !call.includes('cache_clear'));

it('14: a guarded stage at an order that is taken moves with its row, and leaves the row and the policy beside it alone', async () => {
  const before = sim.snapshot();
  const at = (order: number): object => ({
    slug: LOGIN,
    adoptionPolicy: 'Always',
    title: 'The market',
    stages: [{ order, stageRef: { name: 'closed' }, policies: [{ order: 0, policyRef: { name: 'at-night' } }] }],
  });
  bed.apply('AuthentikPolicy', 'at-night', { type: 'Expression', expression: { expression: 'return False' } });
  bed.apply('AuthentikStage', 'closed', { type: 'Deny', deny: { denyMessage: 'Closed for the night.' } });
  bed.apply('AuthentikFlow', 'login', at(20));
  await bed.until('AuthentikFlow', 'login', 'True/Reconciled');
  const [flow] = await rows(`/flows/instances/?slug=${LOGIN}`);
  const bindings = async (): Promise<readonly Record<string, unknown>[]> =>
    rows(`/flows/bindings/?target=${String(flow?.['pk'])}&ordering=order`);
  const first = await bindings();
  expect(first.map(({ order }) => order)).toEqual([10, 20, 20, 30, 100]);
  const ours = (bed.status('AuthentikFlow', 'login')['bindings'] as readonly { uuid: string }[])[0]?.uuid;
  const theirs = first.filter(({ pk }) => pk !== ours);
  const guards = async (): Promise<readonly unknown[]> =>
    (await rows('/policies/bindings/?page_size=100')).filter(({ target }) => target === theirs[1]?.['pk']);
  const guardedBefore = await guards();
  expect(guardedBefore).toHaveLength(1);

  sim.resetRequests();
  bed.apply('AuthentikFlow', 'login', at(15));
  await bed.until('AuthentikFlow', 'login', 'True/Reconciled');
  expect(writes()).toEqual([`PATCH /flows/bindings/${ours ?? ''}/`]);
  const second = await bindings();
  expect(second.map(({ order }) => order)).toEqual([10, 15, 20, 30, 100]);
  expect(second.filter(({ pk }) => pk !== ours)).toEqual(theirs);
  expect(await guards()).toEqual(guardedBefore);

  for (const [kind, name] of [
    ['AuthentikFlow', 'login'],
    ['AuthentikStage', 'closed'],
    ['AuthentikPolicy', 'at-night'],
  ] as const) {
    bed.delete(kind, name);
    await bed.until(kind, name, 'gone');
  }
  expect(sim.snapshot()).toEqual(before);
});

it('16: stages and prompts that two flows share are there once, stay when one flow goes, and are held by the other', async () => {
  bed.apply('AuthentikPrompt', 'mail', { fieldKey: 'email', label: 'E-mail', type: 'email', required: true });
  bed.apply('AuthentikPrompt', 'user', { fieldKey: 'username', label: 'User name', type: 'username', required: true });
  bed.apply('AuthentikStage', 'form-a', { type: 'Prompt', prompt: { fields: [{ name: 'user' }, { name: 'mail' }] } });
  bed.apply('AuthentikStage', 'form-b', { type: 'Prompt', prompt: { fields: [{ name: 'mail' }] } });
  bed.apply('AuthentikStage', 'log-in', { type: 'UserLogin', userLogin: { sessionDuration: 'hours=8' } });
  for (const each of ['a', 'b'])
    bed.apply('AuthentikFlow', `sign-up-${each}`, {
      slug: `sign-up-${each}`,
      name: `Sign-up ${each}`,
      title: 'Join',
      designation: 'enrollment',
      stages: [`form-${each}`, 'log-in'].map((name, index) => ({ order: index * 10, stageRef: { name } })),
    });
  for (const each of ['a', 'b']) await bed.until('AuthentikFlow', `sign-up-${each}`, 'True/Reconciled');
  await bed.quiet();
  expect(writes().filter((call) => call === 'POST /stages/user_login/' || call === 'POST /stages/prompt/prompts/')).toHaveLength(3);
  const flowsOf = async (): Promise<readonly string[]> => {
    const [stage] = await rows('/stages/user_login/?name=log-in');
    return (stage?.['flow_set'] as { slug: string }[]).map(({ slug }) => slug).sort();
  };
  expect(await flowsOf()).toEqual(['sign-up-a', 'sign-up-b']);

  bed.delete('AuthentikFlow', 'sign-up-b');
  await bed.until('AuthentikFlow', 'sign-up-b', 'gone');
  expect(await flowsOf()).toEqual(['sign-up-a']);
  expect(bed.ready('AuthentikFlow', 'sign-up-a')).toBe('True/Reconciled');
  bed.delete('AuthentikStage', 'log-in');
  await bed.until('AuthentikStage', 'log-in', 'False/WaitingForDependents');
  expect(bed.condition('AuthentikStage', 'log-in', 'Ready')?.message).toContain('AuthentikFlow market/sign-up-a');
});

describe('20: a group that has thousands of members', () => {
  const MEMBERS = 2000;
  const TOGETHER = 20;

  it('is found by name without any of them, for a stage and for a flow, and nothing of them is read or kept', async () => {
    const people: Record<string, unknown>[] = [];
    for (let at = 0; at < MEMBERS; at += TOGETHER)
      people.push(
        ...(await Promise.all(
          Array.from({ length: TOGETHER }, async (_, index) =>
            somebodyElse(sim, 'POST', '/core/users/', { username: `u-${at + index}`, name: 'P' }),
          ),
        )),
      );
    const group = await somebodyElse(sim, 'POST', '/core/groups/', { name: 'customers', users: people.map(({ pk }) => pk) });
    const whole = JSON.stringify(await somebodyElse(sim, 'GET', '/core/groups/?name=customers'));
    expect(whole.length).toBeGreaterThan(MEMBERS * 50);
    sim.resetRequests();
    bed.apply('AuthentikStage', 'write', {
      type: 'UserWrite',
      userWrite: { userCreationMode: 'create_when_required', createUsersAsInactive: true, createUsersGroup: { external: 'customers' } },
    });
    bed.apply('AuthentikFlow', 'members', {
      slug: 'members',
      name: 'Members',
      title: 'Members',
      designation: 'stage_configuration',
      stages: [{ order: 10, stageRef: { name: 'write' } }],
      policies: [{ order: 0, groupRef: { external: 'customers' } }],
    });
    await bed.until('AuthentikFlow', 'members', 'True/Reconciled');
    const [stage] = await rows('/stages/user_write/?name=write');
    expect(stage?.['create_users_group']).toBe(group['pk']);
    expect(callsOf(sim).filter((call) => call.includes('/core/'))).toEqual([
      'GET /core/groups/?ordering=pk&include_users=false&page_size=100',
    ]);
    const without = JSON.stringify(await somebodyElse(sim, 'GET', '/core/groups/?ordering=pk&include_users=false&page_size=100'));
    expect(without.length).toBeLessThan(whole.length / 2);
  }, 60_000);
});
