import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { FakeClock, settle } from './fake-clock.ts';
import type { Urgency } from './lanes.ts';
import { Workqueue } from './workqueue.ts';

const BASE_MS = 100;
const MAX_MS = 1_600;
const MAX_OVERTAKING = 2;
const KEYS = ['a', 'b', 'c', 'd', 'e'] as const;
type Key = (typeof KEYS)[number];

/** What a queue of this kind must do, said as plainly as possible: lists and arithmetic, no timers, no promises. */
class Model {
  readonly workers: number;
  now = 0;
  /** Both kinds in one list, in the order of their turn apart from what overtakes. */
  ready: { key: Key; urgency: Urgency }[] = [];
  overtaking = 0;
  running: Key[] = [];
  readonly again = new Map<Key, Urgency>();
  readonly due = new Map<Key, number>();
  readonly failures = new Map<Key, number>();
  /** Every run that began, in order. */
  readonly started: Key[] = [];

  constructor(workers: number) {
    this.workers = workers;
  }

  add(key: Key, urgency: Urgency): void {
    if (this.running.includes(key)) this.again.set(key, this.again.get(key) === 'urgent' ? 'urgent' : urgency);
    else this.enlist(key, urgency);
    this.fill();
  }

  enlist(key: Key, urgency: Urgency): void {
    const waiting = this.ready.find((each) => each.key === key);
    if (waiting !== undefined && (waiting.urgency === 'urgent' || urgency === 'routine')) return;
    this.ready = [...this.ready.filter((each) => each.key !== key), { key, urgency }];
  }

  addAfter(key: Key, ms: number): void {
    if (ms <= 0) this.add(key, 'routine');
    else if (this.now + ms < (this.due.get(key) ?? Infinity)) {
      // Put anew, so that it comes after others of the same time.
      this.due.delete(key);
      this.due.set(key, this.now + ms);
    }
  }

  addRateLimited(key: Key): void {
    const failures = (this.failures.get(key) ?? 0) + 1;
    this.failures.set(key, failures);
    this.addAfter(key, Math.min(MAX_MS, BASE_MS * 2 ** (failures - 1)));
  }

  finish(key: Key): void {
    this.running = this.running.filter((each) => each !== key);
    const urgency = this.again.get(key);
    this.again.delete(key);
    if (urgency !== undefined) this.enlist(key, urgency);
    this.fill();
  }

  fail(key: Key): void {
    this.addRateLimited(key);
    this.finish(key);
  }

  advance(ms: number): void {
    const end = this.now + ms;
    // A stable sort: of two that are due together the one that was put there first comes first, as timers do.
    const falling = [...this.due].filter(([, due]) => due <= end).sort(([, left], [, right]) => left - right);
    for (const [key] of falling) {
      this.due.delete(key);
      this.add(key, 'routine');
    }
    this.now = end;
  }

  fill(): void {
    while (this.running.length < this.workers) {
      const urgent = this.ready.find((each) => each.urgency === 'urgent');
      const routine = this.ready.find((each) => each.urgency === 'routine');
      const patient = routine === undefined || this.overtaking < MAX_OVERTAKING;
      const next = urgent !== undefined && patient ? urgent : (routine ?? urgent);
      if (next === undefined) return;
      this.overtaking = next.urgency === 'urgent' && routine !== undefined ? this.overtaking + 1 : 0;
      this.ready = this.ready.filter((each) => each !== next);
      this.running.push(next.key);
      this.started.push(next.key);
    }
  }
}

/** The real queue, with handlers that end on command and that notice when a key runs twice at a time. */
class Real {
  readonly clock = new FakeClock(0);
  readonly queue = new Workqueue<Key>({
    baseDelayMs: BASE_MS,
    maxDelayMs: MAX_MS,
    maxOvertaking: MAX_OVERTAKING,
    clock: this.clock,
    random: () => 1,
  });
  readonly started: Key[] = [];
  readonly overlaps: Key[] = [];
  readonly #running = new Map<Key, PromiseWithResolvers<undefined>>();

  constructor(workers: number) {
    this.queue.start(workers, (key) => {
      if (this.#running.has(key)) this.overlaps.push(key);
      const run = Promise.withResolvers<undefined>();
      this.#running.set(key, run);
      this.started.push(key);
      return run.promise;
    });
  }

  end(key: Key, how: 'finish' | 'fail'): void {
    const run = this.#running.get(key);
    this.#running.delete(key);
    if (how === 'finish') run?.resolve(undefined);
    else run?.reject(new Error('failed'));
  }
}

type Acts = readonly [onModel: (model: Model) => unknown, onReal: (real: Real) => unknown];

class Step implements fc.AsyncCommand<Model, Real> {
  readonly #name: string;
  readonly #acts: Acts;
  readonly #allowed: (model: Readonly<Model>) => boolean;

  constructor(name: string, acts: Acts, allowed: (model: Readonly<Model>) => boolean) {
    this.#name = name;
    this.#acts = acts;
    this.#allowed = allowed;
  }

  check(model: Readonly<Model>): boolean {
    return this.#allowed(model);
  }

  async run(model: Model, real: Real): Promise<void> {
    const [onModel, onReal] = this.#acts;
    onModel(model);
    await onReal(real);
    await settle();
    const { queue, started, overlaps } = real;
    deepStrictEqual(started, model.started);
    deepStrictEqual(overlaps, []);
    deepStrictEqual([queue.depth, queue.running, queue.waiting], [model.ready.length, model.running.length, model.due.size]);
    for (const key of KEYS) deepStrictEqual(queue.failures(key), model.failures.get(key) ?? 0);
  }

  toString(): string {
    return this.#name;
  }
}

function step(name: string, acts: Acts, allowed: (model: Readonly<Model>) => boolean = () => true): Step {
  return new Step(name, acts, allowed);
}

const key = fc.constantFrom(...KEYS);
const delay = fc.integer({ min: 0, max: 2_000 });
const isRunning = (each: Key) => (model: Readonly<Model>) => model.running.includes(each);

const steps = [
  fc
    .tuple(key, fc.constantFrom<Urgency>('urgent', 'routine'))
    .map(([each, urgency]) =>
      step(`add(${each}, ${urgency})`, [(model) => model.add(each, urgency), ({ queue }) => queue.add(each, urgency)]),
    ),
  fc
    .tuple(key, delay)
    .map(([each, ms]) => step(`addAfter(${each}, ${ms})`, [(model) => model.addAfter(each, ms), ({ queue }) => queue.addAfter(each, ms)])),
  key.map((each) => step(`addRateLimited(${each})`, [(model) => model.addRateLimited(each), ({ queue }) => queue.addRateLimited(each)])),
  key.map((each) => step(`unschedule(${each})`, [(model) => model.due.delete(each), ({ queue }) => queue.unschedule(each)])),
  key.map((each) => step(`forget(${each})`, [(model) => model.failures.delete(each), ({ queue }) => queue.forget(each)])),
  key.map((each) => step(`finish(${each})`, [(model) => model.finish(each), (real) => real.end(each, 'finish')], isRunning(each))),
  key.map((each) => step(`fail(${each})`, [(model) => model.fail(each), (real) => real.end(each, 'fail')], isRunning(each))),
  delay.map((ms) => step(`advance(${ms})`, [(model) => model.advance(ms), ({ clock }) => clock.advance(ms)])),
];

it('does what its model does, whatever happens in whatever order', async () => {
  const property = fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.commands(steps, { size: '+1' }), async (workers, commands) => {
    await fc.asyncModelRun(() => ({ model: new Model(workers), real: new Real(workers) }), commands);
  });
  await expect(fc.assert(property, { numRuns: 300 })).resolves.toBeUndefined();
});
