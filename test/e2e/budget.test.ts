import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import type { AuthentikSim, RequestLog, Snapshot } from '../authentik-sim/sim.ts';
import { eventually } from '../bed/eventually.ts';
import { shippedRole } from './environment/shipped-role.ts';
import type { Manifest } from './support/manifests.ts';
import { marketGuide, objectsIn } from './support/market-chart.ts';
import { describeOnStandIn } from './support/only-stand-in.ts';
import { Scenario, useScenario } from './support/scenario.ts';

/** No mail is sent here. */
const MAIL = { host: '127.0.0.1', port: 2525, username: 'mailer', password: 'never-used' };
/** How often one object's status may be written on the way to Ready: waiting for something, marked for creation, Ready. */
const MOST_STATUS_WRITES = 3;
/** In the worst order it also says when what it waits for first is something else. */
const MOST_STATUS_WRITES_WHILE_WAITING = 4;

function simOf(scenario: Scenario): AuthentikSim {
  if (scenario.target.sim === undefined) throw new Error('this needs the stand-in');
  return scenario.target.sim;
}

function writesIn(requests: readonly RequestLog[]): readonly RequestLog[] {
  return requests.filter(({ method, path }) => method !== 'GET' && !path.includes('/flows/executor/'));
}

/** What a token may do that is no administrator's. */
function isOfRights({ path }: RequestLog): boolean {
  return path === '/api/v3/rbac/permissions/';
}

function readsIn(requests: readonly RequestLog[]): readonly RequestLog[] {
  return requests.filter((request) => request.method === 'GET' && !request.path.includes('/flows/executor/') && !isOfRights(request));
}

/** Brings a stock server to the state of the guide, as `apply` applies it, and answers what that took. */
async function toReady(
  scenario: Scenario,
  manifests: readonly Manifest[],
  apply: (manifests: readonly Manifest[]) => Promise<void>,
): Promise<readonly RequestLog[]> {
  await apply(manifests);
  for (const [kind, name] of objectsIn(manifests)) await scenario.ready(kind, name);
  return [...simOf(scenario).requests];
}

describeOnStandIn('the budget of the guide', 'requests are counted, and the server must be fresh', () => {
  describe('from a stock server to Ready', () => {
    const scenario = useScenario({ connection: false });
    let requests: readonly RequestLog[] = [];
    let manifests: readonly Manifest[] = [];

    beforeAll(async () => {
      ({ manifests } = await marketGuide(scenario(), MAIL));
      requests = await toReady(scenario(), manifests, async (all) => scenario().apply(...all));
    });

    it('takes at most 16 writes and 20 reads, beside those of its own rights, a hundred each', async () => {
      const { writes, executor } = simOf(scenario()).counts();
      const [reads, ofRights] = [readsIn(requests).length, requests.filter(isOfRights).length];
      expect(ofRights).toBeLessThanOrEqual(Math.ceil((await shippedRole()).length / 100));
      expect({ writes, enough: writes <= 16 }).toEqual({ writes, enough: true });
      expect({ reads, enough: reads <= 20 }).toEqual({ reads, enough: true });
      // Verification: two visitors, each with a redirect at most.
      expect(executor).toBeLessThanOrEqual(4);
    });

    it('is the work of these writes: each object is created once, and only what is shared is changed', () => {
      const writes = writesIn(requests).map(
        ({ method, path }) => `${method} ${path.replace('/api/v3', '').replace(/[0-9a-f-]{36}/, '<pk>')}`,
      );
      expect(writes.sort()).toEqual([
        ...Array<string>(2).fill('PATCH /stages/identification/<pk>/'),
        ...Array<string>(5).fill('POST /flows/bindings/'),
        'POST /flows/instances/',
        'POST /policies/bindings/',
        'POST /policies/expression/',
        'POST /policies/password/',
        'POST /stages/email/',
        'POST /stages/prompt/stages/',
        'POST /stages/redirect/',
        'POST /stages/user_login/',
        'POST /stages/user_write/',
      ]);
    });

    it('writes nothing twice', () => {
      const writes = writesIn(requests).map(({ method, path, body }) => JSON.stringify([method, path, body]));
      expect(writes.filter((write, index) => writes.indexOf(write) !== index)).toEqual([]);
    });

    it('is refused nothing, and follows the official schema throughout', () => {
      expect(requests.filter(({ status }) => status === null || status >= 400)).toEqual([]);
      expect(simOf(scenario()).schemaViolations).toEqual([]);
    });

    it('writes the status of each object a few times only, as the API server counts', async () => {
      const counted = await statusWrites(scenario(), manifests);
      expect(counted.filter(({ writes }) => writes === 0 || writes > MOST_STATUS_WRITES)).toEqual([]);
    });

    it('asks the API server for what it needs, and no more', async () => {
      const { controlPlane, namespace } = scenario();
      const calls = (await controlPlane.apiCalls()).filter((call) => call.namespace === namespace);
      const counts = (pattern: RegExp): Readonly<Record<string, number>> => {
        const groups = Object.groupBy(calls, ({ verb, resource }) => `${verb} ${resource}`);
        return Object.fromEntries(Object.entries(groups).flatMap(([what, all]) => (pattern.test(what) ? [[what, all?.length ?? 0]] : [])));
      };
      const total = (pattern: RegExp): number => Object.values(counts(pattern)).reduce((sum, count) => sum + count, 0);
      const [plurals, objects] = [KINDS.map(({ plural }) => plural), objectsIn(manifests)];
      expect(counts(/^(get|list|watch) (authentik|enroll|flowbinding)/)).toEqual(
        Object.fromEntries(plurals.flatMap((plural) => [[`list ${plural}`, 1] as const, [`watch ${plural}`, 1] as const])),
      );
      // The finalizer, once an object; every status that is sent says something new.
      expect(total(/^patch (authentik|enroll|flowbinding)/)).toBe(objects.length);
      const written = statusChanges(scenario(), manifests).reduce((sum, changes) => sum + changes, 0);
      expect(total(/\/status$/)).toBe(written);
      expect(counts(/ configmaps$/)).toEqual({ 'get configmaps': 1, 'create configmaps': 1 });
      // Two Secrets: each is watched, and one may be read before its watch has begun.
      expect(total(/ secrets$/)).toBeLessThanOrEqual(2 * 3);
      // Made and Ready, or an advice.
      expect(total(/ events$/)).toBeLessThanOrEqual(2 * objects.length);
      expect(counts(/^(?!(get|list|watch|patch|update) (authentik|enroll|flowbinding)).* (?!(configmaps|secrets|events)$)/)).toEqual({});
      expect(calls.filter(({ status }) => status >= 400 && status !== 404)).toEqual([]);
    });

    it('needs no write and no status for another look at everything', async () => {
      const before = statusesOf(scenario());
      await scenario().patchSpec('AuthentikConnection', 'default', { resyncInterval: '10s', driftPollInterval: '0s' });
      await scenario().ready('AuthentikConnection', 'default');
      const writesBefore = await statusWrites(scenario(), manifests);
      simOf(scenario()).resetRequests();
      const looks = async (): Promise<void> =>
        eventually(
          () =>
            expect(simOf(scenario()).requests.filter(({ path }) => path === '/api/v3/flows/instances/').length).toBeGreaterThanOrEqual(2),
          { timeout: 40_000, message: 'two full comparisons' },
        );
      await looks();
      const { requests: seen } = simOf(scenario());
      expect(writesIn(seen)).toEqual([]);
      // A list per kind, never a request per object.
      expect(seen.filter(({ method, path }) => method === 'GET' && /[0-9a-f-]{36}/.test(path))).toEqual([]);
      expect(statusesOf(scenario())).toEqual(before);
      expect(await statusWrites(scenario(), manifests)).toEqual(writesBefore);
    });

    it('costs two small requests per poll between full comparisons', async () => {
      await scenario().patchSpec('AuthentikConnection', 'default', { resyncInterval: '1h', driftPollInterval: '1s' });
      await scenario().ready('AuthentikConnection', 'default');
      await quiet(simOf(scenario()));
      simOf(scenario()).resetRequests();
      await eventually(() => expect(simOf(scenario()).requests.length).toBeGreaterThanOrEqual(6), { message: 'six requests' });
      const { requests: seen } = simOf(scenario());
      expect(new Set(seen.map(({ method, path }) => `${method} ${path}`))).toEqual(new Set(NEWS.map((path) => `GET ${path}`)));
      for (const news of NEWS) {
        const times = seen.filter(({ path }) => path === news).map(({ at }) => at.getTime());
        const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
        expect(Math.min(...gaps)).toBeGreaterThanOrEqual(900);
      }
    });
  });

  describe('in whatever order it is applied', () => {
    const orders: readonly {
      readonly order: string;
      /** How many reads that may take. */
      readonly reads: number;
      readonly apply: (scenario: Scenario, manifests: readonly Manifest[]) => Promise<void>;
    }[] = [
      {
        order: 'all at once',
        reads: 20,
        apply: async (scenario, manifests) => {
          await Promise.all(manifests.map(async (manifest) => scenario.apply(manifest)));
        },
      },
      {
        order: 'in reverse, so that everything waits for what comes next',
        reads: 24,
        apply: async (scenario, manifests) => scenario.apply(...[...manifests].reverse()),
      },
      {
        order: 'one by one, a second apart',
        reads: 24,
        apply: async (scenario, manifests) => {
          for (const manifest of manifests) {
            await scenario.apply(manifest);
            await delay(1000);
          }
        },
      },
    ];
    interface Outcome {
      readonly requests: readonly RequestLog[];
      readonly state: Snapshot;
      readonly manyStatusWrites: readonly unknown[];
      readonly kstatusProblems: readonly string[];
    }
    const outcomes = new Map<string, Promise<Outcome>>();
    /** Each order runs once, for whichever test asks first. */
    const outcomeOf = async ({ order, apply }: (typeof orders)[number]): Promise<Outcome> => {
      const outcome = outcomes.get(order) ?? outcomeIn(apply);
      outcomes.set(order, outcome);
      return outcome;
    };
    const outcomeIn = async (apply: (typeof orders)[number]['apply']): Promise<Outcome> => {
      const scenario = await Scenario.open({ connection: false });
      try {
        const { manifests, slug } = await marketGuide(scenario, MAIL);
        const requests = await toReady(scenario, manifests, async (all) => apply(scenario, all));
        return {
          requests,
          state: JSON.parse(JSON.stringify(simOf(scenario).snapshot()).replaceAll(slug, 'sign-up')) as Snapshot,
          manyStatusWrites: (await statusWrites(scenario, manifests)).filter(({ writes }) => writes > MOST_STATUS_WRITES_WHILE_WAITING),
          kstatusProblems: scenario.kstatusProblems(),
        };
      } finally {
        await scenario.close();
      }
    };

    it.each(orders)('gets Ready within the budget: $order', async (order) => {
      const { requests, manyStatusWrites, kstatusProblems } = await outcomeOf(order);
      expect(writesIn(requests).length).toBeLessThanOrEqual(16);
      expect(readsIn(requests).length).toBeLessThanOrEqual(order.reads);
      expect(manyStatusWrites).toEqual([]);
      expect(kstatusProblems).toEqual([]);
    });

    it('ends in the same state, with the same number of writes', async () => {
      const ends = [];
      for (const order of orders) {
        const { requests, state } = await outcomeOf(order);
        ends.push({ writes: writesIn(requests).length, state });
      }
      for (const end of ends) expect(end).toEqual(ends[0]);
    });
  });
});

/** How often the API server has taken a status of each object, whether or not that changed anything. */
async function statusWrites(
  { controlPlane, namespace }: Scenario,
  manifests: readonly Manifest[],
): Promise<readonly { readonly object: string; readonly writes: number }[]> {
  const calls = (await controlPlane.apiCalls()).filter((call) => call.namespace === namespace && call.status < 300);
  return objectsIn(manifests).map(([kind, name]) => {
    const resource = `${KINDS.find((each) => each.kind === kind)?.plural ?? kind}/status`;
    return { object: `${kind}/${name}`, writes: calls.filter((call) => call.resource === resource && call.name === name).length };
  });
}

/** How often the status of each object has changed. */
function statusChanges(scenario: Scenario, manifests: readonly Manifest[]): readonly number[] {
  return objectsIn(manifests).map(([kind, name]) => {
    const statuses = scenario.history.versions(kind, scenario.namespace, name).map(({ status }) => status);
    return statuses.filter((status, index) => index > 0 && !isDeepStrictEqual(status, statuses[index - 1])).length;
  });
}

function statusesOf(scenario: Scenario): readonly unknown[] {
  return scenario.history
    .present()
    .filter(({ kind }) => kind !== 'AuthentikConnection')
    .map(({ kind, metadata, status }) => ({ kind, name: metadata.name, status }));
}

/** What tells of changes by others. */
const NEWS = ['/api/v3/events/events/', '/api/v3/managed/blueprints/'];

/** Waits until nothing but news has been asked for since two polls. */
async function quiet(sim: AuthentikSim): Promise<void> {
  await eventually(
    () => {
      const last = sim.requests.slice(-4);
      expect(last.map(({ path }) => path).sort()).toEqual([...NEWS, ...NEWS].sort());
    },
    { message: 'only news are asked for' },
  );
}
