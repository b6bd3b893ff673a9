import { isOlderVersion } from './resource-version.ts';

it.each([
  { version: '9', other: '10', older: true, reason: 'numbers, not texts' },
  { version: '10', other: '10', older: false, reason: 'the same' },
  { version: '11', other: '10', older: false, reason: 'newer' },
  { version: '9007199254740993', other: '9007199254740994', older: true, reason: 'beyond what a double holds' },
  { version: 'a', other: 'b', older: false, reason: 'nothing is known of what is no number' },
  { version: '', other: '1', older: false, reason: 'nothing is known of what is no number' },
])('isOlderVersion("$version", "$other") is $older: $reason', ({ version, other, older }) => {
  expect(isOlderVersion(version, other)).toBe(older);
});
