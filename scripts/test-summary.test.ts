import { summary, testCounts } from './test-summary.ts';

describe('testCounts', () => {
  it.each([
    { text: 'Tests:       63 passed, 63 total\n', counts: { passed: 63, failed: 0 }, reason: 'all passed' },
    {
      text: 'Tests:       1 failed, 2 skipped, 63 passed, 66 total\n',
      counts: { passed: 63, failed: 1 },
      reason: 'skipped ones count as neither',
    },
    {
      text: '\u001b[1mTests:       \u001b[22m\u001b[31m1 failed\u001b[39m, 4 total\n',
      counts: { passed: 0, failed: 1 },
      reason: 'in colour',
    },
    { text: 'Tests: 3 passed, 3 total\n...\nTests: 2 failed, 2 total\n', counts: { passed: 3, failed: 2 }, reason: 'several runs' },
    { text: 'nothing\n', counts: { passed: 0, failed: 0 }, reason: 'no run' },
  ])('$reason', ({ text, counts }) => {
    expect(testCounts(text)).toEqual(counts);
  });
});

describe('summary', () => {
  it.each([
    { text: 'Tests: 5 passed, 5 total', code: 0, line: '5 passed, 0 failed', exitCode: 0, reason: 'a good run' },
    { text: 'Tests: 1 failed, 5 total', code: 2, line: '0 passed, 1 failed', exitCode: 2, reason: 'the exit code of the run is kept' },
    {
      text: 'src/main.ts(1,1): error TS2304',
      code: 2,
      line: '0 passed, 1 failed',
      exitCode: 2,
      reason: 'a failure before the tests is one as well',
    },
    { text: 'Tests: 1 failed, 5 total', code: 0, line: '0 passed, 1 failed', exitCode: 1, reason: 'failed tests are never a success' },
  ])('$reason', ({ text, code, line, exitCode }) => {
    expect(summary(text, code)).toEqual({ line, exitCode });
  });
});
