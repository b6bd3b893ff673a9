/** What people are told: enough to act on it, and nothing that isn't so. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';
import { fastClock } from './fast-clock.ts';

let sim: AuthentikSim;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed({ clock: fastClock(100) });
  bed.engine.work();
  bed.connect(sim);
  await bed.until('AuthentikConnection', 'default', 'True/Reconciled');
});

afterEach(async () => {
  await bed.stop();
  await sim.stop();
});

const flow = (spec: object): object => ({ slug: 'flow', name: 'Flow', title: 'Flow', designation: 'stage_configuration', ...spec });
const said = (kind: string, name: string): string => bed.condition(kind, name, 'Ready')?.message ?? '';

it('a mail template that is missing is told with those that there are, and heals within five minutes once it is there', async () => {
  bed.apply('AuthentikStage', 'mail', { type: 'Email', email: { useGlobalSettings: true, template: 'welcome-aboard.html' } });
  await bed.until('AuthentikStage', 'mail', 'False/InvalidSpec');
  expect(said('AuthentikStage', 'mail')).toMatch(
    /Invalid template 'welcome-aboard.html' specified. There are email\/password_reset.html, email\/account_confirmation.html/,
  );
  expect(bed.condition('AuthentikStage', 'mail', 'Stalled')?.status).toBe('True');
  await bed.quiet();
  expect(sim.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/stages/email/'))).toHaveLength(1);
  sim.addMailTemplate('welcome-aboard.html');
  // Five minutes of its clock.
  await bed.until('AuthentikStage', 'mail', 'True/Reconciled', 3_000 + 2_000);
});

it('adoption that is refused shows both values', async () => {
  bed.apply('AuthentikPolicy', 'default', {
    name: 'default-password-change-password-policy',
    type: 'Password',
    password: { symbolCharset: '!#', lengthMin: 9 },
  });
  await bed.until('AuthentikPolicy', 'default', 'False/AdoptionConflict');
  expect(said('AuthentikPolicy', 'default')).toMatch(
    /differs in lengthMin \(8 there, 9 declared\), symbolCharset \("!.*␣" there, "!#" declared\): align/,
  );
});

it('a name that another type has is told by the name of the type', async () => {
  bed.apply('AuthentikStage', 'other', { name: 'default-authentication-login', type: 'Deny', deny: {} });
  await bed.until('AuthentikStage', 'other', 'False/AdoptionConflict');
  expect(said('AuthentikStage', 'other')).toContain('already in Authentik as another type, UserLogin: choose another name');
});

it('what a change removed is called removed, and what it added added', async () => {
  for (const name of ['a', 'b']) bed.apply('AuthentikStage', name, { type: 'Dummy', dummy: {} });
  bed.apply('AuthentikFlow', 'flow', flow({ stages: [{ order: 10, stageRef: { name: 'a' } }] }));
  await bed.until('AuthentikFlow', 'flow', 'True/Reconciled');
  bed.apply(
    'AuthentikFlow',
    'flow',
    flow({
      title: 'Other',
      stages: [
        { order: 10, stageRef: { name: 'a' } },
        { order: 20, stageRef: { name: 'b' } },
      ],
    }),
  );
  await bed.until('AuthentikFlow', 'flow', 'True/Reconciled');
  bed.apply('AuthentikFlow', 'flow', flow({ title: 'Other', stages: [{ order: 20, stageRef: { name: 'b' } }] }));
  await bed.until('AuthentikFlow', 'flow', 'True/Reconciled');
  await bed.quiet();
  expect(bed.events.filter((event) => event.includes(' Updated: '))).toEqual([
    'AuthentikFlow/market/flow Updated: set title; added stages[20]',
    'AuthentikFlow/market/flow Updated: removed stage "a" at order 10',
  ]);
});

it('a deletion names who linked to what is gone', async () => {
  bed.apply('AuthentikFlow', 'flow', flow({ designation: 'recovery' }));
  await bed.until('AuthentikFlow', 'flow', 'True/Reconciled');
  const headers = { authorization: `Bearer ${sim.token}`, 'content-type': 'application/json' };
  const changed = await fetch(`${sim.url}/api/v3/stages/identification/`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ name: 'theirs', user_fields: ['email'], recovery_flow: bed.status('AuthentikFlow', 'flow')['uuid'] }),
  });
  expect(changed.status).toBe(201);
  bed.delete('AuthentikFlow', 'flow');
  await bed.until('AuthentikFlow', 'flow', 'gone');
  expect(bed.events.at(-1)).toMatch(
    /Deleted: deleted "flow" from Authentik; identificationstage "Stage theirs" linked to it, and link to nothing now/,
  );
});
