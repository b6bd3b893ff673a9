import { DependencyIndex } from './dependency-index.ts';
import { loopThrough, refuseLoop } from './dependency-loop.ts';
import type { ObjectKey } from './object.ts';

const key = (name: string): ObjectKey => ({ kind: 'Thing', namespace: 'market', name });

function indexOf(needs: Readonly<Record<string, readonly string[]>>): DependencyIndex {
  const index = new DependencyIndex();
  for (const [name, others] of Object.entries(needs)) index.setNeeds(key(name), others.map(key));
  return index;
}

describe('refuseLoop', () => {
  it.each([
    { reason: 'nothing needed', needs: { a: [] } },
    { reason: 'a diamond', needs: { a: ['b', 'c'], b: ['d'], c: ['d'], d: [] } },
    { reason: 'a loop that others are in', needs: { a: ['b'], b: ['c'], c: ['b'] } },
  ])('lets pass $reason', ({ needs }) => {
    expect(() => refuseLoop(key('a'), indexOf(needs))).not.toThrow();
  });

  it.each([
    { reason: 'itself', needs: { a: ['a'] }, says: 'Thing a needs Thing a' },
    {
      reason: 'a way back, the shortest',
      needs: { a: ['b', 'x'], x: ['y'], y: ['z'], z: ['a'], b: ['c'], c: ['a'] },
      says: 'Thing a needs Thing b, which needs Thing c, which needs Thing a',
    },
  ])('names $reason', ({ needs, says }) => {
    expect(() => refuseLoop(key('a'), indexOf(needs))).toThrow(
      expect.objectContaining({ reason: 'InvalidSpec', message: expect.stringContaining(says) as string }) as Error,
    );
  });

  it('forgets what is not needed any more', () => {
    const index = indexOf({ a: ['b'], b: ['a'] });
    index.setNeeds(key('b'), []);
    expect(loopThrough(key('a'), (from) => index.needs(from))).toBeUndefined();
  });
});
