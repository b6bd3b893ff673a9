/**
 * Reads what a test run printed and ends it with one line, `N passed, N failed`. The exit code is that of the run, or 1 when tests failed in spite of it.
 *
 *   node scripts/test-summary.ts <log> <exit code of the run>
 */
import { readFileSync } from 'node:fs';

/** Passed and failed tests, summed over every summary that Jest wrote into the text. */
export function testCounts(text: string): { readonly passed: number; readonly failed: number } {
  // eslint-disable-next-line no-control-regex -- colours are control characters
  const plain = text.replace(/\u001b\[[0-9;]*m/g, '');
  const summaries = [...plain.matchAll(/^Tests: +(.*)$/gm)].map(([, summary]) => summary ?? '');
  const sum = (word: string): number =>
    summaries.reduce((total, summary) => total + Number(new RegExp(`(\\d+) ${word}`).exec(summary)?.[1] ?? 0), 0);
  return { passed: sum('passed'), failed: sum('failed') };
}

/** The last line. A run that failed without a failed test (types, lint, a file that can't be loaded) counts as one failure. */
export function summary(text: string, exitCode: number): { readonly line: string; readonly exitCode: number } {
  const { passed, failed } = testCounts(text);
  const counted = failed === 0 && exitCode !== 0 ? 1 : failed;
  return { line: `${passed} passed, ${counted} failed`, exitCode: exitCode === 0 && failed > 0 ? 1 : exitCode };
}

if (import.meta.main) {
  const [log = '', code = '1'] = process.argv.slice(2);
  const result = summary(readFileSync(log, 'utf8'), Number(code));
  console.log(result.line);
  process.exitCode = result.exitCode;
}
