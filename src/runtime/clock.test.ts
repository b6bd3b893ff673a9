import { jest } from '@jest/globals';
import { MAX_TIMER_MS, sleep, systemClock } from './clock.ts';
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

  describe('with a time longer than a timer of Node can be', () => {
    const month = 30 * 24 * 3_600_000;
    beforeEach(() => jest.useFakeTimers());
    afterEach(() => jest.useRealTimers());

    it('calls back when it is over, and not at once', () => {
      const called = jest.fn();
      systemClock.setTimeout(called, 2 * month);
      jest.advanceTimersByTime(2 * month - 1);
      expect(called).not.toHaveBeenCalled();
      jest.advanceTimersByTime(1);
      expect(called).toHaveBeenCalledTimes(1);
    });

    it('can be cancelled after it was armed again', () => {
      const called = jest.fn();
      const cancel = systemClock.setTimeout(called, month);
      jest.advanceTimersByTime(MAX_TIMER_MS + 1);
      cancel();
      jest.advanceTimersByTime(month);
      expect(called).not.toHaveBeenCalled();
      expect(jest.getTimerCount()).toBe(0);
    });
  });
});
