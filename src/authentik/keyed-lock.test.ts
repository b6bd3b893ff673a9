import fc from 'fast-check';
import { KeyedLock } from './keyed-lock.ts';

describe('KeyedLock', () => {
  it('runs tasks of one key in order and never two at once, whatever they take and however they end', async () => {
    const task = fc.record({ key: fc.constantFrom('a', 'b', 'c'), ticks: fc.nat(4), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(task, { maxLength: 20 }), async (tasks) => {
        const lock = new KeyedLock();
        const running = new Map<string, number>();
        const order: { key: string; index: number }[] = [];
        const outcomes = await Promise.allSettled(
          tasks.map(async ({ key, ticks, fails }, index) =>
            lock.run(key, async () => {
              running.set(key, (running.get(key) ?? 0) + 1);
              order.push({ key, index });
              expect(running.get(key)).toBe(1);
              for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
              running.set(key, 0);
              if (fails) throw new Error(`task ${index}`);
              return index;
            }),
          ),
        );
        expect(outcomes.map(({ status }) => status)).toEqual(tasks.map(({ fails }) => (fails ? 'rejected' : 'fulfilled')));
        for (const key of ['a', 'b', 'c']) {
          const started = order.filter((entry) => entry.key === key).map(({ index }) => index);
          expect(started).toEqual([...started].sort((x, y) => x - y));
        }
        expect(lock.size).toBe(0);
      }),
    );
  });

  it('lets other keys pass', async () => {
    const lock = new KeyedLock();
    const { promise: blocked, resolve: unblock } = Promise.withResolvers<unknown>();
    const first = lock.run('a', async () => blocked);
    await expect(lock.run('b', async () => Promise.resolve('passed'))).resolves.toBe('passed');
    unblock('done');
    await expect(first).resolves.toBe('done');
  });
});
