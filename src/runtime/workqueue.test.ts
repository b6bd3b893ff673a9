import { FakeClock, settle } from './fake-clock.ts';
import { Workqueue } from './workqueue.ts';

/** A handler that ends when the test says so. */
class Work {
  readonly started: string[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #running = new Map<string, PromiseWithResolvers<undefined>>();

  readonly handler = (key: string, signal: AbortSignal): Promise<void> => {
    this.started.push(key);
    this.signals.push(signal);
    const run = Promise.withResolvers<undefined>();
    this.#running.set(key, run);
    return run.promise;
  };

  async finish(key: string): Promise<void> {
    this.#running.get(key)?.resolve(undefined);
    await settle();
  }

  async fail(key: string): Promise<void> {
    this.#running.get(key)?.reject(new Error('failed'));
    await settle();
  }
}

describe('Workqueue', () => {
  let clock: FakeClock;
  let queue: Workqueue;
  let work: Work;

  beforeEach(() => {
    clock = new FakeClock();
    queue = new Workqueue({ baseDelayMs: 100, maxDelayMs: 1_000, clock, random: () => 1 });
    work = new Work();
  });

  it('runs keys in the order they were added, no more at a time than there are workers', async () => {
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    queue.start(2, work.handler);
    await settle();
    expect(work.started).toEqual(['a', 'b']);
    expect(queue.depth).toBe(2);
    await work.finish('b');
    expect(work.started).toEqual(['a', 'b', 'c']);
    expect([queue.running, queue.depth]).toEqual([2, 1]);
  });

  it('lets what a person waits for overtake a resync, and the resync go on all the same', async () => {
    queue = new Workqueue({ baseDelayMs: 100, maxDelayMs: 1_000, maxOvertaking: 2, clock, random: () => 1 });
    for (const key of ['r1', 'r2', 'e0']) queue.add(key, 'routine');
    for (const key of ['e1', 'e0', 'e2']) queue.add(key);
    queue.start(1, work.handler);
    for (const key of ['e1', 'e0', 'r1', 'e2', 'r2']) {
      await settle();
      await work.finish(key);
    }
    expect(work.started).toEqual(['e1', 'e0', 'r1', 'e2', 'r2']);
  });

  it('knows how long the oldest run has been going on', async () => {
    queue.start(2, work.handler);
    queue.add('a');
    await clock.advance(3_000);
    queue.add('b');
    await clock.advance(1_000);
    expect(queue.longestRunMs).toBe(4_000);
    await work.finish('a');
    expect(queue.longestRunMs).toBe(1_000);
    await work.finish('b');
    expect(queue.longestRunMs).toBe(0);
  });

  it('knows for how long nothing has been taken or done though something waits', async () => {
    queue.add('a');
    await clock.advance(9_000);
    // Who only stands by takes nothing, and that is right.
    expect(queue.standstillMs).toBe(0);
    queue.start(1, work.handler);
    await clock.advance(1_000);
    // It runs, and nothing else waits.
    expect(queue.standstillMs).toBe(0);
    queue.add('b');
    await clock.advance(2_000);
    expect(queue.standstillMs).toBe(3_000);
    await work.finish('a');
    queue.add('c');
    expect(queue.standstillMs).toBe(0);
    await clock.advance(500);
    expect(queue.standstillMs).toBe(500);
  });

  it('holds a waiting key once', async () => {
    for (const key of ['a', 'a', 'b', 'a']) queue.add(key);
    expect(queue.depth).toBe(2);
    queue.start(4, work.handler);
    await settle();
    expect(work.started).toEqual(['a', 'b']);
  });

  it('never runs a key twice at a time; one added while it runs runs once more', async () => {
    queue.start(4, work.handler);
    queue.add('a');
    await settle();
    queue.add('a');
    queue.add('a');
    await settle();
    expect(work.started).toEqual(['a']);
    await work.finish('a');
    expect(work.started).toEqual(['a', 'a']);
    await work.finish('a');
    expect(work.started).toEqual(['a', 'a']);
    expect([queue.running, queue.depth]).toEqual([0, 0]);
  });

  it('lets whoever adds a key go on before its handler runs', () => {
    queue.start(1, work.handler);
    queue.add('a');
    expect(work.started).toEqual([]);
  });

  describe('addAfter', () => {
    beforeEach(() => queue.start(4, work.handler));

    it.each([
      { delays: [300, 100], ms: 100, reason: 'the earlier time wins when it comes second' },
      { delays: [100, 300], ms: 100, reason: 'the earlier time wins when it comes first' },
      { delays: [100, 100], ms: 100, reason: 'the same time twice is once' },
    ])('$reason', async ({ delays, ms }) => {
      for (const delay of delays) queue.addAfter('a', delay);
      expect(queue.waiting).toBe(1);
      await clock.advance(ms - 1);
      expect(work.started).toEqual([]);
      await clock.advance(1);
      expect(work.started).toEqual(['a']);
      await work.finish('a');
      await clock.advance(1_000);
      expect(work.started).toEqual(['a']);
    });

    it.each([0, -1])('%d ms is now', async (ms) => {
      queue.addAfter('a', ms);
      await settle();
      expect(work.started).toEqual(['a']);
    });
  });

  it('backs off per key, and starts over when the key is forgotten', async () => {
    queue.start(1, work.handler);
    for (const delay of [100, 200, 400, 800, 1_000, 1_000]) {
      const before = work.started.length;
      queue.addRateLimited('a');
      await clock.advance(delay - 1);
      expect(work.started).toHaveLength(before);
      await clock.advance(1);
      expect(work.started).toHaveLength(before + 1);
      await work.finish('a');
    }
    expect(queue.failures('a')).toBe(6);
    expect(queue.failures('b')).toBe(0);
    queue.forget('a');
    expect(queue.failures('a')).toBe(0);
  });

  it('waits at least half of the backoff', async () => {
    queue = new Workqueue({ baseDelayMs: 100, maxDelayMs: 1_000, clock, random: () => 0 });
    queue.start(1, work.handler);
    queue.addRateLimited('a');
    await clock.advance(49);
    expect(work.started).toEqual([]);
    await clock.advance(1);
    expect(work.started).toEqual(['a']);
  });

  it('tries a key again whose handler failed', async () => {
    queue.start(1, work.handler);
    queue.add('a');
    await settle();
    await work.fail('a');
    expect(queue.failures('a')).toBe(1);
    await clock.advance(100);
    expect(work.started).toEqual(['a', 'a']);
  });

  it('starts only once', () => {
    queue.start(1, work.handler);
    expect(() => queue.start(1, work.handler)).toThrow('started before');
  });

  describe('stop', () => {
    it('takes no new work, drops what waits, and resolves when the running has ended', async () => {
      queue.start(1, work.handler);
      queue.add('a');
      queue.add('b');
      queue.addAfter('c', 100);
      await settle();
      let stopped = false;
      const stopping = queue.stop(5_000).then(() => (stopped = true));
      queue.add('d');
      queue.addAfter('d', 1);
      queue.addRateLimited('d');
      await clock.advance(4_000);
      expect(stopped).toBe(false);
      await work.finish('a');
      await stopping;
      await clock.advance(10_000);
      expect(work.started).toEqual(['a']);
      expect(work.signals[0]?.aborted).toBe(false);
      expect(clock.pending).toBe(0);
    });

    it('aborts what still runs after the grace, and leaves behind what does not listen', async () => {
      queue.start(1, work.handler);
      queue.add('a');
      await settle();
      let stopped = false;
      const stopping = queue.stop(5_000).then(() => (stopped = true));
      await clock.advance(5_000);
      expect(work.signals[0]?.aborted).toBe(true);
      expect(stopped).toBe(false);
      await clock.advance(1_000);
      await stopping;
    });

    it('does not begin what was about to run', async () => {
      queue.start(1, work.handler);
      queue.add('a');
      await queue.stop(1_000);
      expect(work.started).toEqual([]);
    });
  });
});
