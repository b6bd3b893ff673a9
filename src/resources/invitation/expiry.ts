const TIME = /^[0-9]{4}-/;

const MS: Readonly<Record<string, number>> = {
  microseconds: 0.001,
  milliseconds: 1,
  seconds: 1000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
  weeks: 604_800_000,
};

/** Milliseconds of a duration such as `days=7;hours=12`; undefined for a time. */
export function durationMs(expires: string): number | undefined {
  if (TIME.test(expires)) return undefined;
  return expires.split(';').reduce((sum, part) => {
    const [unit = '', amount = ''] = part.split('=');
    return sum + Number(amount) * (MS[unit] ?? 0);
  }, 0);
}

/** When what was made at `issuedMs` expires, in milliseconds since 1970. */
export function expiryMs(expires: string, issuedMs: number): number {
  const ms = durationMs(expires);
  return ms === undefined ? Date.parse(expires) : issuedMs + ms;
}

/** RFC 3339 to the second, as Kubernetes writes times. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
