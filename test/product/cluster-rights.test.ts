import { z } from 'zod';
import { eventually } from '../bed/eventually.ts';
import { installOperator, type OperatorRelease } from '../charts/operator-release.ts';
import type { OperatorProcess } from '../e2e/environment/operator-process.ts';
import {
  connection,
  dummyStage,
  enrollmentBinding,
  expressionPolicy,
  flow,
  prompt,
  secret,
  stage,
  tokenSecret,
  type Manifest,
} from '../e2e/support/manifests.ts';
import { isReady } from '../e2e/support/conditions.ts';
import { Scenario } from '../e2e/support/scenario.ts';
import { buildShipped, freePort, type Shipped } from './shipped.ts';

const Rules = z.array(
  z.object({
    apiGroups: z.array(z.string()),
    resources: z.array(z.string()),
    verbs: z.array(z.string()),
    resourceNames: z.array(z.string()).optional(),
  }),
);
type Rule = z.infer<typeof Rules>[number];

/** One verb of one rule of the chart. */
interface Right {
  /** The role, wherever the release has it. */
  readonly role: string;
  readonly namespaces: readonly string[];
  readonly index: number;
  readonly verb: string;
  readonly resources: readonly string[];
}

/**
 * Not missed here: where few Secrets are named, each is watched, and what a watch shows need not be read. In a namespace with many, and when a
 * Secret is asked for before its watch has begun, it is; `test/kube/source-store.test.ts` takes the right away there.
 */
const READ_OF_SECRETS = { verb: 'get', resource: 'secrets' };

/** Objects that make the operator use every right that it has. */
function exercise(scenario: Scenario, ca: string): readonly Manifest[] {
  const name = (base: string): string => scenario.name(base);
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ca' }, data: { 'ca.crt': ca } } as Manifest,
    tokenSecret(scenario.target.token),
    connection(scenario.target.url, {
      driftPollInterval: '1s',
      caBundleRef: { kind: 'ConfigMap', name: 'ca', key: 'ca.crt' },
      allowedNamespaces: { from: 'Selector', selector: { matchLabels: { 'kubernetes.io/metadata.name': scenario.namespaces[1] ?? '' } } },
    }),
    secret('smtp', { host: '127.0.0.1', username: 'mailer', password: 'opal-Fjord-73' }),
    stage(name('mail'), 'Email', { smtpSecretRef: { name: 'smtp' } }),
    prompt(name('username')),
    expressionPolicy(name('open')),
    stage(name('form'), 'Prompt', { fields: [{ name: name('username') }] }),
    stage(name('who'), 'Identification', { userFields: ['username'] }),
    flow(name('sign-up'), [name('form')]),
    enrollmentBinding(name('sign-up'), {
      flowRef: { name: name('sign-up') },
      identificationStageRef: { name: name('who') },
      verify: 'Skip',
      configMap: { name: 'market-sign-up' },
    }),
  ];
}

/**
 * The process that ships, the chart's roles short of one verb at a time, from its start to the last deletion. What is missing must be named by
 * verb and resource: in a condition, an event, the answer of /readyz, or the log.
 */
describe("the chart's rights in the cluster", () => {
  let scenario: Scenario;
  let shipped: Shipped;
  let release: OperatorRelease;

  beforeAll(async () => {
    shipped = await buildShipped();
    scenario = await Scenario.open({ started: false, connection: false, namespaces: 2 });
    release = await installOperator(scenario.controlPlane, {
      namespace: await scenario.controlPlane.createNamespace('rbac'),
      values: { watchNamespaces: [...scenario.namespaces], http: { port: await freePort() } },
    });
  });
  afterAll(async () => {
    await scenario.close();
    await release.uninstall();
    await shipped.remove();
  });

  async function rulesOf(role: string, namespace: string): Promise<readonly Rule[]> {
    const { stdout } = await scenario.controlPlane.kubectl(['get', 'role', role, '--output=jsonpath={.rules}'], { namespace });
    return Rules.parse(JSON.parse(stdout));
  }

  /** Takes the verb out of the rule, in every namespace; the function given back puts all back. */
  async function takeAway({ role, namespaces, index, verb }: Right): Promise<() => Promise<void>> {
    const set = async (namespace: string, value: readonly Rule[]): Promise<void> => {
      const patch = JSON.stringify([{ op: 'replace', path: '/rules', value }]);
      await scenario.controlPlane.kubectl(['patch', 'role', role, '--type=json', `--patch=${patch}`], { namespace });
    };
    const before = await Promise.all(namespaces.map(async (namespace) => [namespace, await rulesOf(role, namespace)] as const));
    const less = (rules: readonly Rule[]): readonly Rule[] =>
      rules
        .map((rule, at) => (at === index ? { ...rule, verbs: rule.verbs.filter((other) => other !== verb) } : rule))
        .filter(({ verbs }) => verbs.length > 0);
    for (const [namespace, rules] of before) await set(namespace, less(rules));
    return async () => {
      for (const [namespace, rules] of before) await set(namespace, rules);
    };
  }

  /** Every verb of every rule of the release's roles. */
  async function rights(): Promise<readonly Right[]> {
    const roles = [
      { role: `${release.namespace}:${release.name}`, namespaces: scenario.namespaces },
      { role: `${release.name}-leader`, namespaces: [release.namespace] },
      { role: `${release.name}-credentials`, namespaces: [release.namespace] },
    ];
    const all = await Promise.all(
      roles.map(async ({ role, namespaces }) =>
        (await rulesOf(role, namespaces[0] ?? '')).flatMap(({ verbs, resources }, index) =>
          verbs.map((verb): Right => ({ role, namespaces, index, verb, resources })),
        ),
      ),
    );
    return all.flat();
  }

  /** Conditions and events of earlier runs are still there. */
  async function saidBefore(): Promise<string> {
    return said({ probe: async () => Promise.resolve({ status: 0, body: '' }), logs: () => '' });
  }

  /** All that the operator has let anybody see. */
  async function said(operator: Pick<OperatorProcess, 'probe' | 'logs'>): Promise<string> {
    const conditions = JSON.stringify(scenario.history.all().map((versions) => versions.map(({ status }) => status?.conditions)));
    const events = await Promise.all(scenario.namespaces.map(async (namespace) => scenario.events(undefined, namespace)));
    const readyz = await operator.probe('/readyz').catch(() => ({ body: '' }));
    return [conditions, JSON.stringify(events), readyz.body, operator.logs()].join('\n').replaceAll(/\\+"/g, '"');
  }

  /** What makes the operator use the rights that it needs later than for a start. */
  function laterSteps(): readonly (() => Promise<unknown>)[] {
    const binding = ['EnrollmentBinding', scenario.name('sign-up')] as const;
    const drift = async (): Promise<void> => {
      const title = async (): Promise<unknown> => (await scenario.authentik.get('/flows/instances/', scenario.name('sign-up')))['title'];
      const declared = await title();
      await scenario.authentik.change('/flows/instances/', scenario.name('sign-up'), { title: 'Changed by hand' });
      const putBack = async (): Promise<void> => {
        if ((await title()) !== declared) throw new Error('the title is not put back yet');
      };
      await eventually(putBack, { timeout: 10_000 });
    };
    return [
      async () => Promise.resolve(),
      async () => {
        await scenario.api.patch('ConfigMap', scenario.namespace, 'market-sign-up', { data: { more: 'than declared' } });
        await scenario.patchSpec(...binding, { onFailure: 'Keep' });
      },
      async () => scenario.patchSpec(...binding, { configMap: null }),
      drift,
      drift,
    ];
  }

  /** Runs with one right missing until it is named; heals before it ends. */
  async function isNamedWithout(right: Right): Promise<boolean> {
    const giveBack = await takeAway(right);
    await scenario.controlPlane.kubectl(['delete', 'lease', release.name, '--ignore-not-found'], { namespace: release.namespace });
    const before = await saidBefore();
    const operator = await shipped.run(release, 'rbac-0', { untilReady: false });
    const isNamed = async (): Promise<boolean> => {
      const text = await said(operator);
      const times = (where: string, resource: string): number => where.split(`cannot ${right.verb} resource "${resource}"`).length;
      return right.resources.some((resource) => times(text, resource) > times(before, resource));
    };
    try {
      for (const manifest of exercise(scenario, scenario.controlPlane.caPem)) await scenario.apply(manifest);
      const guest = dummyStage(scenario.name('guest'), { connectionRef: { name: 'default', namespace: scenario.namespace } });
      await scenario.applyIn(scenario.namespaces[1] ?? '', guest);
      for (const step of laterSteps()) {
        await step().catch(() => undefined);
        const mustBeNamed = async (): Promise<void> => {
          if (!(await isNamed())) throw new Error('nobody names it yet');
        };
        // Who lacks nothing for this step gets Ready, and the right is for a later one.
        const end = async (): Promise<void> => {
          if (!(await isNamed()) && !scenario.history.present().every(isReady)) throw new Error('neither named nor Ready yet');
        };
        await eventually(end, { timeout: 60_000, interval: 250 }).catch(() => undefined);
        const named = await eventually(mustBeNamed, { timeout: 8_000, interval: 250 }).then(
          () => true,
          () => false,
        );
        if (named) return true;
      }
      return false;
    } finally {
      await giveBack();
      await eventually(async () => expect((await operator.probe('/readyz')).status).toBe(200), {
        timeout: 120_000,
        message: 'ready again',
      });
      const healed = (): boolean => scenario.history.present().every(isReady);
      await scenario.history.until(healed, 'all heals', 120_000);
      await scenario.removeAll();
      await operator.stop();
    }
  }

  it('are all named when they are missing, one by one', async () => {
    const silent: unknown[] = [];
    const needed = (await rights()).filter(
      ({ verb, resources, namespaces }) =>
        !(namespaces === scenario.namespaces && verb === READ_OF_SECRETS.verb && resources.includes(READ_OF_SECRETS.resource)),
    );
    expect(needed.length).toBeGreaterThan(15);
    for (const right of needed) {
      const { role, verb, resources } = right;
      if (!(await isNamedWithout(right))) silent.push({ role: role.replace(release.namespace, ''), verb, resources });
    }
    expect(silent).toEqual([]);
  }, 1_800_000);
});
