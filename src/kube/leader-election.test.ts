import * as k8s from '@kubernetes/client-node';
import { FakeClock, settle } from '../runtime/fake-clock.ts';
import { TermOfOffice } from '../runtime/office.ts';
import { runLeaderElection, type LeaderElection, type LeaseCalls } from './leader-election.ts';
import type { Plain } from './plain.ts';
import { MemoryLogger } from './testing/memory-logger.ts';

type Lease = Plain<k8s.V1Lease>;

/** A Lease as the API server keeps it: guarded by its resourceVersion. */
class FakeLeases implements LeaseCalls {
  lease: Lease | undefined;
  writes = 0;
  failing: number | undefined;
  hanging = false;
  #version = 0;

  readNamespacedLease(): Promise<Lease> {
    return this.#answer(() => {
      if (this.lease === undefined) throw refusal(404);
      return this.lease;
    });
  }

  createNamespacedLease({ body }: { body: Lease }): Promise<Lease> {
    return this.#answer(() => {
      if (this.lease !== undefined) throw refusal(409);
      return this.put(body);
    });
  }

  replaceNamespacedLease({ body }: { body: Lease }): Promise<Lease> {
    return this.#answer(() => {
      if (body.metadata?.resourceVersion !== this.lease?.metadata?.resourceVersion) throw refusal(409);
      return this.put(body);
    });
  }

  put(body: Lease): Lease {
    this.writes += 1;
    this.#version += 1;
    // As JSON, because that is what goes over the wire.
    this.lease = JSON.parse(JSON.stringify({ ...body, metadata: { ...body.metadata, resourceVersion: String(this.#version) } })) as Lease;
    return this.lease;
  }

  async #answer(act: () => Lease): Promise<Lease> {
    await settle();
    if (this.hanging) return await new Promise(() => undefined);
    if (this.failing !== undefined) throw refusal(this.failing);
    return act();
  }
}

function refusal(code: number): k8s.ApiException<undefined> {
  return new k8s.ApiException(code, 'refused', undefined, {});
}

describe('runLeaderElection', () => {
  let leases: FakeLeases;
  let clock: FakeClock;
  let said: string[];
  let offices: Map<string, TermOfOffice>;
  let fit: boolean;
  let elections: LeaderElection[];

  const run = (identity: string, onStopping: () => Promise<void> = () => Promise.resolve()) => {
    const office = new TermOfOffice(clock);
    offices.set(identity, office);
    office.signal.addEventListener('abort', () => said.push(`${identity} is out`));
    const election = runLeaderElection({
      client: leases,
      namespace: 'operator',
      name: 'leader',
      identity,
      clock,
      random: () => 0,
      office,
      isFit: () => fit,
      logger: new MemoryLogger(),
      onStartedLeading: () => {
        said.push(`${identity} leads`);
        // From its first moment on.
        office.assertHeld();
      },
      onStopping: () => {
        said.push(`${identity} stops`);
        return onStopping();
      },
    });
    elections.push(election);
    return election;
  };
  /** Lets time pass in small steps, so that every request gets its answer. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 500) {
      await clock.advance(500);
      for (let i = 0; i < 4; i += 1) await settle();
    }
  };
  const mayWrite = (identity: string): boolean => {
    try {
      offices.get(identity)?.assertHeld();
      return true;
    } catch {
      return false;
    }
  };
  const holder = () => leases.lease?.spec?.holderIdentity;

  beforeEach(() => {
    leases = new FakeLeases();
    clock = new FakeClock();
    said = [];
    offices = new Map();
    fit = true;
    elections = [];
  });

  afterEach(async () => {
    leases.hanging = false;
    const ending = elections.map((election) => election.stop());
    await pass(20_000);
    await Promise.all(ending);
  });

  it('makes the first one leader and keeps the second waiting', async () => {
    const first = run('a');
    await pass(500);
    const second = run('b');
    await pass(60_000);
    expect(said).toEqual(['a leads']);
    expect([first.isLeader, second.isLeader]).toEqual([true, false]);
    expect([mayWrite('a'), mayWrite('b')]).toEqual([true, false]);
    expect(leases.lease?.spec).toMatchObject({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
      acquireTime: '2026-01-01T00:00:00.000000Z',
    });
    expect(leases.writes).toBeGreaterThan(25);
  });

  it('lets only one win when both start at once', async () => {
    run('a');
    run('b');
    await pass(10_000);
    expect(said.filter((line) => line.endsWith('leads'))).toHaveLength(1);
  });

  it('takes over when a leader has not been heard of for the length of its lease, by our own clock', async () => {
    // The dead leader's clock was an hour ahead of ours.
    const renewTime = new k8s.V1MicroTime(clock.now() + 3_600_000);
    leases.put({
      metadata: { name: 'leader' },
      spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime, acquireTime: renewTime, leaseTransitions: 3 },
    });
    run('b');
    await pass(14_500);
    expect(said).toEqual([]);
    await pass(3_000);
    expect(said).toEqual(['b leads']);
    expect(leases.lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 4 });
  });

  it.each([
    { reason: 'the API server fails', fault: () => (leases.failing = 500) },
    { reason: 'the API server does not answer', fault: () => (leases.hanging = true) },
    { reason: 'it is of no use any more', fault: () => (fit = false) },
  ])('gives up before the lease ends when $reason', async ({ fault }) => {
    const election = run('a');
    await pass(4_000);
    fault();
    await pass(8_000);
    expect(election.isLeader).toBe(true);
    await pass(2_500);
    expect(election.isLeader).toBe(false);
    // Nobody is given time to finish: another may lead from now on.
    expect(said).toEqual(['a leads', 'a is out']);
    await expect(election.done).resolves.toBe('lost');
  });

  it('gives up at once when somebody else holds the lease', async () => {
    const election = run('a');
    await pass(4_000);
    leases.put({ ...leases.lease, spec: { ...leases.lease?.spec, holderIdentity: 'b' } });
    await pass(2_500);
    expect(said).toEqual(['a leads', 'a is out']);
    await expect(election.done).resolves.toBe('lost');
    expect(holder()).toBe('b');
  });

  it('survives a short failure', async () => {
    const election = run('a');
    await pass(4_000);
    leases.failing = 500;
    await pass(6_000);
    leases.failing = undefined;
    await pass(60_000);
    expect(election.isLeader).toBe(true);
    expect(mayWrite('a')).toBe(true);
  });

  it('is out of office one renew deadline after the last renewal, by the clock alone, however late it hears of it', async () => {
    run('a');
    await pass(4_000);
    const renewedAt = Date.parse(String(leases.lease?.spec?.renewTime));
    leases.hanging = true;
    clock.skip(renewedAt + 9_999 - clock.now());
    expect(mayWrite('a')).toBe(true);
    clock.skip(1);
    expect(mayWrite('a')).toBe(false);
  });

  it('gives the lease away when stopped, once the work has ended, and renews it until then', async () => {
    const work = Promise.withResolvers<undefined>();
    const first = run('a', () => work.promise);
    await pass(500);
    const second = run('b');
    await pass(4_000);
    const stopping = first.stop();
    await pass(30_000);
    expect([holder(), second.isLeader, mayWrite('a')]).toEqual(['a', false, true]);
    work.resolve(undefined);
    await pass(3_000);
    await stopping;
    await expect(first.done).resolves.toBe('stopped');
    expect(second.isLeader).toBe(true);
    expect(said).toEqual(['a leads', 'a stops', 'a is out', 'b leads']);
  });

  it('stops a candidate without a trace', async () => {
    run('a');
    await pass(500);
    const second = run('b');
    await pass(4_000);
    const stopping = second.stop();
    await pass(2_500);
    await stopping;
    await expect(second.done).resolves.toBe('stopped');
    expect(holder()).toBe('a');
    // Only the leader's next renewal.
    expect(clock.pending).toBe(1);
    expect(said).not.toContain('b stops');
  });
});
