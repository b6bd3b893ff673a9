import { compareMinor, parseVersion, standingOfVersion, SUPPORTED } from './versions.ts';

describe('versions', () => {
  it.each([
    { reason: 'a release', version: '2025.12.4', expected: { year: 2025, month: 12, patch: 4, minor: '2025.12' } },
    {
      reason: 'a release candidate counts as its release',
      version: '2026.5.0-rc1',
      expected: { year: 2026, month: 5, patch: 0, minor: '2026.5' },
    },
    { reason: 'a build', version: '2026.2.2+abc', expected: { year: 2026, month: 2, patch: 2, minor: '2026.2' } },
    { reason: 'a minor alone', version: '2026.2', expected: { year: 2026, month: 2, patch: 0, minor: '2026.2' } },
  ])('reads $reason', ({ version, expected }) => {
    expect(parseVersion(version)).toEqual(expected);
  });

  it.each(['', 'latest', '2026', '2026.5.0.1', '26.5.0', 'v2026.5.0'])('refuses "%s"', (version) => {
    expect(() => parseVersion(version)).toThrow(expect.objectContaining({ reason: 'UnsupportedVersion' }) as Error);
  });

  it('orders by number: December comes after October, and February of the next year after both', () => {
    expect(['2026.2', '2025.12', '2026.10', '2025.10'].sort((a, b) => compareMinor(parseVersion(a).minor, parseVersion(b).minor))).toEqual([
      '2025.10',
      '2025.12',
      '2026.2',
      '2026.10',
    ]);
    expect([...SUPPORTED].sort(compareMinor)).toEqual(SUPPORTED);
  });

  it.each([
    { version: '2025.10.4', is: 'tested', minor: '2025.10', reason: 'the oldest one' },
    { version: '2026.5.0-rc1', is: 'tested', minor: '2026.5', reason: 'patches and candidates are of their minor' },
    { version: '2026.11.0', is: 'newer', minor: '2026.8', reason: 'newer than all: used as the newest' },
    { version: '2027.1.2', is: 'newer', minor: '2026.8', reason: 'of a later year' },
    { version: '2026.4.1', is: 'newer', minor: '2026.2', reason: 'between two that are tested: nothing of the later one is counted on' },
    { version: '2025.8.6', is: 'older', minor: '2025.10', reason: 'older than all' },
  ])('takes $version for $is, as $minor: $reason', ({ version, is, minor }) => {
    expect(standingOfVersion(version)).toEqual({ is, minor });
  });
});
