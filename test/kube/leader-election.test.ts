import * as k8s from '@kubernetes/client-node';
import pino from 'pino';
import { loadKubeConfig, type PooledKubeConfig } from '../../src/kube/kubeconfig.ts';
import { runLeaderElection } from '../../src/kube/leader-election.ts';
import { TermOfOffice } from '../../src/runtime/office.ts';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import { eventually } from '../bed/eventually.ts';

const TIMEOUT = 60_000;

describe('runLeaderElection on a real API server', () => {
  let controlPlane: ControlPlane;
  let kubeConfig: PooledKubeConfig;
  let namespace: string;

  beforeEach(async () => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
    kubeConfig = loadKubeConfig({ file: controlPlane.kubeconfigPath });
    namespace = await controlPlane.createNamespace('leader');
  }, TIMEOUT);

  afterEach(() => kubeConfig.close());

  it(
    'makes one of two leader, and the other as soon as that stops',
    async () => {
      const run = (identity: string) =>
        runLeaderElection({
          client: kubeConfig.makeApiClient(k8s.CoordinationV1Api),
          namespace,
          name: 'operator',
          identity,
          retryPeriodMs: 200,
          logger: pino({ level: 'silent' }),
          onStartedLeading: () => undefined,
          onStopping: () => undefined,
          office: new TermOfOffice(),
        });
      const seen = new Set<string>();
      const holder = async () =>
        (
          await controlPlane.kubectl(['get', 'lease', 'operator', '--output=jsonpath={.spec.holderIdentity} {.spec.leaseTransitions}'], {
            namespace,
          })
        ).stdout;
      const [first, second] = [run('a'), run('b')];
      await eventually(() => expect(first.isLeader || second.isLeader).toBe(true));
      const [leader, other] = first.isLeader ? [first, second] : [second, first];
      // Long enough for both to have tried several times.
      await eventually(async () => expect(await renewals()).toBeGreaterThan(3));
      expect(other.isLeader).toBe(false);
      await leader.stop();
      await eventually(() => expect(other.isLeader).toBe(true), { timeout: 5_000 });
      expect(await holder()).toBe(`${other === first ? 'a' : 'b'} 1`);
      await other.stop();
      expect(await holder()).toBe(' 1');

      async function renewals(): Promise<number> {
        seen.add((await controlPlane.kubectl(['get', 'lease', 'operator', '--output=jsonpath={.spec.renewTime}'], { namespace })).stdout);
        return seen.size;
      }
    },
    TIMEOUT,
  );
});
