import type { Logger } from '../runtime/logger.ts';

/** A logger for tests that look at something else. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
