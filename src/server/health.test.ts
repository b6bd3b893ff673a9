import { AuthentikError } from '../authentik/errors.ts';
import { FakeClock } from '../runtime/fake-clock.ts';
import { Health } from './health.ts';

const ANSWERED = { kind: 'answered', requestID: undefined } as const;
const UNANSWERED = { kind: 'unanswered', error: new AuthentikError('Unreachable', 'no answer') } as const;

function setUp() {
  const clock = new FakeClock();
  const heard: string[] = [];
  const health = new Health({
    host: 'authentik',
    clock,
    probe: () => void heard.push('probe'),
    recovered: () => void heard.push('recovered'),
  });
  const fail = (times: number): void => {
    for (let index = 0; index < times; index += 1) health.noted(UNANSWERED);
  };
  return { clock, heard, health, fail };
}

describe('the health of a server', () => {
  it('is asked for a moment after the first failure, and good again with the first answer, which is no news', async () => {
    const { clock, heard, health, fail } = setUp();
    fail(3);
    expect(() => health.admit()).not.toThrow();
    await clock.advance(1000);
    expect(heard).toEqual(['probe']);
    health.noted(ANSWERED);
    await clock.advance(600_000);
    expect(heard).toEqual(['probe']);
  });

  it('lets nothing through after four failures in a row, and everything with the first answer', () => {
    const { heard, health, fail } = setUp();
    fail(4);
    expect(() => health.admit()).toThrow(expect.objectContaining({ reason: 'Unreachable', refused: true }) as Error);
    health.noted(ANSWERED);
    expect(() => health.admit()).not.toThrow();
    expect(heard).toEqual(['recovered']);
  });

  it('counts failures in a row only, and nothing that we called off ourselves', () => {
    const { health, fail } = setUp();
    fail(3);
    health.noted(ANSWERED);
    fail(3);
    health.noted({ kind: 'called off' });
    expect(health.isOpen).toBe(false);
  });

  it('is bad enough to say so after ten seconds', async () => {
    const { clock, health, fail } = setUp();
    fail(4);
    expect(health.isDown).toBe(false);
    await clock.advance(10_000);
    expect(health.isDown).toBe(true);
  });

  it('is asked for less and less often, but for ever', async () => {
    const { clock, heard, fail } = setUp();
    fail(1);
    const pauses: number[] = [];
    for (let probe = 0, since = clock.now(); probe < 6; probe += 1, since = clock.now()) {
      while (heard.length === probe) await clock.advance(500);
      pauses.push(clock.now() - since);
      fail(1);
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000]);
  });

  it('gives a server the patience that it asks for, to everybody', async () => {
    const { clock, health } = setUp();
    const error = new AuthentikError('RateLimited', 'slow down', { retryAfterMs: 5000 });
    health.noted({ ...ANSWERED, error });
    await clock.advance(2000);
    expect(() => health.admit()).toThrow(expect.objectContaining({ reason: 'RateLimited', retryAfterMs: 3000, refused: true }) as Error);
    await clock.advance(3000);
    expect(() => health.admit()).not.toThrow();
  });

  it('is nobody’s business once the server is not used any more', async () => {
    const { clock, heard, health, fail } = setUp();
    fail(4);
    health.stop();
    health.noted(ANSWERED);
    await clock.advance(60_000);
    expect(heard).toEqual([]);
  });
});
