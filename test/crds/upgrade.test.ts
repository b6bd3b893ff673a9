/** The CRDs of an earlier release are replaced under the objects that it left; then the present operator starts. */
import path from 'node:path';
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { startControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import { eventually } from '../bed/eventually.ts';
import { startOperatorHere, type OperatorHere } from '../e2e/support/operator-here.ts';
import { crdsOf, leftBy, SECRETS, type LeftObject } from '../upgrade/earlier-release.ts';

const CRDS = path.resolve(import.meta.dirname, '../../crds');
const NAMESPACE = 'market';
const OURS = 'authentikconnections,authentikprompts,authentikpolicies,authentikstages,authentikflows,enrollmentbindings';

interface Held extends LeftObject {
  readonly metadata: LeftObject['metadata'] & { readonly uid: string; readonly generation: number };
}

interface Conditions {
  readonly observedGeneration?: number;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[];
}

// A server of its own: the others' has the present CRDs, and tests beside this one use them.
let controlPlane: ControlPlane;
let sim: AuthentikSim;
let operator: OperatorHere | undefined;

beforeAll(async () => {
  [controlPlane, sim] = await Promise.all([startControlPlane(), startAuthentikSim({ version: '2026.2' })]);
});
afterAll(async () => {
  await operator?.stop();
  await sim.stop();
  await controlPlane.stop();
});

async function held(): Promise<readonly Held[]> {
  const { stdout } = await controlPlane.kubectl(['get', OURS, '--output=json'], { namespace: NAMESPACE });
  return (JSON.parse(stdout) as { items: Held[] }).items;
}

async function replaceCrds(folder: string): Promise<void> {
  await controlPlane.kubectl(['apply', '--server-side', '--force-conflicts', '--filename', folder]);
  await controlPlane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
}

const bySpec = (objects: readonly LeftObject[]): object =>
  Object.fromEntries(objects.map(({ kind, metadata, spec, status }) => [`${kind}/${metadata.name}`, { spec, status }]));

it('objects of 0.1.0 keep spec and status under the present CRDs, and are Ready with the present operator', async () => {
  await replaceCrds(crdsOf('0.1.0'));
  await controlPlane.kubectl(['create', 'namespace', NAMESPACE]);
  const secrets = { ...SECRETS, 'authentik-token': { token: sim.token } };
  for (const [name, stringData] of Object.entries(secrets)) {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: NAMESPACE }, stringData };
    await controlPlane.kubectl(['create', '--filename=-'], { input: JSON.stringify(secret) });
  }
  const objects = await leftBy('0.1.0', sim);
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  await controlPlane.kubectl(['create', '--filename=-'], { input });
  await controlPlane.kubectl(['replace', '--subresource=status', '--filename=-'], { input });
  const before = await held();
  expect(bySpec(before)).toEqual(bySpec(objects));

  await replaceCrds(CRDS);
  expect(bySpec(await held())).toEqual(bySpec(before));
  // What was valid can still be changed.
  await controlPlane.kubectl(['label', OURS, '--all', 'upgraded=true'], { namespace: NAMESPACE });

  sim.resetRequests();
  operator = await startOperatorHere(controlPlane.kubeconfigPath, { watchNamespaces: [NAMESPACE] });
  await eventually(
    async () => {
      const unready = (await held()).filter(({ status, metadata }) => {
        const { conditions, observedGeneration } = status as Conditions;
        return observedGeneration !== metadata.generation || conditions?.find(({ type }) => type === 'Ready')?.status !== 'True';
      });
      if (unready.length > 0 || !sim.requests.some(({ path: asked }) => asked.endsWith('/admin/version/'))) throw new Error(JSON.stringify(unready));
    },
    { timeout: 60_000, message: 'all is Ready' },
  );
  // Conditions that 0.1.0 did not know are written by now, which the API server refuses where its schema does not have them.
  await eventually(
    async () => {
      const connection = (await held()).find(({ kind }) => kind === 'AuthentikConnection');
      const { conditions } = connection?.status as Conditions;
      if (conditions?.some(({ type }) => type === 'ChangesFollowed') !== true) throw new Error(JSON.stringify(conditions));
    },
    { timeout: 60_000, message: 'the connection was judged' },
  );
  expect(sim.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  const uuids = (list: readonly LeftObject[]): object =>
    Object.fromEntries(list.map(({ kind, metadata, status }) => [`${kind}/${metadata.name}`, status['uuid']]));
  expect(uuids(await held())).toEqual(uuids(before));
});
