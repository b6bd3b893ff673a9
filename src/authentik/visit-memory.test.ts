import { seen } from './sighting.ts';
import { VisitMemory } from './visit-memory.ts';

const fine = { sighting: seen('fine'), loginFlowSlug: 'login', market: undefined };

describe('VisitMemory', () => {
  let memory: VisitMemory;
  beforeEach(() => {
    memory = new VisitMemory();
    memory.begin('a', 'f1')(fine);
  });

  it('recalls what was seen of the same', () => {
    expect(memory.recall('a', 'f1')).toBe(fine);
  });

  it.each([
    { reason: 'what it depends on has changed', then: () => memory.recall('a', 'f2') },
    { reason: 'nobody looked at it yet', then: () => memory.recall('b', 'f1') },
    {
      reason: 'it was dropped',
      then: () => {
        memory.drop('a');
        return memory.recall('a', 'f1');
      },
    },
    {
      reason: 'everything was forgotten',
      then: () => {
        memory.forget();
        return memory.recall('a', 'f1');
      },
    },
    {
      reason: 'it was forgotten alone, while somebody looked',
      then: () => {
        const remember = memory.begin('a', 'f1');
        memory.forgetOf('a');
        remember(fine);
        return memory.recall('a', 'f1');
      },
    },
    {
      reason: 'everything was forgotten while somebody looked',
      then: () => {
        const remember = memory.begin('b', 'f1');
        memory.forget();
        remember(fine);
        return memory.recall('b', 'f1');
      },
    },
  ])('has another look when $reason', ({ then }) => {
    expect(then()).toBeUndefined();
  });

  it('forgets nothing of one for what was changed of another', () => {
    memory.forgetOf('b');
    expect(memory.recall('a', 'f1')).toBe(fine);
  });

  it('tells whether anything was forgotten since, and not what happened before it was first asked', () => {
    memory.forget();
    expect(memory.forgottenSinceNoted('a')).toBe(false);
    memory.forget();
    expect(memory.forgottenSinceNoted('a')).toBe(true);
    memory.note('a');
    expect(memory.forgottenSinceNoted('a')).toBe(false);
  });
});
