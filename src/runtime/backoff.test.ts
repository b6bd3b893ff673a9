import { equalJitter, exponential, fullJitter } from './backoff.ts';

describe('exponential', () => {
  it.each([
    { failures: 1, expected: 1_000, reason: 'the first failure waits the base' },
    { failures: 2, expected: 2_000, reason: 'each further one twice as long' },
    { failures: 5, expected: 16_000, reason: 'each further one twice as long' },
    { failures: 6, expected: 30_000, reason: 'no more than the most' },
    { failures: 10_000, expected: 30_000, reason: 'no overflow' },
  ])('$failures failures: $expected ms ($reason)', ({ failures, expected }) => {
    expect(exponential(failures, { baseMs: 1_000, maxMs: 30_000 })).toBe(expected);
  });
});

it('jitter stays in its half or in the whole', () => {
  expect([0, 0.5, 1].map((random) => fullJitter(100, () => random))).toEqual([0, 50, 100]);
  expect([0, 0.5, 1].map((random) => equalJitter(100, () => random))).toEqual([50, 75, 100]);
});
