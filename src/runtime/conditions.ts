import { displayable } from './displayable.ts';
import type { Reason } from './reasons.ts';

export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** A condition as the Kubernetes API conventions define it. */
export interface Condition {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly observedGeneration?: number | undefined;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

/** A judgement before it is stamped. */
export interface Judgement {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: Reason;
  readonly message: string;
}

/** Kubernetes refuses longer messages; nobody reads that far either. */
const MAX_MESSAGE = 1024;

/**
 * The only way to change conditions: stamps the generation on each, keeps a transition time while the status stays the same, and
 * keeps the order stable, so that equal judgements give equal status and no write.
 */
export class ConditionSet {
  readonly #byType: Map<string, Condition>;
  /** As they were last written: what came and went within one pass was no transition that anybody saw. */
  #written: ReadonlyMap<string, Condition>;
  readonly #generation: number;
  readonly #now: () => string;

  constructor(previous: readonly Condition[], generation: number, now: () => string) {
    this.#byType = new Map(previous.map((condition) => [condition.type, condition]));
    this.#written = new Map(this.#byType);
    this.#generation = generation;
    this.#now = now;
  }

  get(type: string): Condition | undefined {
    return this.#byType.get(type);
  }

  mark({ type, status, reason, message }: Judgement): void {
    const same = [this.#written.get(type), this.#byType.get(type)].find((before) => before?.status === status);
    const lastTransitionTime = same?.lastTransitionTime ?? this.#now();
    const line = displayable(message);
    const text = line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE - 1)}…` : line;
    this.#byType.set(type, { type, status, observedGeneration: this.#generation, lastTransitionTime, reason, message: text });
  }

  /** For abnormal-true conditions, which are absent when all is well (kstatus). */
  remove(type: string): void {
    this.#byType.delete(type);
  }

  /** The present judgements are in the store. */
  written(): void {
    this.#written = new Map(this.#byType);
  }

  toArray(): Condition[] {
    return [...this.#byType.values()].sort((a, b) => rank(a.type) - rank(b.type) || a.type.localeCompare(b.type));
  }
}

/** What should be known of an object although it is Ready. The engine tells those around it when it changes. */
export const ADVICE = 'Advice';

const FIRST = ['Ready', 'Reconciling', 'Stalled'];

function rank(type: string): number {
  const place = FIRST.indexOf(type);
  return place < 0 ? FIRST.length : place;
}

/**
 * Whether the counterpart is whole: made, and as the present spec declares, apart from weak links. Unlike Ready this doesn't end when a
 * connection is lost for a while, so what waits for each other in a loop gets out of it after an outage.
 */
export function isWhole(object: { readonly metadata: { readonly generation: number }; readonly status?: unknown }): boolean {
  const status = object.status as { uuid?: string; conditions?: readonly Condition[] } | undefined;
  const synced = status?.conditions?.find((condition) => condition.type === 'Synced');
  return status?.uuid !== undefined && synced?.status === 'True' && synced.observedGeneration === object.metadata.generation;
}

/** Whether the object lacks nothing but a weak link, which what is made of it doesn't wait for. */
export function lacksOnlyLinks(object: { readonly metadata: { readonly generation: number }; readonly status?: unknown }): boolean {
  const status = object.status as { observedGeneration?: number; conditions?: readonly Condition[] } | undefined;
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready');
  return ready?.reason === 'LinkPending' && status?.observedGeneration === object.metadata.generation;
}

/** Whether the object says that it is Ready, for its present generation. */
export function isReady(object: { readonly metadata: { readonly generation: number }; readonly status?: unknown }): boolean {
  const status = object.status as { observedGeneration?: number; conditions?: readonly Condition[] } | undefined;
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready');
  return ready?.status === 'True' && status?.observedGeneration === object.metadata.generation;
}

/**
 * Whether the last verdict on an object was Ready, maybe on an earlier spec. Until an edit is judged, what it is about stands as it was: who
 * rests on it needn't say otherwise for that moment.
 */
export function wasLastReady(object: { readonly status?: unknown }): boolean {
  const status = object.status as { conditions?: readonly Condition[] } | undefined;
  return status?.conditions?.find((condition) => condition.type === 'Ready')?.status === 'True';
}
