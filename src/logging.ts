import { pino, type DestinationStream } from 'pino';
import type { Logger } from './runtime/logger.ts';
import type { Redaction } from './runtime/redaction.ts';

/** Where secrets would stand, should anybody log a whole request, Secret or spec. */
const SECRET_PATHS = [
  'token',
  'password',
  'authorization',
  'Authorization',
  'headers.authorization',
  'headers.Authorization',
  'data',
  'stringData',
  'private_key',
  'client_secret',
  'auth',
].flatMap((path) => [path, `*.${path}`, `*.*.${path}`]);

/**
 * JSON lines on standard output. Secrets are taken out twice: by where they stand, and by value, since a value can turn up
 * anywhere, such as inside an error message of a library.
 */
export function createLogger(level: string, redaction: Redaction, destination: DestinationStream = process.stdout): Logger {
  const scrubbing: DestinationStream = { write: (line) => destination.write(redaction.scrub(line)) };
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: '[redacted]' },
    },
    scrubbing,
  );
}
