/** Authentik's own flows, as a new installation has them: what is advised of them is nothing, or true. */
import { z } from 'zod';
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { readTranscript, VERSIONS } from '../transcripts/transcript.ts';
import { EngineBed } from './engine-bed.ts';

const Rows = z.object({ results: z.array(z.looseObject({})) });
const FlowRow = z.looseObject({ pk: z.string(), slug: z.string(), designation: z.string(), authentication: z.string() });
const BindingRow = z.looseObject({ target: z.string(), order: z.number(), stage_obj: z.looseObject({ name: z.string() }) });

function stock<T>(version: string, path: string, row: z.ZodType<T>): readonly T[] {
  const step = readTranscript(version, 'stock').steps.find(({ request }) => request.path.startsWith(path));
  return z.array(row).parse(Rows.parse(step?.response.body).results);
}

/** So that the lists of these types are in use, and the stock stages are known by all their fields. */
const ONE_OF_EACH = {
  Identification: { userFields: ['username'] },
  Prompt: { fields: [{ external: 'default-user-settings-field-username' }] },
  UserWrite: {},
  Email: {},
  Redirect: { mode: 'static', targetStatic: 'https://example.com' },
  AuthenticatorValidate: {},
};

describe.each(VERSIONS)('the stock flows of %s', (version) => {
  let sim: AuthentikSim;
  let bed: EngineBed;
  const flows = stock(version, '/flows/instances/', FlowRow);

  beforeAll(async () => {
    sim = await startAuthentikSim({ version });
    bed = new EngineBed();
    bed.engine.work();
    bed.connect(sim);
    for (const [type, member] of Object.entries(ONE_OF_EACH)) {
      const name = type.toLowerCase();
      bed.apply('AuthentikStage', name, { type, [type.charAt(0).toLowerCase() + type.slice(1)]: member });
      await bed.until('AuthentikStage', name, 'True/Reconciled');
    }
    const bindings = stock(version, '/flows/bindings/', BindingRow);
    for (const { pk, slug, designation, authentication } of flows) {
      const stages = bindings
        .filter(({ target }) => target === pk)
        .map((binding) => ({ order: binding.order, stageRef: { external: binding.stage_obj.name } }));
      bed.apply('AuthentikFlow', slug, { slug, designation, authentication, stages, deletionPolicy: 'Retain' });
    }
    for (const { slug } of flows) await bed.until('AuthentikFlow', slug, 'True/Reconciled');
    await bed.quiet();
  }, 20_000);

  afterAll(async () => {
    await bed.stop();
    await sim.stop();
  });

  /** Both are true of a new installation: who has no second factor is let in without, and no source leads to a sign-up yet. */
  const TRUE_OF_STOCK: Readonly<Record<string, string>> = {
    'default-authentication-flow': 'SecondFactorOptional',
    'default-source-enrollment': 'NothingLinks',
  };

  it.each(flows.map(({ slug }) => ({ slug, wanted: TRUE_OF_STOCK[slug] ?? 'NothingToAdvise' })))('$slug: $wanted', ({ slug, wanted }) => {
    const condition = bed.condition('AuthentikFlow', slug, 'Advice');
    expect([condition?.reason, condition?.message]).toEqual([wanted, expect.not.stringMatching(/[A-Z]\w+: /)]);
  });

  it('are all of them, and are not written to', () => {
    expect(flows.length).toBeGreaterThanOrEqual(14);
    const writes = sim.requests.filter(({ method }) => method !== 'GET').map(({ path }) => path);
    expect(writes.filter((path) => path.startsWith('/api/v3/flows/'))).toEqual([]);
  });
});
