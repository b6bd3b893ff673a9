import { summary, testCounts } from './test-summary.ts';

describe('testCounts', () => {
  it.each([
    { text: 'Tests:       63 passed, 63 total\n', counts: { passed: 63, failed: 0, skipped: 0 }, reason: 'all passed' },
    {
      text: 'Tests:       1 failed, 2 skipped, 63 passed, 66 total\n',
      counts: { passed: 63, failed: 1, skipped: 2 },
      reason: 'skipped ones count as neither, and are told',
    },
    {
      text: '\u001b[1mTests:       \u001b[22m\u001b[31m1 failed\u001b[39m, 4 total\n',
      counts: { passed: 0, failed: 1, skipped: 0 },
      reason: 'in colour',
    },
    {
      text: 'Tests: 3 passed, 3 total\n...\nTests: 2 failed, 2 total\n',
      counts: { passed: 3, failed: 2, skipped: 0 },
      reason: 'several runs',
    },
    { text: 'nothing\n', counts: { passed: 0, failed: 0, skipped: 0 }, reason: 'no run' },
  ])('$reason', ({ text, counts }) => {
    expect(testCounts(text)).toEqual(counts);
  });
});

describe('summary', () => {
  it.each([
    { text: 'Tests: 5 passed, 5 total', code: 0, lines: ['5 passed, 0 failed'], exitCode: 0, reason: 'a good run' },
    { text: 'Tests: 1 failed, 5 total', code: 2, lines: ['0 passed, 1 failed'], exitCode: 2, reason: 'the exit code of the run is kept' },
    {
      text: 'src/main.ts(1,1): error TS2304',
      code: 2,
      lines: ['0 passed, 1 failed'],
      exitCode: 2,
      reason: 'a failure before the tests is one as well',
    },
    { text: 'Tests: 1 failed, 5 total', code: 0, lines: ['0 passed, 1 failed'], exitCode: 1, reason: 'failed tests are never a success' },
    { text: 'Tests: 10 skipped, 10 total', code: 0, lines: ['10 skipped', '0 passed, 1 failed'], exitCode: 1, reason: 'nothing passed' },
    { text: '', code: 0, lines: ['0 passed, 1 failed'], exitCode: 1, reason: 'nothing ran' },
    {
      text: 'Tests: 2 skipped, 5 passed, 7 total',
      code: 0,
      lines: ['2 skipped', '5 passed, 0 failed'],
      exitCode: 0,
      reason: 'some skipped',
    },
  ])('$reason', ({ text, code, lines, exitCode }) => {
    expect(summary(text, code)).toEqual({ lines, exitCode });
  });
});
