/** The whole table: every type made from the example of its page, adopted, changed, rotated and deleted. */
import { specName } from '../../../src/catalogue/field.ts';
import { startAuthentikSim, type AuthentikSim } from '../../authentik-sim/sim.ts';
import { EngineBed } from '../engine-bed.ts';
import { callsOf, isWrite, somebodyElse } from '../requests.ts';
import { applyExample, changed, EXAMPLES, member, plantTargets, type Example } from './examples.ts';

let sim: AuthentikSim;
let bed: EngineBed;

beforeAll(async () => {
  sim = await startAuthentikSim({ version: '2026.2', licensed: true });
  plantTargets(sim);
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim);
});

afterAll(async () => {
  await bed.stop();
  await sim.stop();
});

const HERE = EXAMPLES.filter(({ entry }) => entry.since !== '2026.5').map((example) => ({ type: example.entry.type, example }));

async function rowOf({ entry, name }: Example): Promise<Record<string, unknown> | undefined> {
  const { results } = await somebodyElse(sim, 'GET', `${entry.path}?name=${name}`);
  return (results as Record<string, unknown>[]).find((row) => row['name'] === name);
}

/** Writes since the last reset, but for the clearing of caches, which goes with every change of a policy. */
function writes(): readonly string[] {
  return callsOf(sim).filter((call) => isWrite(call) && !call.includes('cache_clear'));
}

/** Lets go of the object in Kubernetes and nothing else. */
async function letGo(example: Example): Promise<void> {
  applyExample(bed, example, { deletionPolicy: 'Retain' });
  await bed.until(example.kind, example.name, 'True/Reconciled');
  bed.delete(example.kind, example.name);
  await bed.until(example.kind, example.name, 'gone');
}

it.each(HERE)('$type: lives as its page says', async ({ example }) => {
  const { kind, name, entry } = example;
  applyExample(bed, example);
  await bed.until(kind, name, 'True/Reconciled');
  const made = (await rowOf(example)) ?? {};
  const undeclared = entry.fields.filter(
    (field) =>
      field.default !== undefined &&
      field.api in made &&
      !(specName(field) in member(example)) &&
      !FROM_SECRET.has(`${entry.type}.${field.api}`),
  );
  expect(Object.fromEntries(undeclared.map(({ api }) => [api, made[api]]))).toEqual(
    Object.fromEntries(undeclared.map((field) => [field.api, field.default])),
  );

  const isHidden = example.secrets.length > 0 && entry.fields.some((field) => field.type === 'secret' && !(field.api in made));
  await letGo(example);
  sim.resetRequests();
  // What the server never shows can't be compared, so that taking it over means writing it.
  applyExample(bed, example, { adoptionPolicy: isHidden ? 'Always' : 'IfMatch', deletionPolicy: 'Delete' });
  await bed.until(kind, name, 'True/Reconciled');
  expect(writes()).toHaveLength(isHidden ? 1 : 0);

  for (const secret of example.secrets) {
    await bed.quiet();
    sim.resetRequests();
    bed.sources.set('Secret', 'market', secret.name, rotated(secret.data));
    await bed.eventually('the rotation is written', () => writes().length > 0);
    await bed.quiet();
    expect(writes()).toHaveLength(1);
  }

  bed.delete(kind, name);
  await bed.until(kind, name, 'gone');
  expect(await rowOf(example)).toBeUndefined();
  expect(bed.errors).toEqual([]);
  expect(sim.schemaViolations).toEqual([]);
});

it.each(HERE.flatMap(({ type, example }) => ({ type, example, change: changed(example) })).filter(({ change }) => change !== undefined))(
  '$type: a field that is changed costs one write',
  async ({ example, change }) => {
    const { kind, name } = example;
    applyExample(bed, example);
    await bed.until(kind, name, 'True/Reconciled');
    const made = await rowOf(example);
    await bed.quiet();
    sim.resetRequests();
    bed.apply(kind, name, change?.spec ?? {});
    await bed.until(kind, name, 'True/Reconciled');
    expect(writes()).toHaveLength(1);
    const field = change?.field ?? '';
    expect((await rowOf(example))?.[field]).not.toEqual(made?.[field]);
    bed.delete(kind, name);
    await bed.until(kind, name, 'gone');
  },
);

it.each(HERE.filter(({ example }) => example.secrets.length > 0))('$type: nothing of its Secrets is told', async ({ example }) => {
  applyExample(bed, example);
  await bed.until(example.kind, example.name, 'True/Reconciled');
  // Somebody else's value is no less secret.
  const shown = example.entry.fields.filter(
    (field) => field.type === 'secret' && field.readable !== undefined && specName(field) in member(example),
  );
  const pk = String((await rowOf(example))?.['pk']);
  // As if the operator had been away: it looks at everything anew.
  await bed.stop();
  for (const field of shown) {
    const other = field.type === 'secret' && field.json === true ? { private_key: CANARY } : CANARY;
    await somebodyElse(sim, 'PATCH', `${example.entry.path}${pk}/`, { [field.api]: other });
  }
  bed = new EngineBed({}, bed);
  bed.engine.work();
  await bed.eventually('it is put back', async () => !JSON.stringify(await rowOf(example)).includes(CANARY));
  await bed.quiet();
  await letGo(example);
  applyExample(bed, example, { adoptionPolicy: 'Always' });
  await bed.until(example.kind, example.name, 'True/Reconciled');
  const told = JSON.stringify([bed.get(example.kind, example.name)?.status, bed.events]);
  const values = example.secrets.flatMap(({ data }) => Object.entries(data).flatMap(([key, value]) => (PUBLIC.has(key) ? [] : [value])));
  for (const value of [...values, CANARY]) expect(told).not.toContain(value);
  bed.apply(example.kind, example.name, { ...example.spec, deletionPolicy: 'Delete' });
  bed.delete(example.kind, example.name);
  await bed.until(example.kind, example.name, 'gone');
});

it('a type that this Authentik lacks says which version has it, and goes without a trace', async () => {
  const [lockdown] = EXAMPLES.filter(({ entry }) => entry.type === 'AccountLockdown');
  if (lockdown === undefined) throw new Error('no example');
  applyExample(bed, lockdown);
  await bed.until(lockdown.kind, lockdown.name, 'False/UnsupportedVersion');
  expect(bed.condition(lockdown.kind, lockdown.name, 'Ready')?.message).toContain(
    'type AccountLockdown needs Authentik 2026.5 or later, this is 2026.2',
  );
  bed.delete(lockdown.kind, lockdown.name);
  await bed.until(lockdown.kind, lockdown.name, 'gone');
});

const CANARY = 'somebody-elses-canary';
/** Keys of a mail server's Secret that hold no secret. */
const PUBLIC = new Set(['host', 'port', 'username', 'useTls', 'from']);
/** Fields that an example takes from `smtpSecretRef`. */
const FROM_SECRET = new Set(['Email.host', 'Email.port', 'Email.username', 'Email.use_tls', 'Email.from_address']);

/** The same Secret with other values where they are secret. */
function rotated(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      key,
      PUBLIC.has(key) ? value : value.startsWith('{') ? '{"private_key":"rotated-key"}' : `${value}-2`,
    ]),
  );
}
