import { sleep, systemClock } from './clock.ts';
import { FakeClock } from './fake-clock.ts';

describe('sleep', () => {
  it.each([
    { reason: 'ends in time', abortAt: undefined, ends: 100 },
    { reason: 'ends early when aborted', abortAt: 40, ends: 40 },
    { reason: 'does not begin when aborted before', abortAt: 0, ends: 0 },
  ])('$reason, and leaves nothing behind', async ({ abortAt, ends }) => {
    const clock = new FakeClock(0);
    const abort = new AbortController();
    if (abortAt === 0) abort.abort();
    else if (abortAt !== undefined) clock.setTimeout(() => abort.abort(), abortAt);
    let ended: number | undefined;
    const sleeping = sleep(clock, 100, abort.signal).then(() => (ended = clock.now()));
    await clock.advance(ends);
    await sleeping;
    expect(ended).toBe(ends);
    expect(clock.pending).toBe(0);
  });
});

describe('systemClock', () => {
  it('shows about the time of day', () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60_000);
  });

  it('calls back, unless cancelled', async () => {
    const called: string[] = [];
    systemClock.setTimeout(() => called.push('cancelled'), 0)();
    await new Promise<void>((resolve) => {
      systemClock.setTimeout(() => {
        called.push('kept');
        resolve();
      }, 1);
    });
    expect(called).toEqual(['kept']);
  });
});
