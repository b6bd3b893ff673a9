/**
 * `urgent` is what somebody waits for, such as an object that a person edited. `routine` is what nobody asked for: a resync, a retry,
 * what is found at start.
 */
export type Urgency = 'urgent' | 'routine';

/** Keys that share something that bears only so many of them at a time, such as a server. */
export interface LaneName {
  readonly name: string;
  /** How many of its keys may run at a time. */
  readonly limit: number;
}

/** Which lane a key belongs to, this moment. */
export type LaneOf<T> = (key: T) => LaneName;

const MAX_OVERTAKING = 16;
const ONE_FOR_ALL: LaneName = { name: '', limit: Infinity };

interface Lane<T> {
  readonly name: string;
  limit: number;
  readonly waiting: Readonly<Record<Urgency, Set<T>>>;
  /** How many urgent keys have run since the last routine one. */
  overtaking: number;
  running: number;
}

/**
 * Keys that could run, in lanes. Lanes have their turns one after the other, as far as their limits allow: a lane that is full, or long,
 * costs the others nothing. Within a lane keys keep their order, urgent ones before the others, as long as nobody waits for ever.
 */
export class Lanes<T> {
  readonly #maxOvertaking: number;
  #laneOf: LaneOf<T> = () => ONE_FOR_ALL;
  /** In the order of their turns. */
  readonly #lanes = new Map<string, Lane<T>>();
  /** Where each key waits. */
  readonly #places = new Map<T, Lane<T>>();
  /** In which lane each key runs. */
  readonly #running = new Map<T, Lane<T>>();

  constructor(maxOvertaking = MAX_OVERTAKING) {
    this.#maxOvertaking = maxOvertaking;
  }

  /** How many keys wait. */
  get size(): number {
    return this.#places.size;
  }

  /** Tells keys' lanes apart from now on; those that wait already are sorted anew. */
  divide(laneOf: LaneOf<T>): void {
    this.#laneOf = laneOf;
    const waiting = [...this.#places].map(
      ([key, lane]) => ({ key, urgency: lane.waiting.urgent.has(key) ? 'urgent' : 'routine' }) as const,
    );
    this.clear();
    for (const { key, urgency } of waiting) this.add(key, urgency);
  }

  /** A key that waits already becomes urgent when it is added as urgent, and stays so. */
  add(key: T, urgency: Urgency): void {
    const lane = this.#places.get(key) ?? this.#laneNamed(this.#laneOf(key));
    const { urgent, routine } = lane.waiting;
    if (urgent.has(key) || (urgency === 'routine' && routine.has(key))) return;
    routine.delete(key);
    lane.waiting[urgency].add(key);
    this.#places.set(key, lane);
  }

  /** Takes the key whose turn it is; undefined when none may run. It runs until {@link done}. */
  next(): T | undefined {
    for (const lane of this.#lanes.values()) {
      if (lane.running >= lane.limit) continue;
      const key = this.#nextOf(lane);
      if (key === undefined) continue;
      this.#places.delete(key);
      this.#running.set(key, lane);
      lane.running += 1;
      // Behind the others.
      this.#lanes.delete(lane.name);
      this.#lanes.set(lane.name, lane);
      return key;
    }
    return undefined;
  }

  done(key: T): void {
    const lane = this.#running.get(key);
    if (lane === undefined) return;
    this.#running.delete(key);
    lane.running -= 1;
    this.#forgetEmpty(lane);
  }

  clear(): void {
    for (const lane of this.#lanes.values()) {
      lane.waiting.urgent.clear();
      lane.waiting.routine.clear();
      this.#forgetEmpty(lane);
    }
    this.#places.clear();
  }

  #nextOf(lane: Lane<T>): T | undefined {
    const { urgent, routine } = lane.waiting;
    const turn = urgent.size > 0 && (routine.size === 0 || lane.overtaking < this.#maxOvertaking) ? urgent : routine;
    const [key] = turn;
    if (key === undefined) return undefined;
    turn.delete(key);
    lane.overtaking = turn === urgent && routine.size > 0 ? lane.overtaking + 1 : 0;
    return key;
  }

  #laneNamed({ name, limit }: LaneName): Lane<T> {
    const lane = this.#lanes.get(name) ?? { name, limit, waiting: { urgent: new Set(), routine: new Set() }, overtaking: 0, running: 0 };
    lane.limit = limit;
    this.#lanes.set(name, lane);
    return lane;
  }

  #forgetEmpty({ name, waiting, running }: Lane<T>): void {
    if (running + waiting.urgent.size + waiting.routine.size === 0) this.#lanes.delete(name);
  }
}
