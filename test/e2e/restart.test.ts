import { eventually } from '../bed/eventually.ts';
import { startOperator, type OperatorProcess } from './environment/operator-process.ts';
import { connection, flow, secret, stage, tokenSecret, withSpec } from './support/manifests.ts';
import { describeOnStandIn } from './support/only-stand-in.ts';
import type { OperatorHere } from './support/operator-here.ts';
import { Scenario, useScenario } from './support/scenario.ts';
import { smallMarket } from './support/small-market.ts';

const TIMEOUT = 90_000;

/** How many passes have ended well, by the operator's own count. */
async function readyPasses({ metrics }: OperatorHere): Promise<number> {
  const { values } = (await metrics.registry.getSingleMetric('afo_reconcile_total')?.get()) ?? { values: [] };
  return values.filter(({ labels }) => labels['outcome'] === 'ready').reduce((sum, { value }) => sum + value, 0);
}

describe('a restart of the operator', () => {
  const scenario = useScenario({ connection: { driftPollInterval: '0s' } });

  it(
    'changes nothing: no status is written, and nothing in Authentik',
    async () => {
      const market = smallMarket(scenario().name('market'));
      const mail = scenario().name('mail');
      await scenario().apply(
        secret('smtp', { host: 'smtp.example.com', username: 'mailer', password: 'opal-Fjord-73' }),
        stage(mail, 'Email', { smtpSecretRef: { name: 'smtp' } }),
        ...market.manifests,
      );
      await scenario().ready('EnrollmentBinding', market.signUpSlug);
      for (const { kind, metadata } of market.manifests) await scenario().ready(kind, metadata.name);
      await scenario().ready('AuthentikStage', mail);
      await scenario().stopOperator();
      const before = scenario().history.present();
      scenario().target.sim?.resetRequests();

      const operator = await scenario().startOperator();
      await eventually(async () => expect(await readyPasses(operator)).toBeGreaterThanOrEqual(before.length), {
        message: 'every object was looked at',
      });
      await scenario().stopOperator();
      const versions = (objects: typeof before): readonly string[] =>
        objects.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`).sort();
      expect(versions(scenario().history.present())).toEqual(versions(before));
      expect(scenario().target.sim?.counts().writes ?? 0).toBe(0);
      await scenario().startOperator();
    },
    TIMEOUT,
  );

  it(
    'carries out what was changed meanwhile, and nothing else',
    async () => {
      const slug = scenario().name('meanwhile');
      await scenario().apply(flow(slug));
      const before = await scenario().ready('AuthentikFlow', slug);
      await scenario().stopOperator();
      await scenario().apply(withSpec(flow(slug), { title: 'Changed while nobody watched' }));
      await scenario().startOperator();
      const after = await scenario().ready('AuthentikFlow', slug);
      expect(after.status?.uuid).toBe(before.status?.uuid);
      expect(await scenario().authentik.get('/flows/instances/', slug)).toMatchObject({ title: 'Changed while nobody watched' });
    },
    TIMEOUT,
  );
});

describe('two replicas', () => {
  it(
    'work one at a time, and the other takes over when the first ends or dies',
    async () => {
      const scenario = await Scenario.open({ started: false, connection: false });
      const processes: OperatorProcess[] = [];
      const start = async (): Promise<OperatorProcess> => {
        const args = [
          '--watch-namespaces',
          scenario.namespace,
          '--leader-elect',
          'true',
          '--leader-election-namespace',
          scenario.namespace,
        ];
        const replica = await startOperator({ kubeconfigPath: scenario.controlPlane.kubeconfigPath, args });
        processes.push(replica);
        return replica;
      };
      const leads = async (replica: OperatorProcess): Promise<boolean> => /^afo_leader 1$/m.test(await replica.metrics());
      try {
        const [first, second] = await Promise.all([start(), start()]);
        const leader = await eventually(async () => {
          if (await leads(first)) return first;
          if (await leads(second)) return second;
          throw new Error('nobody leads');
        });
        const other = leader === first ? second : first;
        const [one, two, three] = ['one', 'two', 'three'].map((base) => scenario.name(base)) as [string, string, string];
        await scenario.apply(tokenSecret(scenario.target.token), connection(scenario.target.url), flow(one));
        await scenario.ready('AuthentikFlow', one);
        expect([await leads(leader), await leads(other)]).toEqual([true, false]);
        expect(other.logs()).not.toContain('AuthentikFlow');

        // Told to end, the leader gives the Lease away; the other works on at once.
        expect(await leader.stop()).toBe(0);
        await eventually(async () => expect(await leads(other)).toBe(true), { timeout: 10_000, message: 'the other leads' });
        await scenario.apply(flow(two));
        await scenario.ready('AuthentikFlow', two);

        // Killed, it can't; the Lease ends by itself.
        const third = await start();
        await other.kill();
        await scenario.apply(flow(three));
        await eventually(async () => expect(await leads(third)).toBe(true), { timeout: 40_000, message: 'the third leads' });
        await scenario.ready('AuthentikFlow', three);
        expect(await third.stop()).toBe(0);
        expect(scenario.kstatusProblems()).toEqual([]);
      } finally {
        for (const replica of processes) await replica.stop('SIGKILL');
        await scenario.close();
      }
    },
    2 * TIMEOUT,
  );
});

describeOnStandIn('an operator that dies between a create and its status', 'it cuts the answer of a single request', () => {
  it(
    'knows its own when it comes back',
    async () => {
      const scenario = await Scenario.open({ connection: { driftPollInterval: '0s' } });
      try {
        const slug = scenario.name('crashed');
        // The create takes effect, its answer never comes, and the process is gone before it could look again.
        scenario.target.sim?.faults.inject({
          match: { method: 'POST', pathPrefix: '/flows/instances/' },
          times: 1,
          respond: { kind: 'cut', when: 'after' },
        });
        await scenario.apply(flow(slug));
        await scenario.until('AuthentikFlow', slug, ({ status }) => status?.['pendingCreate'] !== undefined, 'is about to be created');
        await scenario.stopOperator();
        await scenario.startOperator();
        const found = await scenario.ready('AuthentikFlow', slug);
        expect(found.status?.['adopted']).toBeUndefined();
        expect(
          scenario.target.sim?.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/flows/instances/')),
        ).toHaveLength(1);
        await scenario.remove(['AuthentikFlow', slug]);
        expect(await scenario.authentik.find('/flows/instances/', slug)).toBeUndefined();
      } finally {
        await scenario.close();
      }
    },
    TIMEOUT,
  );
});
