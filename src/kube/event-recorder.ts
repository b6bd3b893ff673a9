import { createHash, randomUUID } from 'node:crypto';
import * as k8s from '@kubernetes/client-node';
import { sleep, systemClock, type Clock } from '../runtime/clock.ts';
import { displayable } from '../runtime/displayable.ts';
import type { EventRecorder } from '../runtime/events.ts';
import type { Logger } from '../runtime/logger.ts';
import type { ManagedObject } from '../runtime/object.ts';
import type { EventReason } from '../runtime/reasons.ts';
import { describeApiError, statusCodeOf } from './api-error.ts';
import { FIELD_MANAGER } from './field-manager.ts';
import type { Plain } from './plain.ts';
import { TokenBuckets } from './token-buckets.ts';

/** The calls that the recorder makes; a part of {@link k8s.EventsV1Api}. */
export interface EventCalls {
  createNamespacedEvent(request: { namespace: string; body: Plain<k8s.EventsV1Event>; fieldManager: string }): Promise<unknown>;
  patchNamespacedEvent(
    request: { namespace: string; name: string; body: { series: Plain<k8s.EventsV1EventSeries> }; fieldManager: string },
    options: k8s.ConfigurationOptions,
  ): Promise<unknown>;
}

export interface KubeEventRecorderOptions {
  readonly events: EventCalls;
  readonly logger: Logger;
  /** Which instance of the operator speaks, e.g. the pod's name. */
  readonly instance: string;
  readonly clock?: Clock;
}

/** The same thing said again within this time counts up the event that is there, in milliseconds. */
const SERIES_MS = 10 * 60_000;
/** An object may say this much at once, and then one thing every five minutes (client-go's defaults). */
const BURST = 25;
const REFILL_MS = 5 * 60_000;
/** Events that wait to be written. More than that means that the API server doesn't take them. */
const MAX_WAITING = 1_000;
/** The API server refuses more than 1 kB; cut in characters, most of which are one byte. */
const MAX_NOTE_BYTES = 1_000;
const FLUSH_MS = 5_000;

const MERGE_PATCH = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch);

/** One thing said about one object, however often. */
interface Series {
  readonly object: ManagedObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: EventReason;
  readonly note: string;
  count: number;
  lastSeen: number;
  /** The name of the Event once it is written. */
  name?: string;
}

/**
 * Writes `events.k8s.io/v1` Events in the background, one after the other. Repetitions count up one Event; an object that talks
 * too much is not heard for a while; what can't be written is logged and dropped.
 */
export class KubeEventRecorder implements EventRecorder {
  readonly #options: KubeEventRecorderOptions;
  readonly #clock: Clock;
  readonly #budget: TokenBuckets;
  /** What was said in the last ten minutes. */
  readonly #series = new Map<string, Series>();
  /** What isn't written yet, or not with its newest count. */
  readonly #waiting = new Set<Series>();
  #writing: Promise<void> | undefined;

  constructor(options: KubeEventRecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#budget = new TokenBuckets({ burst: BURST, refillMs: REFILL_MS, clock: this.#clock });
  }

  record(object: ManagedObject, type: 'Normal' | 'Warning', reason: EventReason, message: string): void {
    const fields = { kind: object.kind, namespace: object.metadata.namespace, name: object.metadata.name, reason };
    if (!this.#budget.take(object.metadata.uid)) {
      this.#options.logger.debug(fields, 'too many events about one object; this one is left out');
      return;
    }
    const now = this.#clock.now();
    this.#forget(now);
    const note = cut(displayable(message));
    const id = createHash('sha256')
      .update(JSON.stringify([object.metadata.uid, type, reason, note]))
      .digest('base64');
    const known = this.#series.get(id);
    if (known === undefined && this.#waiting.size >= MAX_WAITING) {
      this.#options.logger.warn(fields, 'too many events wait to be written; this one is left out');
      return;
    }
    const series = known ?? { object, type, reason, note, count: 0, lastSeen: now };
    series.count += 1;
    series.lastSeen = now;
    // Sorted by age: the oldest come first.
    this.#series.delete(id);
    this.#series.set(id, series);
    this.#waiting.add(series);
    this.#writing ??= this.#write();
  }

  /** Resolves once everything recorded so far is written or given up, at the latest after `ms` milliseconds. */
  async flush(ms = FLUSH_MS): Promise<void> {
    if (this.#writing === undefined) return;
    const written = new AbortController();
    await Promise.race([this.#writing, sleep(this.#clock, ms, written.signal)]);
    written.abort();
  }

  async #write(): Promise<void> {
    // Everything said in one go is counted before the first is written.
    await Promise.resolve();
    for (const series of this.#waiting) {
      this.#waiting.delete(series);
      await this.#send(series);
    }
    this.#writing = undefined;
  }

  async #send(series: Series): Promise<void> {
    const { namespace } = series.object.metadata;
    try {
      if (series.name === undefined || !(await this.#countUp(series, series.name))) {
        const name = eventName(series.object);
        await this.#options.events.createNamespacedEvent({ namespace, body: this.#toEvent(series, name), fieldManager: FIELD_MANAGER });
        series.name = name;
      }
    } catch (error) {
      const { kind, metadata } = series.object;
      const fields = { kind, namespace, name: metadata.name, reason: series.reason, error: describeApiError(error) };
      this.#options.logger.warn(fields, 'an event could not be written');
    }
  }

  /** Returns whether the Event was still there. */
  async #countUp(series: Series, name: string): Promise<boolean> {
    const body = { series: seriesOf(series) };
    try {
      await this.#options.events.patchNamespacedEvent(
        { namespace: series.object.metadata.namespace, name, body, fieldManager: FIELD_MANAGER },
        MERGE_PATCH,
      );
      return true;
    } catch (error) {
      if (statusCodeOf(error) === 404) return false;
      throw error;
    }
  }

  #toEvent(series: Series, name: string): Plain<k8s.EventsV1Event> {
    const { apiVersion, kind, metadata } = series.object;
    const { namespace, uid, resourceVersion } = metadata;
    return {
      metadata: { name, namespace },
      eventTime: new k8s.V1MicroTime(series.lastSeen),
      type: series.type,
      reason: series.reason,
      action: 'Reconcile',
      note: series.note,
      regarding: { apiVersion, kind, namespace, name: metadata.name, uid, resourceVersion },
      reportingController: FIELD_MANAGER,
      reportingInstance: this.#options.instance.slice(0, 128),
      // The API server wants at least 2 in a series.
      ...(series.count > 1 ? { series: seriesOf(series) } : {}),
    };
  }

  #forget(now: number): void {
    for (const [id, { lastSeen }] of this.#series) {
      if (now - lastSeen < SERIES_MS) return;
      this.#series.delete(id);
    }
  }
}

function seriesOf({ count, lastSeen }: Series): Plain<k8s.EventsV1EventSeries> {
  return { count, lastObservedTime: new k8s.V1MicroTime(lastSeen) };
}

/** Names of Events must be unique; the object's name in front of it is custom, and may be as long as a name may be. */
function eventName({ metadata }: ManagedObject): string {
  return `${metadata.name.slice(0, 200)}.${randomUUID().replaceAll('-', '')}`;
}

function cut(message: string): string {
  const bytes = Buffer.from(message);
  if (bytes.length <= MAX_NOTE_BYTES) return message;
  // A character that the cut went through becomes U+FFFD; it goes as well.
  return `${bytes.subarray(0, MAX_NOTE_BYTES).toString('utf8').replace(/�+$/, '')}…`;
}
