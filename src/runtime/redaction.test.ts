import { Redaction } from './redaction.ts';

const secret = (namespace: string, name = 'smtp') => ({ kind: 'Secret', namespace, name });

describe('Redaction', () => {
  let redaction: Redaction;

  beforeEach(() => {
    redaction = new Redaction();
  });

  it('takes out the whole of the longer of two values that begin alike, in whatever order they were learnt', () => {
    redaction.learn(secret('a'), '1', ['hunter2-of-old', 'hunter2-of-old-and-new']);
    redaction.learn(secret('b'), '1', ['hunter2-of', 'hunter2-of-old-and-newest']);
    expect(redaction.scrub('refused hunter2-of-old-and-new, hunter2-of-old-and-newest, hunter2-of-old and hunter2-of')).toBe(
      'refused [redacted], [redacted], [redacted] and [redacted]',
    );
  });

  it('leaves words alone that somebody has for a password', () => {
    redaction.learn(secret('a'), '1', ['Ready', 'level', 'true']);
    expect(redaction.scrub('Ready is true at this level')).toBe('Ready is true at this level');
  });

  it('tells one tenant nothing about the Secrets of another', () => {
    redaction.learn(secret('a'), '1', ['correct-horse']);
    expect(redaction.scrub('no stage "correct-horse"', ['b'])).toBe('no stage "correct-horse"');
    expect(redaction.scrub('no stage "correct-horse"', ['b', 'a'])).toBe('no stage "[redacted]"');
    redaction.learn(secret('b'), '1', ['correct-horse']);
    redaction.forget(secret('a'));
    expect(redaction.scrub('correct-horse', ['a'])).toBe('correct-horse');
    expect(redaction.scrub('correct-horse', ['b'])).toBe('[redacted]');
  });

  it('knows a value that was just replaced, and forgets it with the next', () => {
    redaction.learn(secret('a'), '1', ['first-password']);
    redaction.learn(secret('a'), '2', ['second-password']);
    expect(redaction.scrub('first-password second-password')).toBe('[redacted] [redacted]');
    redaction.learn(secret('a'), '3', ['third-password']);
    redaction.learn(secret('a'), '3', ['another-of-the-third']);
    expect(redaction.scrub('first-password second-password third-password another-of-the-third')).toBe(
      'first-password [redacted] [redacted] [redacted]',
    );
  });

  it('forgets a Secret that is gone', () => {
    redaction.learn(secret('a'), '1', ['first-password']);
    redaction.forget(secret('a'));
    redaction.forget(secret('a'));
    expect(redaction.scrub('first-password')).toBe('first-password');
  });

  it('costs about the same per line, however many values it knows', () => {
    const line = 'x'.repeat(400);
    // The quickest of several: the machine has other work to do.
    const time = (): number =>
      Math.min(
        ...Array.from({ length: 5 }, () => {
          const started = performance.now();
          for (let i = 0; i < 200; i += 1) redaction.scrub(line);
          return performance.now() - started;
        }),
      );
    redaction.learn(secret('a'), '1', ['a-first-value']);
    time();
    const few = time();
    for (let i = 0; i < 10_000; i += 1) redaction.learn(secret('a', `s${i}`), '1', [`value-number-${i}-abcdefgh`]);
    expect(time()).toBeLessThan(few * 20 + 20);
  });
});
