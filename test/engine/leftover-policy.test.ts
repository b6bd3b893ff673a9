/** A guard that a flow has stopped to speak of, and whose policy goes: ours goes along with it, somebody else's keeps it. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';
import { somebodyElse } from './requests.ts';

let sim: AuthentikSim;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim);
  bed.apply('AuthentikPolicy', 'night', { type: 'Expression', expression: { expression: 'return True' } });
  bed.apply('AuthentikStage', 'closed', { type: 'Deny', deny: {} });
  apply([{ order: 0, policyRef: { name: 'night' } }]);
  await bed.until('AuthentikFlow', 'f', 'True/Reconciled');
});

afterEach(async () => {
  await bed.stop();
  await sim.stop();
});

function apply(policies: readonly object[] | undefined): void {
  const stage = { order: 10, stageRef: { name: 'closed' }, ...(policies === undefined ? {} : { policies }) };
  bed.apply('AuthentikFlow', 'f', { slug: 'f', name: 'f', title: 'F', designation: 'authentication', stages: [stage] });
}

async function rows(path: string): Promise<readonly Record<string, unknown>[]> {
  return (await somebodyElse(sim, 'GET', path))['results'] as readonly Record<string, unknown>[];
}

it('goes with its policy', async () => {
  apply(undefined);
  await bed.until('AuthentikFlow', 'f', 'True/Reconciled');
  expect(await rows('/policies/bindings/?page_size=100')).toContainEqual(expect.objectContaining({ order: 0 }));
  bed.delete('AuthentikPolicy', 'night');
  await bed.until('AuthentikPolicy', 'night', 'gone');
  expect(await rows('/policies/expression/?name=night')).toEqual([]);
});

it('waits while the flow still declares it', async () => {
  bed.delete('AuthentikPolicy', 'night');
  await bed.until('AuthentikPolicy', 'night', 'False/WaitingForDependents');
});

it('keeps the policy when somebody else has bound it as well', async () => {
  const [policy] = await rows('/policies/expression/?name=night');
  const [flow] = await rows('/flows/instances/?slug=default-authentication-flow');
  await somebodyElse(sim, 'POST', '/policies/bindings/', { policy: policy?.['pk'], target: flow?.['policybindingmodel_ptr_id'], order: 7 });
  apply(undefined);
  await bed.until('AuthentikFlow', 'f', 'True/Reconciled');
  bed.delete('AuthentikPolicy', 'night');
  await bed.until('AuthentikPolicy', 'night', 'False/DeletionBlocked');
  expect(await rows('/policies/expression/?name=night')).toHaveLength(1);
});
