import { BlueprintFeed } from '../authentik/blueprint-feed.ts';
import type { AuthentikClient } from '../authentik/client.ts';
import { DriftFeed, type DriftChange } from '../authentik/drift-feed.ts';
import { isSeenByVisitors } from '../authentik/seen-by-visitors.ts';
import type { VisitMemory } from '../authentik/visit-memory.ts';
import { POLICY_BINDING, STAGE_BINDING } from '../catalogue/bindings.ts';
import { TARGETS } from '../catalogue/references.ts';
import { keyTopic } from '../runtime/claim.ts';
import type { Clock } from '../runtime/clock.ts';
import { toOperatorError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { pathsOf } from './mirrored.ts';
import type { Followed, ServerMirror } from './mirror.ts';
import type { OwnWrites } from './own-writes.ts';
import { serverTopic } from './topics.ts';

/** Without the permission it is asked for again only now and then, in milliseconds. */
const DENIED_PAUSE_MS = 10 * 60_000;
/** However often it seems that something was missed, everything is compared at most so often, in milliseconds. */
const LEAST_BETWEEN_RESYNCS_MS = 60_000;
/** How often in a row the news may fail before it is said: a restart of Authentik, or a slow moment, is no news. */
const FAILURES_UNSAID = 3;
/** What was asked for so shortly before counts as now, in milliseconds: many objects that go together ask together. */
const RECENT_MS = 2000;
/** A full comparison of all servers at the same moment would be a burst; each comes up to a tenth earlier. */
const JITTER = 0.1;

/** What the watch works with. */
export interface ChangeWatchParts {
  readonly address: string;
  readonly client: Pick<AuthentikClient, 'base' | 'get'>;
  readonly mirror: () => ServerMirror;
  readonly visits: Pick<VisitMemory, 'forget'>;
  readonly ownWrites: OwnWrites;
  readonly clock: Clock;
  readonly log: Logger;
  /** Looks again at everybody who is indexed under a topic. */
  readonly wake: (topic: string) => void;
  /** Looks again at everything on the server, and at its connections. */
  readonly resync: () => void;
  /** What is told has changed: connections say so. */
  readonly toldChanged: () => void;
  readonly random?: () => number;
}

/** Whether a source of news can be used; `off` when nobody asked for it, `failing` when it answers with errors again and again. */
export type Told = 'yes' | 'denied' | 'failing' | 'off' | 'unknown';

/** How often to look, in milliseconds; 0 for never. */
export interface Intervals {
  readonly pollMs: number;
  readonly resyncMs: number;
}

/**
 * Notices what others change on one server: between full comparisons one request per interval to the audit log and one to the list of
 * blueprints, and only what changed there is looked at. What our own requests did is known already. Without the permissions for that, the
 * full comparison at its interval finds it.
 */
export class ChangeWatch implements Followed {
  readonly #parts: ChangeWatchParts;
  readonly #log: DriftFeed;
  readonly #blueprints: BlueprintFeed;
  #intervals: Intervals = { pollMs: 0, resyncMs: 0 };
  #begun: Promise<void> | undefined;
  #attempted = false;
  #logTold: Told = 'unknown';
  #blueprintsTold: Told = 'unknown';
  readonly #failures = { log: 0, blueprints: 0 };
  #cancelPoll: (() => void) | undefined;
  #cancelResync: (() => void) | undefined;
  #resyncedAt = -Infinity;
  #polledAt = -Infinity;
  /** How many of our own writes had been answered by the last poll that succeeded. */
  #answered = 0;
  #polling: Promise<void> | undefined;
  #catchingUp: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: ChangeWatchParts) {
    this.#parts = parts;
    this.#log = new DriftFeed(parts.client);
    this.#blueprints = new BlueprintFeed(parts.client);
  }

  get follows(): boolean {
    return this.#logTold === 'yes';
  }

  /** What tells of changes, for whoever shows it. */
  get told(): { readonly log: Told; readonly blueprints: Told } {
    return { log: this.#logTold, blueprints: this.#blueprintsTold };
  }

  /** Looks where the log ends, before anything is read that is to be kept up to date. Trouble here is no trouble of whoever asks. */
  async begun(): Promise<void> {
    this.#begun ??= this.#poll().finally(() => this.#schedulePoll());
    return this.#begun;
  }

  /** Everything that others did up to now is known afterwards, as far as it is told. */
  async catchUp(): Promise<void> {
    await this.begun();
    if (!this.follows || this.#parts.clock.now() - this.#polledAt <= RECENT_MS) return;
    this.#catchingUp ??= this.#ask('log', async () => this.#readLog())
      .then((told) => void (this.#logTold = told))
      .finally(() => {
        this.#catchingUp = undefined;
      });
    await this.#catchingUp;
  }

  /** Takes intervals over. What is known so far stays known. */
  tune(intervals: Intervals): void {
    if (intervals.pollMs === this.#intervals.pollMs && intervals.resyncMs === this.#intervals.resyncMs) return;
    this.#intervals = intervals;
    if (this.#begun !== undefined) void this.begun().then(() => this.#schedulePoll());
    this.#scheduleResync();
  }

  /** What we changed or took away ourselves may have stood in the way of another object of ours; the log's entry of it is passed over. */
  wrote(method: string): void {
    if (method !== 'POST') this.#parts.wake(serverTopic(this.#parts.address, 'changed'));
  }

  /** Something changed that visitors may get to see. */
  shown(): void {
    this.#parts.visits.forget();
    this.#parts.wake(serverTopic(this.#parts.address, 'visited'));
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelPoll?.();
    this.#cancelResync?.();
  }

  /** Something was missed, and nobody knows what. */
  #missed(): void {
    this.#parts.mirror().invalidate();
    const wait = this.#resyncedAt + LEAST_BETWEEN_RESYNCS_MS - this.#parts.clock.now();
    if (wait <= 0) this.#resync();
    else this.#scheduleResync(wait);
  }

  #resync(): void {
    this.#resyncedAt = this.#parts.clock.now();
    this.#parts.mirror().invalidate();
    this.#parts.visits.forget();
    this.#parts.resync();
    this.#scheduleResync();
  }

  #scheduleResync(ms = this.#intervals.resyncMs * (1 - JITTER * (this.#parts.random ?? Math.random)())): void {
    this.#cancelResync?.();
    this.#cancelResync = undefined;
    if (ms > 0 && !this.#stopped) this.#cancelResync = this.#parts.clock.setTimeout(() => this.#resync(), ms);
  }

  #schedulePoll(): void {
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
    const { pollMs } = this.#intervals;
    if (pollMs <= 0 || this.#stopped) return;
    const denied = this.#logTold === 'denied';
    const run = (): void => void this.#poll().finally(() => this.#schedulePoll());
    this.#cancelPoll = this.#parts.clock.setTimeout(run, denied ? Math.max(pollMs, DENIED_PAUSE_MS) : pollMs);
  }

  async #poll(): Promise<void> {
    this.#polling ??= this.#pollNow().finally(() => {
      this.#polling = undefined;
    });
    return this.#polling;
  }

  async #pollNow(): Promise<void> {
    const before = JSON.stringify(this.told);
    const off = this.#intervals.pollMs <= 0;
    [this.#logTold, this.#blueprintsTold] = off
      ? ['off', 'off']
      : await Promise.all([this.#ask('log', async () => this.#readLog()), this.#ask('blueprints', async () => this.#readBlueprints())]);
    // Whoever opens the first connection waits for the first look, and says what it came to.
    const first = !this.#attempted;
    this.#attempted = true;
    if (!first && JSON.stringify(this.told) !== before) this.#parts.toldChanged();
  }

  /** Trouble here is no trouble of the objects: the next poll goes on where the last good one ended. */
  async #ask(source: 'log' | 'blueprints', run: () => Promise<void>): Promise<Told> {
    try {
      await run();
      this.#failures[source] = 0;
      return 'yes';
    } catch (thrown) {
      const { reason, message } = toOperatorError(thrown);
      const denied = reason === 'PermissionDenied';
      const failures = (this.#failures[source] = denied ? 0 : this.#failures[source] + 1);
      const detail = { server: this.#parts.address, source, reason, detail: message };
      if (failures === FAILURES_UNSAID + 1) this.#parts.log.warn(detail, 'what others change can not be asked for, again and again');
      else this.#parts.log.debug(detail, 'what others change could not be asked for');
      if (denied) return 'denied';
      return failures > FAILURES_UNSAID ? 'failing' : this.told[source];
    }
  }

  async #readLog(): Promise<void> {
    const { clock, ownWrites } = this.#parts;
    const startedAt = clock.now();
    const { answered } = ownWrites;
    const { changes, complete } = await this.#log.poll(answered - this.#answered);
    this.#polledAt = startedAt;
    this.#answered = answered;
    // What was read while nobody told may have changed since.
    const lateStart = this.#attempted && this.#logTold !== 'yes';
    if (!complete || lateStart) {
      this.#missed();
      return;
    }
    if (changes.length > 0) await ownWrites.settled();
    const foreign = changes.filter(({ requestID }) => !ownWrites.has(requestID));
    if (foreign.some(({ model }) => isSeenByVisitors(model))) this.shown();
    await this.#react(foreign.filter(({ model }) => pathsOf(model).length > 0));
  }

  async #readBlueprints(): Promise<void> {
    if (await this.#blueprints.poll()) this.#missed();
  }

  async #react(changes: readonly DriftChange[]): Promise<void> {
    const { address, wake } = this.#parts;
    const topics = new Set<string>();
    const rows = this.#parts.mirror();
    const bindings: (() => Promise<void>)[] = [];
    for (const { model, pk, action } of changes) {
      const [path = ''] = pathsOf(model);
      if (model === STAGE_BINDING.model || model === POLICY_BINDING.model) {
        noteTarget(rows.peek(path, pk), topics);
        // Whose it is now, or has become; nobody cares where no bindings are looked at.
        if (action !== 'model_deleted' && rows.holds(path)) bindings.push(async () => noteTarget(await rows.get(path, pk), topics));
      }
      rows.changed(model, pk);
      topics.add(keyTopic(pk));
      // People come and go all the time, and flows hardly depend on one of them.
      if (model === TARGETS.user.model) continue;
      topics.add(serverTopic(address, 'changed'));
      topics.add(serverTopic(address, action === 'model_deleted' ? 'gone' : 'appeared'));
    }
    for (const look of bindings) await look();
    for (const topic of topics) wake(topic);
  }
}

function noteTarget(binding: { readonly [field: string]: unknown } | undefined, topics: Set<string>): void {
  const target = binding?.['target'];
  if (typeof target === 'string') topics.add(keyTopic(target));
}
