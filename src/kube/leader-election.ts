import * as k8s from '@kubernetes/client-node';
import { sleep, systemClock, type Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { TermOfOffice } from '../runtime/office.ts';
import { describeApiError, statusCodeOf } from './api-error.ts';
import { FIELD_MANAGER } from './field-manager.ts';
import type { Plain } from './plain.ts';

type Lease = Plain<k8s.V1Lease>;

/** The calls that an election makes; a part of {@link k8s.CoordinationV1Api}. */
export interface LeaseCalls {
  readNamespacedLease(request: { namespace: string; name: string }): Promise<Lease>;
  createNamespacedLease(request: { namespace: string; body: Lease; fieldManager: string }): Promise<Lease>;
  replaceNamespacedLease(request: { namespace: string; name: string; body: Lease; fieldManager: string }): Promise<Lease>;
}

export interface LeaderElectionOptions {
  readonly client: LeaseCalls;
  readonly namespace: string;
  readonly name: string;
  /** Who we are; no two candidates may have the same. */
  readonly identity: string;
  /** Others take over when the leader hasn't been heard of for so long, in milliseconds. */
  readonly leaseDurationMs?: number;
  /** A leader that couldn't renew for so long gives up by itself, in milliseconds; shorter than the lease. */
  readonly renewDeadlineMs?: number;
  /** Time between two tries, in milliseconds. */
  readonly retryPeriodMs?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly logger: Logger;
  /** Held while we lead: it is extended with every renewal to the renew deadline, and ended when the lease is lost or given away. */
  readonly office: TermOfOffice;
  /** A leader that answers false stops renewing, and so makes room for another: it may be alive and of no use. */
  readonly isFit?: () => boolean;
  /** We lead now, and may write as long as the office is held. */
  readonly onStartedLeading: () => void;
  /** On {@link LeaderElection.stop}: finish what was begun. The office is held until this resolves; then the lease is given away. */
  readonly onStopping: () => void | Promise<void>;
}

export interface LeaderElection {
  readonly isLeader: boolean;
  /** `lost`: somebody else may lead; the process should end. `stopped`: we were told to. */
  readonly done: Promise<'lost' | 'stopped'>;
  /** Ends the candidacy. A leader keeps renewing until `onStopping` has resolved, then gives the lease away, so that another can lead at once. */
  stop(): Promise<void>;
}

/**
 * Runs for leader on a Lease, as client-go does: writes are guarded by the resourceVersion, and whether a leader is alive is judged
 * by how long *we* have seen no change, so clocks that differ do no harm. Someone who lost never leads again; start a new process.
 */
export function runLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const candidate = new Candidate(options);
  candidate.start();
  return candidate;
}

class Candidate implements LeaderElection {
  readonly #options: Required<Pick<LeaderElectionOptions, 'leaseDurationMs' | 'renewDeadlineMs' | 'retryPeriodMs' | 'clock' | 'random'>> &
    LeaderElectionOptions;
  readonly #done = Promise.withResolvers<'lost' | 'stopped'>();
  /** Ends the candidacy. */
  readonly #ending = new AbortController();
  /** The lease as last seen, and when we first saw it so. */
  #observed: { readonly spec: string; readonly at: number } | undefined;
  #leader: string | undefined;
  #isLeader = false;
  #stopping: Promise<void> | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = {
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2_000,
      clock: systemClock,
      random: Math.random,
      ...options,
    };
  }

  get isLeader(): boolean {
    return this.#isLeader;
  }

  get done(): Promise<'lost' | 'stopped'> {
    return this.#done.promise;
  }

  start(): void {
    this.#run().then(this.#done.resolve, this.#done.reject);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    if (this.#isLeader) await this.#options.onStopping();
    this.#leaveOffice();
    this.#ending.abort();
    if ((await this.done) === 'stopped' && this.#leader === this.#options.identity) await this.#release();
  }

  async #run(): Promise<'lost' | 'stopped'> {
    const { signal } = this.#ending;
    let renewedAt: number | undefined;
    while (!signal.aborted && renewedAt === undefined) {
      renewedAt = await this.#try();
      if (renewedAt === undefined) await this.#pause();
    }
    if (renewedAt === undefined || signal.aborted) return 'stopped';
    this.#isLeader = true;
    this.#extendOffice(renewedAt);
    this.#options.onStartedLeading();
    const lost = await this.#renew(renewedAt);
    // Before anybody is told: what is under way must not go on for a moment.
    if (lost) this.#leaveOffice();
    return lost ? 'lost' : 'stopped';
  }

  /** Renews until it must not lead any more (true) or is told to end (false). */
  async #renew(since: number): Promise<boolean> {
    const { clock, renewDeadlineMs, logger, isFit } = this.#options;
    const { signal } = this.#ending;
    let renewedAt = since;
    while (!signal.aborted) {
      await this.#pause();
      if (this.#isEnding()) return false;
      const attempt = new AbortController();
      // A request that hangs must not keep us in office.
      const deadline = sleep(clock, renewedAt + renewDeadlineMs - clock.now(), attempt.signal);
      const renewed = await Promise.race([isFit?.() === false ? undefined : this.#try(), deadline]);
      attempt.abort();
      if (this.#isEnding()) return false;
      if (renewed !== undefined) {
        renewedAt = renewed;
        this.#extendOffice(renewedAt);
      } else if (this.#leader !== this.#options.identity || clock.now() - renewedAt >= renewDeadlineMs) {
        logger.error({ leader: this.#leader }, 'lost the lease');
        return true;
      }
    }
    return false;
  }

  #extendOffice(renewedAt: number): void {
    this.#options.office.extend(renewedAt + this.#options.renewDeadlineMs);
  }

  #leaveOffice(): void {
    this.#isLeader = false;
    this.#options.office.end();
  }

  #isEnding(): boolean {
    return this.#ending.signal.aborted;
  }

  #pause(): Promise<void> {
    const { clock, random, retryPeriodMs } = this.#options;
    return sleep(clock, retryPeriodMs * (1 + random() * 0.2), this.#ending.signal);
  }

  /** Takes or renews the lease. Returns since when it is certainly ours, or undefined. Never rejects. */
  async #try(): Promise<number | undefined> {
    const { client, namespace, name, identity, clock, logger } = this.#options;
    const startedAt = clock.now();
    try {
      const lease = await this.#read();
      if (lease === undefined) {
        const body = { metadata: { name, namespace }, spec: this.#spec(undefined) };
        await client.createNamespacedLease({ namespace, body, fieldManager: FIELD_MANAGER });
      } else {
        this.#observe(lease);
        if (!this.#isFree(lease)) return undefined;
        await this.#replace(lease, this.#spec(lease.spec));
      }
      this.#setLeader(identity);
      return startedAt;
    } catch (error) {
      // 409: another candidate was faster.
      if (statusCodeOf(error) !== 409)
        logger.warn({ lease: `${namespace}/${name}`, error: describeApiError(error) }, 'could not take or renew the lease');
      return undefined;
    }
  }

  async #read(): Promise<Lease | undefined> {
    const { client, namespace, name } = this.#options;
    try {
      return await client.readNamespacedLease({ namespace, name });
    } catch (error) {
      if (statusCodeOf(error) === 404) return undefined;
      throw error;
    }
  }

  async #replace(lease: Lease, spec: Plain<k8s.V1LeaseSpec>): Promise<void> {
    const { client, namespace, name } = this.#options;
    await client.replaceNamespacedLease({ namespace, name, body: { ...lease, spec }, fieldManager: FIELD_MANAGER });
  }

  #observe(lease: Lease): void {
    const spec = JSON.stringify(lease.spec ?? {});
    if (this.#observed?.spec !== spec) this.#observed = { spec, at: this.#options.clock.now() };
    const holder = lease.spec?.holderIdentity;
    if (holder !== undefined && holder !== '') this.#setLeader(holder);
  }

  #isFree({ spec }: Lease): boolean {
    const { identity, leaseDurationMs, clock } = this.#options;
    const holder = spec?.holderIdentity ?? '';
    if (holder === '' || holder === identity) return true;
    const duration = spec?.leaseDurationSeconds === undefined ? leaseDurationMs : spec.leaseDurationSeconds * 1000;
    return this.#observed !== undefined && clock.now() - this.#observed.at >= duration;
  }

  #spec(before: Plain<k8s.V1LeaseSpec> | undefined): Plain<k8s.V1LeaseSpec> {
    const { identity, leaseDurationMs, clock } = this.#options;
    const now = new k8s.V1MicroTime(clock.now());
    const isOurs = before?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
      renewTime: now,
      acquireTime: isOurs ? (before.acquireTime ?? now) : now,
      leaseTransitions: before === undefined ? 0 : (before.leaseTransitions ?? 0) + (isOurs ? 0 : 1),
    };
  }

  #setLeader(identity: string): void {
    if (this.#leader === identity) return;
    this.#leader = identity;
    this.#options.logger.info({ leader: identity }, identity === this.#options.identity ? 'this replica leads' : 'another replica leads');
  }

  async #release(): Promise<void> {
    const { identity, namespace, name, logger, clock } = this.#options;
    try {
      const lease = await this.#read();
      if (lease?.spec?.holderIdentity !== identity) return;
      await this.#replace(lease, {
        ...lease.spec,
        holderIdentity: '',
        leaseDurationSeconds: 1,
        renewTime: new k8s.V1MicroTime(clock.now()),
      });
    } catch (error) {
      logger.warn({ lease: `${namespace}/${name}`, error: describeApiError(error) }, 'could not give the lease away; it ends by itself');
    }
  }
}
