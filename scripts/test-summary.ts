/**
 * Reads what a test run printed and ends it with one line, `N passed, N failed`; the line before says how many were skipped, if any. The exit code
 * is that of the run, or 1 when tests failed in spite of it, or when none passed.
 *
 *   node scripts/test-summary.ts <log> <exit code of the run>
 */
import { readFileSync } from 'node:fs';

/** Passed, failed and skipped tests, summed over every summary that Jest wrote into the text. */
export function testCounts(text: string): { readonly passed: number; readonly failed: number; readonly skipped: number } {
  // eslint-disable-next-line no-control-regex -- colours are control characters
  const plain = text.replace(/\u001b\[[0-9;]*m/g, '');
  const summaries = [...plain.matchAll(/^Tests: +(.*)$/gm)].map(([, summary]) => summary ?? '');
  const sum = (word: string): number =>
    summaries.reduce((total, summary) => total + Number(new RegExp(`(\\d+) ${word}`).exec(summary)?.[1] ?? 0), 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/**
 * What to end with. A run that failed without a failed test (types, lint, a file that can't be loaded) counts as one failure, and so does one in
 * which nothing passed: whatever went wrong there, it has shown nothing.
 */
export function summary(text: string, exitCode: number): { readonly lines: readonly string[]; readonly exitCode: number } {
  const { passed, failed, skipped } = testCounts(text);
  const counted = failed === 0 && (exitCode !== 0 || passed === 0) ? 1 : failed;
  const last = `${passed} passed, ${counted} failed`;
  return { lines: skipped === 0 ? [last] : [`${skipped} skipped`, last], exitCode: exitCode === 0 && counted > 0 ? 1 : exitCode };
}

if (import.meta.main) {
  const [log = '', code = '1'] = process.argv.slice(2);
  const result = summary(readFileSync(log, 'utf8'), Number(code));
  console.log(result.lines.join('\n'));
  process.exitCode = result.exitCode;
}
