import fc from 'fast-check';
import { Lanes } from './lanes.ts';

/** `a1` is in lane `a`, which bears as many as `limits` says. */
function lanes(limits: Readonly<Record<string, number>>): Lanes<string> {
  const made = new Lanes<string>();
  made.divide((key) => ({ name: key.charAt(0), limit: limits[key.charAt(0)] ?? 1 }));
  return made;
}

describe('lanes', () => {
  it('have their turns one after the other, however long one of them is', () => {
    const queue = lanes({ a: 10, b: 10 });
    for (const key of ['a1', 'a2', 'a3', 'b1']) queue.add(key, 'routine');
    expect([queue.next(), queue.next(), queue.next(), queue.next()]).toEqual(['a1', 'b1', 'a2', 'a3']);
  });

  it('let run as many of theirs as they bear, and the next when one is done', () => {
    const queue = lanes({ a: 2, b: 1 });
    for (const key of ['a1', 'a2', 'a3', 'b1', 'b2']) queue.add(key, 'routine');
    expect([queue.next(), queue.next(), queue.next(), queue.next()]).toEqual(['a1', 'b1', 'a2', undefined]);
    queue.done('b1');
    expect(queue.next()).toBe('b2');
    expect(queue.next()).toBeUndefined();
    queue.done('a1');
    expect(queue.next()).toBe('a3');
  });

  it('let what is urgent overtake within them, and not in others', () => {
    const queue = lanes({ a: 9, b: 9 });
    for (const key of ['a1', 'a2', 'b1']) queue.add(key, 'routine');
    queue.add('a2', 'urgent');
    expect([queue.next(), queue.next(), queue.next()]).toEqual(['a2', 'b1', 'a1']);
  });

  it('lose nothing, run nothing twice, and keep their limits, in any order of what happens', () => {
    const key = fc.constantFrom('a1', 'a2', 'a3', 'b1', 'b2', 'c1');
    const step = fc.record({ do: fc.constantFrom('add', 'urge', 'next', 'done'), key });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const limits: Readonly<Record<string, number>> = { a: 2, b: 1, c: 3 };
        const queue = lanes(limits);
        const waiting = new Set<string>();
        const running = new Set<string>();
        const take = (): string | undefined => {
          const next = queue.next();
          if (next === undefined) return undefined;
          expect(waiting.delete(next)).toBe(true);
          running.add(next);
          for (const [lane, limit] of Object.entries(limits))
            expect([...running].filter((each) => each.startsWith(lane)).length).toBeLessThanOrEqual(limit);
          return next;
        };
        for (const { do: action, key: about } of steps) {
          if (action === 'next') take();
          else if (action === 'done') {
            if (running.delete(about)) queue.done(about);
          } else if (!running.has(about)) {
            queue.add(about, action === 'urge' ? 'urgent' : 'routine');
            waiting.add(about);
          }
        }
        expect(queue.size).toBe(waiting.size);
        for (const each of running) queue.done(each);
        running.clear();
        for (let next = take(); next !== undefined; next = take()) {
          running.delete(next);
          queue.done(next);
        }
        expect(waiting.size).toBe(0);
      }),
    );
  });
});
