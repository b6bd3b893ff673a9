/* eslint-disable jest/no-standalone-expect -- the checks in the tables run inside the tests */
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import { jest } from '@jest/globals';
import { readConfig } from '../../src/config.ts';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import { find, install, kindsOf, refusal, render, type Manifest, type Values } from './charts.ts';

/** helm and kubectl take their time when other test files keep the machine busy (milliseconds). */
jest.setTimeout(60_000);

const CHART = 'authentik-flow-operator';
const CRDS_OFF = { crds: { enabled: false } };

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly securityContext?: Readonly<Record<string, unknown>>;
}
interface Deployment {
  readonly replicas: number;
  readonly strategy: { readonly type: string };
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: {
      readonly containers: readonly [Container];
      readonly serviceAccountName: string;
      readonly securityContext?: Readonly<Record<string, unknown>>;
    };
  };
}
const deployment = (manifests: readonly Manifest[]): Deployment => find(manifests, 'Deployment').spec as Deployment;
const container = (manifests: readonly Manifest[]): Container => deployment(manifests).template.spec.containers[0];

interface RenderCase {
  readonly reason: string;
  readonly values: Values;
  readonly check: (manifests: readonly Manifest[]) => void;
}

const RENDER_CASES: readonly RenderCase[] = [
  {
    reason: 'one replica watches everything, by a ClusterRole, elected by a Lease and without a budget',
    values: {},
    check: (manifests) => {
      expect(kindsOf(manifests)).toEqual(
        [
          'ClusterRole',
          'ClusterRoleBinding',
          'CustomResourceDefinition',
          'Deployment',
          'NetworkPolicy',
          'Role',
          'RoleBinding',
          'Secret',
          'Service',
          'ServiceAccount',
        ].sort(),
      );
      expect(container(manifests).args).toEqual([
        '--credentials-secret=somewhere/release-authentik-flow-operator-credentials',
        '--config-map-names=market-sign-up',
        '--leader-elect=true',
        '--lease-name=release-authentik-flow-operator',
        '--leader-election-namespace=somewhere',
        '--http-port=8080',
        '--log-level=info',
        '--workers=32',
      ]);
      expect(deployment(manifests).strategy.type).toBe('Recreate');
    },
  },
  {
    reason: 'all objects carry the recommended labels, and none that a selector needs changes with the version',
    values: {},
    check: (manifests) => {
      for (const { kind, metadata } of manifests) {
        expect({ kind, labels: Object.keys(metadata.labels ?? {}) }).toEqual({
          kind,
          labels: expect.arrayContaining(
            ['name', 'instance', 'version', 'component', 'part-of', 'managed-by'].map((label) => `app.kubernetes.io/${label}`),
          ) as unknown,
        });
      }
      expect(find(manifests, 'Deployment').spec).toMatchObject({
        selector: { matchLabels: { 'app.kubernetes.io/name': CHART, 'app.kubernetes.io/instance': 'release' } },
      });
    },
  },
  {
    reason: 'named namespaces get a Role each, and nothing for the cluster but what others may do with our kinds',
    values: { ...CRDS_OFF, watchNamespaces: ['market', 'staging'], defaultConnection: { namespace: 'market', name: 'default' } },
    check: (manifests) => {
      expect(manifests.filter(({ kind }) => kind === 'Role').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
        'market/somewhere:release-authentik-flow-operator',
        'staging/somewhere:release-authentik-flow-operator',
        'somewhere/release-authentik-flow-operator-credentials',
        'somewhere/release-authentik-flow-operator-leader',
      ]);
      expect(manifests.filter(({ kind }) => kind === 'RoleBinding')).toHaveLength(4);
      expect(manifests.filter(({ kind }) => kind === 'ClusterRoleBinding')).toEqual([]);
      expect(manifests.filter(({ kind }) => kind === 'ClusterRole').map(({ metadata }) => metadata.name)).toEqual([
        'somewhere:release-authentik-flow-operator:view',
      ]);
      expect(container(manifests).args.slice(0, 2)).toEqual(['--watch-namespaces=market,staging', '--default-connection=market/default']);
    },
  },
  {
    reason: 'several replicas elect a leader, roll over, and keep one through a drain',
    values: { ...CRDS_OFF, replicas: 2 },
    check: (manifests) => {
      expect(container(manifests).args).toContain('--leader-elect=true');
      expect(deployment(manifests).strategy.type).toBe('RollingUpdate');
      expect(find(manifests, 'PodDisruptionBudget').spec).toMatchObject({ minAvailable: 1 });
      expect(find(manifests, 'Role', 'release-authentik-flow-operator-leader').metadata).toMatchObject({ namespace: 'somewhere' });
    },
  },
  {
    reason: 'the Lease is that of the release, so that two releases in a namespace do not elect one leader between them',
    values: { ...CRDS_OFF, fullnameOverride: 'other' },
    check: (manifests) => {
      expect(container(manifests).args).toContain('--lease-name=other');
      expect(find(manifests, 'Role', 'other-leader').rules).toContainEqual({
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['other'],
        verbs: ['get', 'update'],
      });
    },
  },
  {
    reason: 'without election nothing asks for a Lease',
    values: { ...CRDS_OFF, leaderElection: { mode: 'off' } },
    check: (manifests) => {
      expect(container(manifests).args).toContain('--leader-elect=false');
      expect(manifests.filter(({ metadata }) => metadata.name.endsWith('-leader'))).toEqual([]);
    },
  },
  {
    reason: 'named Secrets are the only ones it may read',
    values: { ...CRDS_OFF, rbac: { secretNames: ['authentik-token', 'smtp'] } },
    check: (manifests) =>
      expect(find(manifests, 'ClusterRole', 'somewhere:release-authentik-flow-operator').rules).toContainEqual({
        apiGroups: [''],
        resources: ['secrets'],
        resourceNames: ['authentik-token', 'smtp'],
        verbs: ['get', 'list', 'watch'],
      }),
  },
  {
    reason: 'named ConfigMaps are the only ones that it may change, and the operator knows it',
    values: { ...CRDS_OFF, rbac: { configMapNames: ['shop', 'bazaar'] } },
    check: (manifests) => {
      expect(find(manifests, 'ClusterRole', 'somewhere:release-authentik-flow-operator').rules).toContainEqual({
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['shop', 'bazaar'],
        verbs: ['update', 'delete'],
      });
      expect(container(manifests).args).toContain('--config-map-names=shop,bazaar');
    },
  },
  {
    reason: 'what the values say of the operator arrives there',
    values: {
      ...CRDS_OFF,
      watchNamespaces: ['market', 'staging'],
      defaultConnection: { namespace: 'market', name: 'default' },
      leaderElection: { mode: 'on' },
      rbac: { requireSecretLabel: true, invitationSecretNames: ['invitation'] },
      http: { port: 9090 },
      logLevel: 'debug',
      workers: 8,
    },
    check: (manifests) =>
      expect(readConfig(container(manifests).args, {}, '0')).toEqual({
        kind: 'run',
        config: {
          watchNamespaces: ['market', 'staging'],
          defaultConnection: { namespace: 'market', name: 'default' },
          credentialsSecret: { namespace: 'somewhere', name: 'release-authentik-flow-operator-credentials' },
          configMapNames: ['market-sign-up'],
          invitationSecretNames: ['invitation'],
          requireSecretLabel: true,
          leaderElect: true,
          leaseName: 'release-authentik-flow-operator',
          leaderElectionNamespace: 'somewhere',
          httpPort: 9090,
          logLevel: 'debug',
          workers: 8,
        },
      }),
  },
  {
    reason: 'labels of the pod may replace all but those that it is found by',
    values: { ...CRDS_OFF, podLabels: { 'app.kubernetes.io/part-of': 'platform', team: 'identity' } },
    check: (manifests) =>
      expect(deployment(manifests).template.metadata.labels).toMatchObject({
        'app.kubernetes.io/name': CHART,
        'app.kubernetes.io/instance': 'release',
        'app.kubernetes.io/part-of': 'platform',
        team: 'identity',
      }),
  },
  {
    reason: 'on OpenShift neither pod nor container says which user it is, and all else stays',
    values: { ...CRDS_OFF, openshift: true, securityContext: { runAsUser: 1000 } },
    check: (manifests) => {
      expect(deployment(manifests).template.spec.securityContext).toEqual({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(container(manifests).securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    },
  },
  {
    reason: 'members of a security context are replaced, added and, by null, taken out',
    values: { ...CRDS_OFF, podSecurityContext: { runAsUser: 1000, runAsGroup: null, fsGroup: 2000 } },
    check: (manifests) =>
      expect(deployment(manifests).template.spec.securityContext).toEqual({
        runAsNonRoot: true,
        runAsUser: 1000,
        fsGroup: 2000,
        seccompProfile: { type: 'RuntimeDefault' },
      }),
  },
  {
    reason: 'the kubelet waits for the start, restarts what stands still, and is told apart from what is only cut off',
    values: CRDS_OFF,
    check: (manifests) => {
      const probe = (path: string): object => ({ httpGet: { path, port: 'http' }, timeoutSeconds: 5 });
      expect(container(manifests)).toMatchObject({
        startupProbe: probe('/healthz'),
        livenessProbe: probe('/healthz'),
        readinessProbe: probe('/readyz'),
      });
    },
  },
  {
    reason: 'a digest wins over the tag',
    values: { ...CRDS_OFF, image: { repository: 'mirror/operator', tag: '1', digest: `sha256:${'0'.repeat(64)}` } },
    check: (manifests) => expect(container(manifests).image).toBe(`mirror/operator@sha256:${'0'.repeat(64)}`),
  },
  {
    reason: 'connections out are limited to DNS and named ports on demand',
    values: { ...CRDS_OFF, networkPolicy: { restrictEgress: true, egressPorts: [6443] } },
    check: (manifests) =>
      expect(find(manifests, 'NetworkPolicy').spec).toMatchObject({
        policyTypes: ['Ingress', 'Egress'],
        egress: [{ ports: [{ port: 53 }, { port: 53 }] }, { ports: [{ port: 6443 }] }],
      }),
  },
  {
    reason: 'everything but the Deployment can be left to others',
    values: {
      ...CRDS_OFF,
      rbac: { create: false, aggregateToEdit: true },
      serviceAccount: { create: false, name: 'given' },
      networkPolicy: { enabled: false },
      metrics: { service: { enabled: false } },
    },
    check: (manifests) => {
      expect(kindsOf(manifests)).toEqual(['Deployment']);
      expect(deployment(manifests).template.spec.serviceAccountName).toBe('given');
    },
  },
  {
    reason: 'CRDs survive an uninstall, and carry the annotations given for them',
    values: { crds: { annotations: { 'argocd.argoproj.io/sync-options': 'ServerSideApply=true' } } },
    check: (manifests) => {
      const crds = manifests.filter(({ kind }) => kind === 'CustomResourceDefinition');
      expect(crds).toHaveLength(KINDS.length);
      for (const { metadata } of crds) {
        expect(metadata.annotations).toEqual({
          'helm.sh/resource-policy': 'keep',
          'argocd.argoproj.io/sync-options': 'ServerSideApply=true',
        });
      }
    },
  },
  {
    reason: 'annotations of CRDs are text, whatever stands in it',
    values: { crds: { annotations: { note: 'costs $1b ${2} \\1 today' } } },
    check: (manifests) =>
      expect(find(manifests, 'CustomResourceDefinition').metadata.annotations).toMatchObject({ note: 'costs $1b ${2} \\1 today' }),
  },
  {
    reason: 'CRDs go with the release on demand',
    values: { crds: { keep: false } },
    check: (manifests) => expect(find(manifests, 'CustomResourceDefinition').metadata.annotations).toBeUndefined(),
  },
];

const REFUSED: readonly { readonly reason: string; readonly values: Values; readonly message: string }[] = [
  {
    reason: 'to guess where the image is',
    values: { image: { repository: '' } },
    message: 'image.repository is empty, and no image is published yet: build one',
  },
  {
    reason: 'to be switched off without a chart above it',
    values: { enabled: false },
    message: 'enabled is false: that is for a chart above this one',
  },
  {
    reason: 'labels that would take the pod from its Deployment',
    values: { podLabels: { 'app.kubernetes.io/instance': 'mine' } },
    message: 'podLabels: app.kubernetes.io/instance is what the Deployment finds its pods by',
  },
  { reason: 'a misspelt value', values: { replica: 2 }, message: "additional properties 'replica' not allowed" },
  { reason: 'a value of the wrong type', values: { replicas: 'two' }, message: '/replicas' },
  { reason: 'an unknown log level', values: { logLevel: 'loud' }, message: '/logLevel' },
  { reason: 'a digest that is none', values: { image: { digest: 'latest' } }, message: '/image/digest' },
  { reason: 'a port that user 65532 may not open', values: { http: { port: 80 } }, message: '/http/port' },
  {
    reason: 'half a default connection',
    values: { defaultConnection: { name: 'default' } },
    message: 'defaultConnection: write both namespace and name of the AuthentikConnection, or neither',
  },
  {
    reason: 'a default connection that the operator could not read',
    values: { watchNamespaces: ['market'], defaultConnection: { namespace: 'authentik', name: 'default' } },
    message: 'authentik is not among watchNamespaces (market), so the operator could not read the connection: add it there',
  },
  {
    reason: 'no ServiceAccount',
    values: { serviceAccount: { create: false } },
    message: 'serviceAccount.create is false, so serviceAccount.name must name an existing ServiceAccount',
  },
  {
    reason: 'two operators at once',
    values: { replicas: 2, leaderElection: { mode: 'off' } },
    message: 'leaderElection.mode is off, but replicas is 2: two operators would write to Authentik at once',
  },
  {
    reason: 'a budget that blocks every drain',
    values: { replicas: 2, podDisruptionBudget: { minAvailable: 2 } },
    message: 'podDisruptionBudget.minAvailable is 2 of 2 replicas, so no node could ever be drained',
  },
];

describe('the operator chart', () => {
  let controlPlane: ControlPlane;

  beforeAll(() => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
  });

  it.each(RENDER_CASES)('renders: $reason', async ({ values, check }) => {
    const manifests = await render(controlPlane, { chart: CHART, values });
    expect(manifests.length).toBeGreaterThan(0);
    check(manifests);
    // The operator itself understands what the chart tells it.
    expect(readConfig(container(manifests).args, {}, '0')).toMatchObject({ kind: 'run' });
  });

  it.each(REFUSED)('refuses $reason', async ({ values, message }) => {
    await expect(refusal(controlPlane, { chart: CHART, values })).resolves.toContain(message);
  });

  it.each([
    {
      reason: 'with everything on',
      values: { replicas: 2, networkPolicy: { restrictEgress: true, metricsFrom: [{ namespaceSelector: {} }] } },
    },
    {
      reason: 'with pods placed',
      values: { nodeSelector: { a: 'b' }, tolerations: [{ operator: 'Exists' }], podLabels: { c: 'd' }, podAnnotations: { e: 'f' } },
    },
    {
      reason: 'with more environment',
      values: { extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }], imagePullSecrets: [{ name: 'registry' }] },
    },
  ])('is taken by the API server $reason', async ({ values }) => {
    const namespace = await controlPlane.createNamespace('operator');
    const manifests = await render(controlPlane, { chart: CHART, namespace, values });
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests });
    const { stdout } = await controlPlane.kubectl(['apply', '--server-side', '--force-conflicts', '--dry-run=server', '--filename=-'], {
      input,
    });
    expect(stdout.trim().split('\n')).toHaveLength(manifests.length);
  });

  it.each([
    { reason: 'by default', values: CRDS_OFF },
    { reason: 'on OpenShift', values: { ...CRDS_OFF, openshift: true } },
  ])('makes a pod that the restricted Pod Security Standard accepts, $reason', async ({ values }) => {
    const namespace = await controlPlane.createNamespace('restricted');
    await controlPlane.kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    const { template } = find(await render(controlPlane, { chart: CHART, namespace, values }), 'Deployment').spec as {
      template: { spec: object };
    };
    const create = ['create', '--dry-run=server', '--filename=-'];
    const pod = (spec: object): string => JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'operator' }, spec });
    await expect(controlPlane.kubectl(create, { namespace, input: pod(template.spec) })).resolves.toMatchObject({ code: 0 });
    // The standard is really enforced there.
    const { stderr } = await controlPlane.kubectl(create, {
      namespace,
      input: pod({ containers: [{ name: 'a', image: 'b' }] }),
      expectFailure: true,
    });
    expect(stderr).toContain('violates PodSecurity "restricted');
  });

  it('installs with its CRDs, says what to wait for, and leaves the CRDs when it goes', async () => {
    const namespace = await controlPlane.createNamespace('installed');
    // The test bed has applied the CRDs already.
    const notes = await install(controlPlane, { chart: CHART, name: 'flows', namespace }, '--take-ownership');
    expect(notes).toContain(
      `kubectl wait --for=condition=Available --timeout=120s --namespace ${namespace} deployment/flows-authentik-flow-operator`,
    );
    const wait = /kubectl (wait --for=condition=Established .*)/.exec(notes)?.[1] ?? '';
    await expect(controlPlane.kubectl(wait.split(' '))).resolves.toMatchObject({ code: 0 });
    await controlPlane.helm(['uninstall', 'flows', '--namespace', namespace]);
    await expect(controlPlane.kubectl(wait.split(' '))).resolves.toMatchObject({ code: 0 });
    const { stdout } = await controlPlane.kubectl(['get', 'deployments,services,serviceaccounts', '--output=name'], { namespace });
    expect(stdout).toBe('');
  });
});
