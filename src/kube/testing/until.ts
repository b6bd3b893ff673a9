import { setTimeout as wait } from 'node:timers/promises';

/** Resolves as soon as `condition` holds; throws when it doesn't within `ms` milliseconds. Each round may move things on with `meanwhile`. */
export async function until(
  what: string,
  condition: () => boolean,
  { ms = 5_000, meanwhile = () => wait(2) }: { ms?: number; meanwhile?: () => Promise<unknown> } = {},
): Promise<void> {
  const deadline = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await meanwhile();
  }
}
