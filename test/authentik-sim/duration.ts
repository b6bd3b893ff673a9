const UNIT: Record<string, number> = {
  microseconds: 0.001,
  milliseconds: 1,
  seconds: 1000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
  weeks: 604_800_000,
};

/** `hours=1;minutes=2` in milliseconds. */
export function durationMs(value: string): number {
  return value.split(';').reduce((sum, part) => {
    const [key = '', amount = '0'] = part.split('=');
    return sum + (UNIT[key.toLowerCase()] ?? 0) * Number(amount);
  }, 0);
}
