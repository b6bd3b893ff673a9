import { isDeepStrictEqual } from 'node:util';
import { ADVICE, isReady, isWhole, type Condition } from './conditions.ts';
import type { Controller } from './controller.ts';
import { dependencyTopic, holderTopic } from './deletion.ts';
import type { DependencyIndex } from './dependency-index.ts';
import type { LaneName, Urgency } from './lanes.ts';
import { formatKey, keyOf, parseKey, type ManagedObject, type ObjectKey } from './object.ts';
import type { Logger } from './logger.ts';
import type { Reconciler } from './reconciler.ts';
import { claimsLost, claimTopics, isConcerned, keyTopic } from './claim.ts';
import type { ObjectChange, ObjectStore, SourceStore } from './store.ts';
import { orElse, total } from './total.ts';
import type { Workqueue } from './workqueue.ts';

/** What the dispatcher indexes beyond what every kind has, such as primary keys in Authentik. */
export type ExtraTopics = (object: ManagedObject) => readonly string[];

export interface DispatcherParts<Session> {
  readonly controllers: readonly Controller<Session>[];
  readonly reconciler: Reconciler<Session>;
  readonly store: ObjectStore;
  readonly sources: SourceStore;
  readonly index: DependencyIndex;
  readonly queue: Workqueue;
  readonly extraTopics: ExtraTopics;
  /** Hears of every pass that has ended, once its status is written. */
  readonly passed?: (key: ObjectKey) => void;
  readonly log: Pick<Logger, 'debug'>;
}

/**
 * Decides who is looked at when something changes: the object itself when a human changed it, those who refer to it when its
 * readiness changed, rivals when a claim is freed, and what it referred to when that waits to be deleted. Nothing polls.
 */
export class Dispatcher<Session> {
  readonly #parts: DispatcherParts<Session>;
  readonly #controllers: ReadonlyMap<string, Controller<Session>>;
  /** What each object needs: what it declares, and what it declared before as long as that isn't undone. */
  readonly #used = new Map<string, readonly ObjectKey[]>();
  #accepting = true;

  constructor(parts: DispatcherParts<Session>) {
    this.#parts = { ...parts, extraTopics: orElse(parts.extraTopics, [], parts.log) };
    this.#controllers = new Map(parts.controllers.map((controller) => [controller.kind, total(controller, parts.log)]));
    parts.store.subscribe((change) => this.#changed(change));
    parts.sources.subscribe((owner) => this.enqueue(owner));
  }

  /** Starts to work through the queue; call it once the store is synced. */
  start(workers: number, laneOf: (key: ObjectKey) => LaneName): void {
    this.#parts.queue.start(
      workers,
      async (id, signal) => this.#work(id, signal),
      (id) => laneOf(parseKey(id)),
    );
  }

  /** Takes no new work; resolves when what runs has ended, or was given `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#accepting = false;
    await this.#parts.queue.stop(graceMs);
  }

  enqueue(key: ObjectKey, urgency: Urgency = 'urgent'): void {
    if (this.#accepting) this.#parts.queue.add(formatKey(key), urgency);
  }

  /** Looks again at everybody who is indexed under the topic. */
  wake(topic: string, urgency: Urgency = 'urgent'): void {
    for (const owner of this.#parts.index.owners(topic)) this.enqueue(owner, urgency);
  }

  async #work(id: string, signal: AbortSignal): Promise<void> {
    const key = parseKey(id);
    const next = await this.#parts.reconciler.reconcile(key, signal);
    this.#parts.passed?.(key);
    const { queue } = this.#parts;
    switch (next.kind) {
      case 'done':
        queue.forget(id);
        queue.unschedule(id);
        return;
      case 'after':
        queue.addAfter(id, next.ms);
        return;
      case 'again':
        queue.addAfter(id, next.ms, 'urgent');
        return;
      case 'backoff':
        queue.addRateLimited(id);
        return;
    }
  }

  #changed({ key, previous, object }: ObjectChange): void {
    const controller = this.#controllers.get(key.kind);
    if (controller === undefined) return;
    const before = this.#used.get(formatKey(key)) ?? [];
    this.#noteUsed(controller, key, object);
    const { index, sources, queue } = this.#parts;
    index.set(key, object === undefined ? [] : this.#topics(controller, object));
    index.setNeeds(key, object === undefined ? [] : controller.dependencies(object));
    sources.track(key, object === undefined ? [] : controller.sources(object));
    if (object === undefined) queue.forget(formatKey(key));
    else if (changedByHuman(previous, object)) this.enqueue(key);
    if (signature(previous) !== signature(object)) {
      this.#wakeDependents(controller, key, previous, object);
      for (const side of [previous, object]) this.#wakeUsed(controller, side);
    }
    this.#wakeRivals(controller, previous, object);
    this.#wakeDeletions(before, this.#used.get(formatKey(key)) ?? []);
  }

  /**
   * A connection whose server stops to answer is no news of what uses it: nobody is woken, who has something to do finds out. When it is back,
   * those are woken who did.
   */
  #wakeDependents(
    controller: Controller<Session>,
    key: ObjectKey,
    previous: ManagedObject | undefined,
    object: ManagedObject | undefined,
  ): void {
    const topic = dependencyTopic(key);
    const outage =
      controller.manages === 'nothing' && sameBut(previous, object) ? [isUnreachable(previous), isUnreachable(object)] : [false, false];
    if (outage[1] === true && previous !== undefined && isReady(previous)) return;
    const back = outage[0] === true && object !== undefined && isReady(object);
    for (const owner of this.#parts.index.owners(topic)) {
      const dependent = back ? this.#parts.store.get(owner) : undefined;
      if (dependent === undefined || !isSettled(dependent)) this.enqueue(owner);
    }
  }

  /** A spec that leaves something out lets go of it only once that is carried out. */
  #noteUsed(controller: Controller<Session>, key: ObjectKey, object: ManagedObject | undefined): void {
    const id = formatKey(key);
    if (object === undefined) {
      this.#used.delete(id);
      return;
    }
    const former = isReady(object) || isWhole(object) ? [] : (this.#used.get(id) ?? []);
    const all = [...controller.dependencies(object), ...former];
    this.#used.set(id, [...new Map(all.map((dependency) => [formatKey(dependency), dependency])).values()]);
  }

  #topics(controller: Controller<Session>, object: ManagedObject): readonly string[] {
    const used = this.#used.get(formatKey(keyOf(object))) ?? [];
    const uuid = (object.status as { uuid?: string } | undefined)?.uuid;
    return [
      ...used.map(dependencyTopic),
      ...used.map(holderTopic),
      ...(controller.links?.(object) ?? []).map(dependencyTopic),
      ...claimTopics(controller, object),
      ...(uuid === undefined ? [] : [keyTopic(uuid)]),
      ...this.#parts.extraTopics(object),
    ];
  }

  #wakeRivals(controller: Controller<Session>, previous: ManagedObject | undefined, object: ManagedObject | undefined): void {
    const wake = (topics: readonly string[], claim: 'freed' | 'made'): void => {
      for (const owner of topics.flatMap((topic) => this.#parts.index.owners(topic))) {
        const rival = this.#parts.store.get(owner);
        if (rival !== undefined && isConcerned(rival, claim)) this.enqueue(owner);
      }
    };
    wake(claimsLost(controller, previous, object), 'freed');
    wake(claimsLost(controller, object, previous), 'made');
  }

  /** Those whose status tells who uses them. */
  #wakeUsed(controller: Controller<Session>, object: ManagedObject | undefined): void {
    if (object === undefined) return;
    for (const key of controller.dependencies(object))
      if (this.#controllers.get(key.kind)?.watchesUsers === true && this.#parts.store.get(key) !== undefined) this.enqueue(key);
  }

  /** What waits to be deleted until nobody refers to it. */
  #wakeDeletions(before: readonly ObjectKey[], after: readonly ObjectKey[]): void {
    const still = new Set(after.map(formatKey));
    for (const key of before) {
      if (!still.has(formatKey(key)) && this.#parts.store.get(key)?.metadata.deletionTimestamp !== undefined) this.enqueue(key);
    }
  }
}

/** Our own writes of status and finalizer are no reason to look again; what a human can write is. */
function changedByHuman(previous: ManagedObject | undefined, object: ManagedObject): boolean {
  if (previous === undefined || previous.metadata.uid !== object.metadata.uid) return true;
  const [before, after] = [previous.metadata, object.metadata];
  return (
    before.generation !== after.generation ||
    before.deletionTimestamp !== after.deletionTimestamp ||
    !isDeepStrictEqual(before.annotations ?? {}, after.annotations ?? {})
  );
}

/**
 * What others who refer to an object care about. A new generation counts once it is judged: to look sooner would make everybody
 * say "not Ready" for a moment, whatever the edit was. Advice on a flow is said on its stages too, and the other way round.
 */
function signature(object: ManagedObject | undefined): string {
  if (object === undefined) return 'gone';
  const status = object.status as
    { uuid?: string; connectionURL?: string; version?: string; observedGeneration?: number; conditions?: readonly Condition[] } | undefined;
  const find = (type: string): Condition | undefined => status?.conditions?.find((condition) => condition.type === type);
  const [ready, advice] = [find('Ready'), find(ADVICE)];
  return [
    object.metadata.uid,
    status?.uuid,
    status?.connectionURL,
    status?.version,
    status?.observedGeneration,
    ready?.status,
    ready?.reason,
    advice?.message,
    isWhole(object),
    object.metadata.deletionTimestamp,
  ].join('|');
}

function readyOf(object: ManagedObject | undefined): Condition | undefined {
  return (object?.status as { conditions?: readonly Condition[] } | undefined)?.conditions?.find((condition) => condition.type === 'Ready');
}

function isUnreachable(object: ManagedObject | undefined): boolean {
  return readyOf(object)?.status === 'False' && readyOf(object)?.reason === 'Unreachable';
}

/** Whether nothing has changed but what is judged of it. */
function sameBut(previous: ManagedObject | undefined, object: ManagedObject | undefined): boolean {
  const identity = (side: ManagedObject | undefined): string => {
    const { version } = (side?.status ?? {}) as { version?: string };
    return [side?.metadata.uid, side?.metadata.generation, side?.metadata.deletionTimestamp, version].join('|');
  };
  return identity(previous) === identity(object);
}

/** Whether there is nothing left to do. */
function isSettled(object: ManagedObject): boolean {
  const { conditions } = (object.status ?? {}) as { conditions?: readonly Condition[] };
  return isReady(object) && conditions?.some((condition) => condition.type === 'Reconciling') !== true;
}
