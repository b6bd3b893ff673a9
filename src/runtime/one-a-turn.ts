import { setImmediate } from 'node:timers/promises';

/**
 * Makes a queue at the event loop's door: whoever waits is let through in a turn of its own. Work that is answered from memory never leaves
 * the microtasks by itself, and a thousand such passes in a row would keep timers, sockets and probes waiting for seconds.
 */
export function oneATurn(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return async () => (last = last.then(async () => setImmediate()));
}
