/** Of the bindings of groups and people Authentik takes any number: one that nobody answered is waited for, and not made twice. */
import { jest } from '@jest/globals';
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';
import { somebodyElse } from './requests.ts';

const PATH = '/policies/bindings/';

let sim: AuthentikSim;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim, { requestTimeout: '1s' });
  await somebodyElse(sim, 'POST', '/core/groups/', { name: 'team' });
});

afterEach(async () => {
  jest.restoreAllMocks();
  await bed.stop();
  await sim.stop();
});

const bound = [{ order: 0, groupRef: { external: 'team' } }];
const external = 'default-authentication-login';
const flow = (spec: object): object => ({ slug: 'f', name: 'f', title: 'f', designation: 'stage_configuration', ...spec });
const bare = flow({ stages: [{ order: 10, stageRef: { external } }] });
const posts = (): readonly (typeof sim.requests)[number][] =>
  sim.requests.filter(({ method, path }) => method === 'POST' && path === `/api/v3${PATH}`);
const ours = (): readonly (typeof sim.requests)[number][] => posts().filter(({ body }) => (body as { timeout?: unknown }).timeout !== 77);
const rows = async (): Promise<readonly object[]> =>
  ((await somebodyElse(sim, 'GET', `${PATH}?page_size=100`))['results'] as { group: string | null }[]).filter(
    ({ group }) => group !== null,
  );

/** The request that was given up for lost takes place after all. */
async function arriveLate(): Promise<void> {
  await somebodyElse(sim, 'POST', PATH, { ...(ours()[0]?.body as object), timeout: 77 });
}

const CASES = [
  { reason: 'on a new flow', before: undefined, after: flow({ policies: bound }) },
  { reason: 'on a flow that is there', before: bare, after: flow({ stages: [{ order: 10, stageRef: { external } }], policies: bound }) },
  { reason: 'on a stage that is there', before: bare, after: flow({ stages: [{ order: 10, stageRef: { external }, policies: bound }] }) },
  {
    reason: 'on a new stage of a flow that is there',
    before: flow({ stages: [] }),
    after: flow({ stages: [{ order: 10, stageRef: { external }, policies: bound }] }),
  },
];

describe.each(CASES)('$reason', ({ before, after }) => {
  beforeEach(async () => {
    if (before !== undefined) {
      bed.apply('AuthentikFlow', 'f', before);
      await bed.until('AuthentikFlow', 'f', 'True/Reconciled');
    }
    sim.resetRequests();
    sim.faults.inject({ match: { method: 'POST', pathPrefix: PATH }, times: 1, respond: { kind: 'cut', when: 'before' } });
  });

  it('is there once when it arrives late', async () => {
    bed.apply('AuthentikFlow', 'f', after);
    await bed.eventually('it was sent', () => posts().length === 1);
    await bed.quiet();
    await arriveLate();
    await bed.until('AuthentikFlow', 'f', 'True/Reconciled', 15_000);
    expect({ sent: ours().length, there: (await rows()).length }).toEqual({ sent: 1, there: 1 });
    expect(bed.status('AuthentikFlow', 'f')['pendingParts']).toBeUndefined();
  }, 20_000);

  it('is there once when the operator dies before it can say that it failed', async () => {
    const write = bed.store.writeStatus.bind(bed.store);
    jest.spyOn(bed.store, 'writeStatus').mockImplementation(async (object, status) => {
      if (object.kind === 'AuthentikFlow' && posts().length > 0) throw new Error('the process is gone');
      return write(object, status);
    });
    bed.apply('AuthentikFlow', 'f', after);
    await bed.eventually('it was sent', () => posts().length === 1);
    await bed.stop();
    jest.restoreAllMocks();
    bed = new EngineBed({}, bed);
    bed.engine.work();
    await bed.quiet();
    await arriveLate();
    await bed.until('AuthentikFlow', 'f', 'True/Reconciled', 15_000);
    expect({ sent: ours().length, there: (await rows()).length }).toEqual({ sent: 1, there: 1 });
  }, 20_000);
});

it('is sent again once it can not arrive any more', async () => {
  sim.faults.inject({ match: { method: 'POST', pathPrefix: PATH }, times: 1, respond: { kind: 'cut', when: 'before' } });
  bed.apply('AuthentikFlow', 'f', flow({ policies: bound }));
  await bed.until('AuthentikFlow', 'f', 'True/Reconciled', 15_000);
  expect({ sent: posts().length, there: (await rows()).length }).toEqual({ sent: 2, there: 1 });
  const [first, second] = posts().map(({ at }) => at.getTime());
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(5_000);
}, 20_000);

it('is sent again at once when it was refused', async () => {
  const respond = { kind: 'status', status: 403, body: { detail: 'no' } } as const;
  sim.faults.inject({ match: { method: 'POST', pathPrefix: PATH }, times: 1, respond });
  bed.apply('AuthentikFlow', 'f', flow({ policies: bound }));
  await bed.until('AuthentikFlow', 'f', 'True/Reconciled', 4_000);
  expect(await rows()).toHaveLength(1);
});
