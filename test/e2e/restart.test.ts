import { credentialOf } from '../bed/audit.ts';
import { eventually } from '../bed/eventually.ts';
import { installOperator } from '../charts/operator-release.ts';
import { resolveAuthentikTarget } from './environment/authentik-target.ts';
import { startOperator, type OperatorProcess } from './environment/operator-process.ts';
import { PATIENCE_MS } from './support/history.ts';
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

/** Requests to Authentik, by a replica's own count. */
async function requestsOf(replica: OperatorProcess): Promise<number> {
  const counts = [...(await replica.metrics()).matchAll(/^afo_authentik_requests_total\{.*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Who wrote to the API server, in the order in which they took turns; the Lease itself is left out, for everybody looks at that. */
async function turnsOfWriters({ controlPlane }: Scenario, user: string): Promise<readonly string[]> {
  const writes = (await controlPlane.apiCalls()).filter(
    (call) => call.user === user && !['get', 'list', 'watch'].includes(call.verb) && call.resource !== 'leases',
  );
  return writes.map(({ credential }) => credential ?? 'nobody').filter((writer, index, all) => writer !== all[index - 1]);
}

describe('two replicas', () => {
  it(
    'write one at a time, and the other takes over when the first ends or is killed',
    async () => {
      const scenario = await Scenario.open({ started: false, connection: false });
      const release = await installOperator(scenario.controlPlane, {
        namespace: await scenario.controlPlane.createNamespace('replicas'),
        values: { watchNamespaces: [scenario.namespace], replicas: 2 },
      });
      const processes: OperatorProcess[] = [];
      const writers = new Map<OperatorProcess, string>();
      const start = async (podName: string): Promise<OperatorProcess> => {
        const kubeconfigPath = await release.kubeconfig();
        const args = release.args.filter((flag) => !flag.startsWith('--http-port'));
        const replica = await startOperator({ kubeconfigPath, args, env: release.env(podName) });
        processes.push(replica);
        writers.set(replica, credentialOf(kubeconfigPath));
        return replica;
      };
      const leads = async (replica: OperatorProcess): Promise<boolean> => /^afo_leader 1$/m.test(await replica.metrics());
      try {
        const [first, second] = await Promise.all([start('replica-1'), start('replica-2')]);
        const leader = await eventually(async () => {
          if (await leads(first)) return first;
          if (await leads(second)) return second;
          throw new Error('nobody leads');
        });
        const other = leader === first ? second : first;
        const [one, two, three] = ['one', 'two', 'three'].map((base) => scenario.name(base)) as [string, string, string];
        await scenario.apply(tokenSecret(scenario.target.token), connection(scenario.target.url), flow(one));
        await scenario.ready('AuthentikFlow', one);
        expect(await requestsOf(leader)).toBeGreaterThan(0);
        expect(await requestsOf(other)).toBe(0);

        // Told to end, the leader gives the Lease away; the other works on at once.
        expect(await leader.stop()).toBe(0);
        await eventually(async () => expect(await leads(other)).toBe(true), { timeout: PATIENCE_MS, message: 'the other leads' });
        await scenario.apply(flow(two));
        await scenario.ready('AuthentikFlow', two);

        // Killed, it can't; the Lease ends by itself.
        const third = await start('replica-3');
        await other.kill();
        await scenario.apply(flow(three));
        await eventually(async () => expect(await leads(third)).toBe(true), { timeout: 2 * PATIENCE_MS, message: 'the third leads' });
        await scenario.ready('AuthentikFlow', three);
        expect(await third.stop()).toBe(0);

        expect(await turnsOfWriters(scenario, release.user)).toEqual([leader, other, third].map((replica) => writers.get(replica)));
        expect(scenario.kstatusProblems()).toEqual([]);
      } finally {
        for (const replica of processes) await replica.stop('SIGKILL');
        await scenario.close();
        await release.uninstall();
      }
    },
    3 * TIMEOUT,
  );
});

describeOnStandIn('an operator that is killed between a create and its answer', 'it is killed while a certain request is answered', () => {
  it(
    'knows its own when it comes back',
    async () => {
      // The create takes effect, and the process is gone before its answer leaves.
      let victim: OperatorProcess | undefined;
      const scenario = await Scenario.open({
        started: false,
        connection: false,
        authentik: async () =>
          resolveAuthentikTarget({
            afterWrite: async ({ method, path }) => {
              if (method === 'POST' && path.endsWith('/flows/instances/')) await victim?.kill();
            },
          }),
      });
      try {
        const start = async (): Promise<OperatorProcess> =>
          startOperator({ kubeconfigPath: scenario.operatorKubeconfig, args: ['--watch-namespaces', scenario.namespace] });
        const slug = scenario.name('killed');
        const killed = (victim = await start());
        await scenario.apply(tokenSecret(scenario.target.token), connection(scenario.target.url, { driftPollInterval: '0s' }), flow(slug));
        // 128 + 9, or what Node says for a signal.
        expect(await killed.ended).not.toBe(0);
        victim = undefined;
        expect(await scenario.authentik.find('/flows/instances/', slug)).toBeDefined();
        const before = scenario.see('AuthentikFlow', slug);
        expect(before.status?.['pendingCreate']).toBeDefined();
        expect(before.status?.uuid).toBeUndefined();

        const successor = await start();
        const found = await scenario.ready('AuthentikFlow', slug);
        expect(found.status?.['adopted']).toBeUndefined();
        expect(
          scenario.target.sim?.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/flows/instances/')),
        ).toHaveLength(1);
        await scenario.remove(['AuthentikFlow', slug]);
        expect(await scenario.authentik.find('/flows/instances/', slug)).toBeUndefined();
        expect(await successor.stop()).toBe(0);
      } finally {
        await victim?.kill();
        await scenario.close();
      }
    },
    TIMEOUT,
  );
});
