import { intervalOf, INTERVALS } from './authentik-connection.ts';

describe('the intervals of a connection', () => {
  it.each([
    { reason: 'left out', text: undefined, ms: 3_600_000 },
    { reason: 'several units', text: '1h30m', ms: 5_400_000 },
    { reason: 'off', text: '0s', ms: 0 },
    { reason: 'off in another unit', text: '0h', ms: 0 },
    { reason: 'a month, which is as long as a week', text: '720h', ms: 168 * 3_600_000 },
    { reason: 'as good as at once', text: '1ms', ms: 10_000 },
    { reason: 'more digits than a number holds', text: '99999999999999999999999999999h', ms: 168 * 3_600_000 },
  ])('resyncInterval: $reason', ({ text, ms }) => {
    expect(intervalOf(text === undefined ? {} : { resyncInterval: text }, 'resyncInterval')).toBe(ms);
  });

  it('a request can never be given no time at all', () => {
    expect(intervalOf({ requestTimeout: '0s' }, 'requestTimeout')).toBe(1_000);
    expect(INTERVALS.requestTimeout).not.toHaveProperty('canBeOff');
  });
});
