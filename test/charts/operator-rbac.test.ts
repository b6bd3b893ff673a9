import { jest } from '@jest/globals';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import { GROUP } from '../../src/api/v1alpha1/group.ts';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import { run, type CommandResult } from '../bed/run.ts';
import { resolveTools } from '../bed/tools.ts';
import { install, type Values } from './charts.ts';

/** helm and kubectl take their time when other test files keep the machine busy (milliseconds). */
jest.setTimeout(60_000);

const PLURALS = KINDS.map(({ plural }) => plural).sort();
const SERVICE_ACCOUNT = 'authentik-flow-operator';

/** Where everybody may ask who they are and what they may do. */
const EVERYBODYS = ['authentication.k8s.io', 'authorization.k8s.io'];

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** kubectl with a token of the operator's ServiceAccount. */
type AsOperator = (args: readonly string[], input?: string) => Promise<CommandResult>;

async function installOperator(controlPlane: ControlPlane, namespace: string, values: Values): Promise<AsOperator> {
  await install(controlPlane, {
    chart: 'authentik-flow-operator',
    name: SERVICE_ACCOUNT,
    namespace,
    values: { ...values, crds: { enabled: false } },
  });
  const kubeconfig = await controlPlane.serviceAccountKubeconfig(namespace, SERVICE_ACCOUNT);
  const { kubectl } = await resolveTools();
  return async (args, input) => run(kubectl, [`--kubeconfig=${kubeconfig}`, ...args], input === undefined ? {} : { input });
}

/** All that the API server says the operator may do in a namespace, without what everybody may (ask who they are). */
async function rulesIn(asOperator: AsOperator, namespace: string): Promise<readonly Rule[]> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  // Raw: kubectl would look for CRDs first, which the operator may not.
  const { stdout } = await asOperator(
    ['create', '--raw=/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', '--filename=-'],
    JSON.stringify(review),
  );
  const { status } = JSON.parse(stdout) as { status: { resourceRules: readonly Rule[] } };
  return status.resourceRules.filter(({ apiGroups }) => !apiGroups.some((group) => EVERYBODYS.includes(group)));
}

const byResource = (left: Rule, right: Rule): number => left.resources.join().localeCompare(right.resources.join());

/** What it needs wherever it watches, and no more. */
function needed(secretNames: readonly string[], namespaceNames: readonly string[]): readonly Rule[] {
  const named = (names: readonly string[]): { resourceNames?: readonly string[] } => (names.length === 0 ? {} : { resourceNames: names });
  return [
    { verbs: ['list', 'watch', 'patch'], apiGroups: [GROUP], resources: PLURALS },
    { verbs: ['update'], apiGroups: [GROUP], resources: PLURALS.map((plural) => `${plural}/status`) },
    { verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['secrets'], ...named(secretNames) },
    { verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['configmaps'] },
    { verbs: ['create'], apiGroups: [''], resources: ['configmaps'] },
    { verbs: ['update', 'delete'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['market-sign-up'] },
    { verbs: ['create', 'patch'], apiGroups: ['events.k8s.io'], resources: ['events'] },
    { verbs: ['get'], apiGroups: [''], resources: ['namespaces'], ...named(namespaceNames) },
  ].sort(byResource);
}

/** In the operator's own namespace. */
const AT_HOME: readonly Rule[] = [
  { verbs: ['get', 'patch'], apiGroups: [''], resources: ['secrets'], resourceNames: ['authentik-flow-operator-credentials'] },
  { verbs: ['get', 'update'], apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: ['authentik-flow-operator'] },
  { verbs: ['create'], apiGroups: ['coordination.k8s.io'], resources: ['leases'] },
];

interface Question {
  readonly ask: readonly string[];
  readonly answer: 'yes' | 'no';
}

/** Asks as a person would, so that a mistake in reading the rules doesn't go unnoticed. */
async function expectAnswers(asOperator: AsOperator, questions: readonly Question[]): Promise<void> {
  const answers = [];
  for (const { ask } of questions) {
    const { stdout } = await asOperator(['auth', 'can-i', ...ask]);
    answers.push({ ask, answer: stdout.trim() });
  }
  expect(answers).toEqual(questions);
}

const DUMMY = {
  apiVersion: `${GROUP}/v1alpha1`,
  kind: 'AuthentikStage',
  metadata: { name: 'a-stage' },
  spec: { type: 'Dummy', dummy: {} },
};

describe("the rights of the operator's ServiceAccount", () => {
  let controlPlane: ControlPlane;

  beforeAll(() => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
  });

  it('are exactly what it needs in every namespace, without watchNamespaces', async () => {
    const [home, elsewhere] = [await controlPlane.createNamespace('rbac-home'), await controlPlane.createNamespace('rbac-else')];
    const asOperator = await installOperator(controlPlane, home, { replicas: 2 });
    expect([...(await rulesIn(asOperator, elsewhere))].sort(byResource)).toEqual(needed([], []));
    expect([...(await rulesIn(asOperator, home))].sort(byResource)).toEqual([...needed([], []), ...AT_HOME].sort(byResource));
    await expectAnswers(asOperator, [
      { ask: ['watch', `authentikflows.${GROUP}`, '--all-namespaces'], answer: 'yes' },
      { ask: ['watch', 'secrets', '--all-namespaces'], answer: 'yes' },
      { ask: ['create', 'secrets', `--namespace=${home}`], answer: 'no' },
      { ask: ['update', 'configmaps/market-sign-up', `--namespace=${elsewhere}`], answer: 'yes' },
      { ask: ['update', 'configmaps/coredns', '--namespace=kube-system'], answer: 'no' },
      { ask: ['delete', 'configmaps/coredns', '--namespace=kube-system'], answer: 'no' },
      { ask: ['delete', `authentikflows.${GROUP}`, `--namespace=${elsewhere}`], answer: 'no' },
      { ask: ['list', 'namespaces'], answer: 'no' },
      { ask: ['create', 'customresourcedefinitions.apiextensions.k8s.io'], answer: 'no' },
      { ask: ['create', 'leases.coordination.k8s.io', `--namespace=${elsewhere}`], answer: 'no' },
      { ask: ['create', 'clusterroles.rbac.authorization.k8s.io'], answer: 'no' },
      { ask: ['get', '/metrics'], answer: 'no' },
      { ask: ['*', '*', '--all-namespaces'], answer: 'no' },
    ]);
  });

  it('on Secrets go no further than the named links of invitations, but for making one', async () => {
    const [home, watched] = [await controlPlane.createNamespace('rbac-home'), await controlPlane.createNamespace('rbac-watched')];
    const values = { watchNamespaces: [watched], rbac: { secretNames: ['token'], invitationSecretNames: ['link'] } };
    const asOperator = await installOperator(controlPlane, home, values);
    await expectAnswers(asOperator, [
      { ask: ['create', 'secrets', `--namespace=${watched}`], answer: 'yes' },
      { ask: ['update', 'secrets/link', `--namespace=${watched}`], answer: 'yes' },
      { ask: ['delete', 'secrets/link', `--namespace=${watched}`], answer: 'yes' },
      { ask: ['update', 'secrets/token', `--namespace=${watched}`], answer: 'no' },
      { ask: ['get', 'secrets/other', `--namespace=${watched}`], answer: 'no' },
      { ask: ['delete', 'secrets/other', `--namespace=${watched}`], answer: 'no' },
      { ask: ['create', 'secrets', `--namespace=${home}`], answer: 'no' },
    ]);
  });

  it('end at the named namespaces and Secrets', async () => {
    const [home, watched, other] = [
      await controlPlane.createNamespace('rbac-home'),
      await controlPlane.createNamespace('rbac-watched'),
      await controlPlane.createNamespace('rbac-other'),
    ];
    const asOperator = await installOperator(controlPlane, home, { watchNamespaces: [watched], rbac: { secretNames: ['token'] } });
    expect([...(await rulesIn(asOperator, watched))].sort(byResource)).toEqual(needed(['token'], [watched]));
    expect([...(await rulesIn(asOperator, home))].sort(byResource)).toEqual([...AT_HOME].sort(byResource));
    expect(await rulesIn(asOperator, other)).toEqual([]);
    await expectAnswers(asOperator, [
      { ask: ['get', 'secrets/token', `--namespace=${watched}`], answer: 'yes' },
      { ask: ['get', 'secrets/other', `--namespace=${watched}`], answer: 'no' },
      { ask: ['list', 'secrets', `--namespace=${watched}`], answer: 'no' },
      { ask: ['list', 'secrets', '--all-namespaces'], answer: 'no' },
      { ask: ['get', `namespaces/${watched}`, `--namespace=${watched}`], answer: 'yes' },
      { ask: ['get', `namespaces/${other}`, `--namespace=${other}`], answer: 'no' },
    ]);
  });

  it('suffice for what it does, and real requests beyond them are refused', async () => {
    const [home, watched] = [await controlPlane.createNamespace('rbac-home'), await controlPlane.createNamespace('rbac-watched')];
    const asOperator = await installOperator(controlPlane, home, {
      watchNamespaces: [watched],
      rbac: { secretNames: ['token'] },
      replicas: 2,
    });
    const inWatched = async (...args: readonly string[]): Promise<CommandResult> => asOperator([`--namespace=${watched}`, ...args]);
    await controlPlane.kubectl(['create', '--filename=-'], { namespace: watched, input: JSON.stringify(DUMMY) });
    for (const name of ['token', 'other'])
      await controlPlane.kubectl(['create', 'secret', 'generic', name, '--from-literal=token=t'], { namespace: watched });

    const { stdout: stages } = await inWatched('get', 'akstages', '--output=json');
    const { items } = JSON.parse(stages) as { items: readonly [object] };
    const withStatus = JSON.stringify({ ...items[0], status: { observedGeneration: 1 } });
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: SERVICE_ACCOUNT, namespace: home } };
    const allowed: readonly (readonly [string, Promise<CommandResult>])[] = [
      ['status', asOperator(['replace', '--subresource=status', '--filename=-'], withStatus)],
      ['lease', asOperator(['create', '--filename=-'], JSON.stringify(lease))],
      ['ConfigMap', inWatched('create', 'configmap', 'market-sign-up')],
      ['a watch of one Secret', inWatched('get', 'secrets', '--field-selector=metadata.name=token', '--output=name')],
      ['labels of its namespace', asOperator(['get', 'namespace', watched])],
    ];
    for (const [what, result] of allowed) expect({ what, ...(await result) }).toMatchObject({ what, code: 0 });
    // kubectl reads what it patches, which the operator need not; the suite in test/product sets finalizers.
    await expect(inWatched('auth', 'can-i', 'patch', 'akstage/a-stage')).resolves.toMatchObject({ code: 0 });

    const refused = [
      inWatched('get', 'secrets'),
      inWatched('get', 'secret', 'other'),
      inWatched('get', 'secrets', '--field-selector=metadata.name=other'),
      inWatched('delete', 'akstage/a-stage'),
      inWatched('get', 'pods'),
      asOperator(['get', 'secrets', '--all-namespaces']),
      asOperator([`--namespace=${home}`, 'get', 'akstages']),
      asOperator([`--namespace=${home}`, 'delete', 'lease', SERVICE_ACCOUNT]),
      asOperator([`--namespace=${home}`, 'get', 'lease', 'other']),
      asOperator(['get', 'namespaces']),
    ];
    for (const result of refused) expect((await result).stderr).toMatch(/Forbidden|forbidden/);
  });

  describe('and the rights of others', () => {
    /** What a role of the release that the cluster's own roles include lets people do; undefined when there is none. */
    async function aggregated(values: Values, role: 'view' | 'edit'): Promise<readonly Rule[] | undefined> {
      const namespace = await controlPlane.createNamespace('rbac-home');
      await install(controlPlane, {
        chart: 'authentik-flow-operator',
        name: 'aggregated',
        namespace,
        values: { ...values, crds: { enabled: false } },
      });
      const name = `${namespace}:aggregated-authentik-flow-operator:${role}`;
      const { stdout } = await controlPlane.kubectl(['get', 'clusterrole', name, '--ignore-not-found', '--output=json']);
      return stdout === '' ? undefined : (JSON.parse(stdout) as { rules: readonly Rule[] }).rules;
    }
    const READING: readonly Rule[] = [{ apiGroups: [GROUP], resources: PLURALS, verbs: ['get', 'list', 'watch'] }];

    it.each([
      { reason: "the cluster's own view reads our kinds, and nobody writes them", values: {}, view: READING, edit: undefined },
      {
        reason: 'edit writes, when asked for, nothing that holds credentials or code',
        values: { rbac: { aggregateToEdit: true } },
        view: READING,
        edit: [
          {
            apiGroups: [GROUP],
            resources: ['authentikflows', 'authentikstages', 'enrollmentbindings'],
            verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'],
          },
        ],
      },
      { reason: 'reading can be left to others', values: { rbac: { aggregateToView: false } }, view: undefined, edit: undefined },
    ])('are as the values say: $reason', async ({ values, view, edit }) => {
      expect({ view: await aggregated(values, 'view'), edit: await aggregated(values, 'edit') }).toEqual({ view, edit });
    });
  });
});
