/** What the token must be allowed to do: what declared objects take, and nothing else. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';
import { deleteGuide, GUIDE } from './guide-14.ts';
import { callsOf, isWrite, somebodyElse } from './requests.ts';

const CONNECTION = ['AuthentikConnection', 'default'] as const;
const PROMPT = { fieldKey: 'k', label: 'l', type: 'text' };
const DUMMY = { type: 'Dummy', dummy: { throwError: false } };
const POLICY = { type: 'Expression', expression: { expression: 'return True' } };
const PROMPT_RIGHTS = ['view_prompt', 'add_prompt', 'change_prompt', 'delete_prompt', 'view_promptstage'].map(
  (right) => `authentik_stages_prompt.${right}`,
);
const DUMMY_RIGHTS = [
  'authentik_flows.view_flow',
  'authentik_flows.view_flowstagebinding',
  'authentik_flows.view_stage',
  'authentik_stages_dummy.view_dummystage',
  'authentik_stages_dummy.add_dummystage',
  'authentik_stages_dummy.change_dummystage',
  'authentik_stages_dummy.delete_dummystage',
];

let sim: AuthentikSim;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed();
  bed.engine.work();
});
afterEach(async () => {
  await bed.stop();
  await sim.stop();
});

/** A token whose role has just these rights, in the Secret of the connection: as a rotation puts it there. */
function grant(rights: readonly string[], spec: object = {}): void {
  bed.connect({ url: sim.url, token: sim.createToken([...rights]) }, spec);
}

function missing(): unknown {
  return bed.status(...CONNECTION)['missingPermissions'];
}

async function untilMissing(expected: unknown): Promise<void> {
  await bed.eventually(`missing: ${JSON.stringify(expected)}`, () => JSON.stringify(missing()) === JSON.stringify(expected));
}

const granted = () => bed.condition(...CONNECTION, 'PermissionsGranted');

it('what is asked for suffices, from the first write to the last delete', async () => {
  grant([]);
  for (const { kind, metadata, spec } of GUIDE) bed.apply(kind, metadata.name, spec);
  bed.apply('AuthentikPolicy', 'policy', POLICY);
  const guarded = {
    slug: 'guarded',
    name: 'g',
    title: 't',
    designation: 'stage_configuration',
    policies: [{ order: 0, policyRef: { name: 'policy' } }],
  };
  bed.apply('AuthentikFlow', 'guarded', guarded);
  const link = {
    flowRef: { name: 'guarded' },
    identificationStageRef: { external: 'default-authentication-identification' },
    verify: 'Skip',
  };
  bed.apply('EnrollmentBinding', 'link', link);
  await bed.until(...CONNECTION, 'True/Reconciled');
  await bed.eventually('all is asked for', () =>
    (missing() as readonly string[]).includes('authentik_stages_identification.change_identificationstage'),
  );
  await bed.quiet();
  const asked = missing() as readonly string[];
  expect(asked).not.toContain('authentik_stages_dummy.add_dummystage');

  grant(asked);
  const own: readonly (readonly [string, string])[] = [
    ['AuthentikPolicy', 'policy'],
    ['AuthentikFlow', 'guarded'],
    ['EnrollmentBinding', 'link'],
  ];
  for (const { kind, metadata } of GUIDE) await bed.until(kind, metadata.name, 'True/Reconciled');
  for (const at of own) await bed.until(...at, 'True/Reconciled');
  await untilMissing(undefined);
  bed.apply('AuthentikFlow', 'guarded', { ...guarded, title: 'changed', policies: [] });
  await bed.until('AuthentikFlow', 'guarded', 'True/Reconciled');

  for (const at of own) bed.delete(...at);
  for (const at of own) await bed.until(...at, 'gone');
  await deleteGuide(bed, GUIDE);
}, 60_000);

it('an object that needs what is missing says so itself, and all others work', async () => {
  grant([...PROMPT_RIGHTS, ...DUMMY_RIGHTS.filter((right) => !right.includes('.add_'))]);
  bed.apply('AuthentikPrompt', 'prompt', PROMPT);
  bed.apply('AuthentikStage', 'stage', DUMMY);
  await bed.until('AuthentikStage', 'stage', 'False/PermissionDenied');
  await bed.until('AuthentikPrompt', 'prompt', 'True/Reconciled');
  expect(bed.condition('AuthentikStage', 'stage', 'Ready')?.message).toContain('lacks authentik_stages_dummy.add_dummystage');
  await untilMissing(['authentik_stages_dummy.add_dummystage']);
  expect(bed.ready(...CONNECTION)).toBe('True/Reconciled');
  expect(granted()).toMatchObject({ status: 'False', reason: 'PermissionDenied' });

  grant([...PROMPT_RIGHTS, ...DUMMY_RIGHTS]);
  await bed.until('AuthentikStage', 'stage', 'True/Reconciled');
  await untilMissing(undefined);
  expect(granted()?.status).toBe('True');
});

it('rights on expression policies are asked for where somebody declares one, and no longer', async () => {
  grant(PROMPT_RIGHTS);
  bed.apply('AuthentikPrompt', 'prompt', PROMPT);
  await bed.until('AuthentikPrompt', 'prompt', 'True/Reconciled');
  await bed.eventually(
    'it is said what is lacking for nobody',
    () => granted()?.message.includes('for what nobody declares they lack') === true,
  );
  expect(granted()?.status).toBe('True');

  bed.apply('AuthentikPolicy', 'policy', POLICY);
  await bed.eventually('it is asked for', () => granted()?.status === 'False');
  expect(missing()).toContain('authentik_policies_expression.add_expressionpolicy');
  expect(bed.ready('AuthentikPrompt', 'prompt')).toBe('True/Reconciled');

  bed.delete('AuthentikPolicy', 'policy');
  await bed.until('AuthentikPolicy', 'policy', 'gone');
  await untilMissing(undefined);
});

it.each([
  { deletionPolicy: 'Delete', lacks: ['authentik_stages_dummy.delete_dummystage'], reason: 'it will be deleted one day' },
  { deletionPolicy: 'Retain', lacks: undefined, reason: 'it is left where it is' },
])('the right to delete is asked for by what is deleted: $deletionPolicy', async ({ deletionPolicy, lacks }) => {
  grant(DUMMY_RIGHTS.filter((right) => !right.includes('.delete_')));
  bed.apply('AuthentikStage', 'stage', { ...DUMMY, deletionPolicy });
  await bed.until('AuthentikStage', 'stage', 'True/Reconciled');
  await bed.quiet();
  expect(missing()).toEqual(lacks);
});

it('a token is replaced without a write, and the old one can be revoked at once', async () => {
  const [old, next] = [sim.createToken(DUMMY_RIGHTS), sim.createToken(DUMMY_RIGHTS)];
  bed.connect({ url: sim.url, token: old });
  bed.apply('AuthentikStage', 'stage', DUMMY);
  await bed.until('AuthentikStage', 'stage', 'True/Reconciled');
  await bed.quiet();
  const user = bed.status(...CONNECTION)['user'];

  sim.resetRequests();
  bed.sources.set('Secret', 'market', 'authentik-token', { token: next });
  await bed.eventually('the new token is in use', () => bed.status(...CONNECTION)['user'] !== user);
  await bed.quiet();
  expect(callsOf(sim).filter(isWrite)).toEqual([]);
  // The stand-in gives each token a user of its own.
  const [{ pk } = {}] = sim.users().filter(({ username }) => username === user);
  await somebodyElse(sim, 'DELETE', `/core/users/${JSON.stringify(pk)}/`);

  bed.apply('AuthentikStage', 'stage', { ...DUMMY, dummy: { throwError: true } });
  await bed.until('AuthentikStage', 'stage', 'True/Reconciled');
  bed.delete('AuthentikStage', 'stage');
  await bed.until('AuthentikStage', 'stage', 'gone');
});

it('a token that is wrong is said, takes nothing from what is there, and a right one is used at once', async () => {
  const token = sim.createToken(DUMMY_RIGHTS);
  bed.connect({ url: sim.url, token });
  bed.apply('AuthentikStage', 'stage', DUMMY);
  await bed.until('AuthentikStage', 'stage', 'True/Reconciled');
  bed.sources.set('Secret', 'market', 'authentik-token', { token: 'mistyped' });
  await bed.until(...CONNECTION, 'False/Unauthorized');
  sim.resetRequests();
  bed.sources.set('Secret', 'market', 'authentik-token', { token });
  await bed.until(...CONNECTION, 'True/Reconciled');
  await bed.until('AuthentikStage', 'stage', 'True/Reconciled');
  expect(callsOf(sim).filter(isWrite)).toEqual([]);
});
