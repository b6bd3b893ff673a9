import { OperatorError } from '../runtime/errors.ts';

/** A release of Authentik. `minor` is what decides on features: year and number within the year. */
export interface Version {
  readonly year: number;
  readonly month: number;
  readonly patch: number;
  readonly minor: MinorVersion;
}

/** `2025.12`: minors are numbered by the month of their release. */
export type MinorVersion = `${number}.${number}`;

/** The minors that the operator is tested against, oldest first. */
export const SUPPORTED = ['2025.10', '2025.12', '2026.2', '2026.5', '2026.8'] as const satisfies readonly MinorVersion[];

/** Reads `2025.12.4`, also with a suffix (`2026.5.0-rc1`). Throws `UnsupportedVersion` for anything else. */
export function parseVersion(version: string): Version {
  const match = /^(\d{4})\.(\d{1,2})(?:\.(\d+))?(?![\d.])/.exec(version);
  if (match === null)
    throw new OperatorError('UnsupportedVersion', `Authentik says it is version "${version.slice(0, 40)}", which is none we know.`);
  const [year, month, patch] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  return { year, month, patch, minor: `${year}.${month}` };
}

/** Negative when `a` is older than `b`, 0 when they are the same, positive when it is newer. */
export function compareMinor(a: MinorVersion, b: MinorVersion): number {
  const [first, second] = [parseVersion(a), parseVersion(b)];
  return first.year - second.year || first.month - second.month;
}

/** What the operator takes a server for. */
export interface Standing {
  /** The tested minor whose fields and types are counted on. */
  readonly minor: MinorVersion;
  /** `newer` is used as the newest tested minor that isn't newer than it; `older` is served only to undo what is there. */
  readonly is: 'tested' | 'newer' | 'older';
}

/** Between two releases lie two months: a version that nobody has tested is more often right than an operator that stops. */
export function standingOfVersion(version: string): Standing {
  const { minor } = parseVersion(version);
  const known = SUPPORTED.findLast((supported) => compareMinor(supported, minor) <= 0);
  if (known === undefined) return { minor: SUPPORTED[0], is: 'older' };
  return { minor: known, is: known === minor ? 'tested' : 'newer' };
}
