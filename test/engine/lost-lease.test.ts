import * as k8s from '@kubernetes/client-node';
import { silentLogger } from '../../src/authentik/silent-logger.ts';
import { runLeaderElection, type LeaderElection, type LeaseCalls } from '../../src/kube/leader-election.ts';
import { FakeClock, settle } from '../../src/runtime/fake-clock.ts';
import { TermOfOffice } from '../../src/runtime/office.ts';
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';

const STOCK = ['default-authentication-identification', 'default-authentication-password', 'default-authentication-login'];
/** Three bindings are made, the fourth is the one under way. */
const FOURTH = 5;

/** A Lease that can be taken and renewed until it is taken away. */
function leases(): LeaseCalls & { reachable: boolean } {
  let lease: Awaited<ReturnType<LeaseCalls['readNamespacedLease']>> | undefined;
  const put = (body: typeof lease): NonNullable<typeof lease> => {
    if (!calls.reachable) throw new k8s.ApiException(500, 'down', undefined, {});
    return (lease = body ?? {});
  };
  const calls = {
    reachable: true,
    readNamespacedLease: () =>
      lease === undefined ? Promise.reject(new k8s.ApiException(404, 'none', undefined, {})) : Promise.resolve(lease),
    createNamespacedLease: async ({ body }: Parameters<LeaseCalls['createNamespacedLease']>[0]) => Promise.resolve(put(body)),
    replaceNamespacedLease: async ({ body }: Parameters<LeaseCalls['replaceNamespacedLease']>[0]) => Promise.resolve(put(body)),
  };
  return calls;
}

describe('who loses the Lease in the middle of a flow', () => {
  let sim: AuthentikSim;
  let clock: FakeClock;
  let bed: EngineBed;
  let lease: ReturnType<typeof leases>;
  let election: LeaderElection;

  beforeEach(async () => {
    sim = await startAuthentikSim({ version: '2026.2' });
    clock = new FakeClock();
    lease = leases();
    const office = new TermOfOffice(clock);
    bed = new EngineBed({ clientOptions: { userAgent: 'engine-bed', office } });
    bed.engine.work();
    election = runLeaderElection({
      client: lease,
      namespace: 'operator',
      name: 'lease',
      identity: 'we',
      clock,
      random: () => 0,
      logger: silentLogger,
      office,
      onStartedLeading: () => undefined,
      onStopping: () => undefined,
    });
    for (let i = 0; i < 10; i += 1) await settle();
    bed.connect(sim);
    await bed.until('AuthentikConnection', 'default', 'True/Reconciled');
  });

  afterEach(async () => {
    await bed.stop();
    await sim.stop();
  });

  const posts = (): number => sim.requests.filter(({ method }) => method === 'POST').length;
  const apply = (): void => {
    const stages = [...STOCK, ...STOCK].map((external, place) => ({ order: place * 10, stageRef: { external } }));
    bed.apply('AuthentikFlow', 'f', { slug: 'f', name: 'f', title: 'f', designation: 'enrollment', stages });
  };

  it('has its request called off, and begins no other', async () => {
    let seen = 0;
    const underWay = new Promise((resolve) => {
      sim.faults.inject({
        match: ({ method }) => method === 'POST' && (seen += 1) === FOURTH && (resolve(undefined), true),
        respond: { kind: 'hang' },
      });
    });
    apply();
    await underWay;
    lease.reachable = false;
    const [sent, written] = [posts(), bed.store.statusWrites.length];
    for (let ms = 0; ms < 12_000; ms += 500) await clock.advance(500);
    await expect(election.done).resolves.toBe('lost');
    await bed.quiet();
    expect(posts()).toBe(sent);
    expect(bed.store.statusWrites.length - written).toBeLessThanOrEqual(1);
  });

  it('writes no more one renew deadline after the last renewal, though nobody has told it yet', async () => {
    let seen = 0;
    sim.faults.inject({
      match: ({ method }) => {
        if (method === 'POST' && (seen += 1) === FOURTH) clock.skip(10_000);
        return false;
      },
      respond: { kind: 'empty405' },
    });
    apply();
    await bed.until('AuthentikFlow', 'f', 'False/Unreachable');
    expect(bed.condition('AuthentikFlow', 'f', 'Ready')?.message).toContain('does not hold the Lease');
    await settle();
    expect(posts()).toBe(FOURTH);
    const stopping = election.stop();
    await clock.advance(3_000);
    await stopping;
  });
});
