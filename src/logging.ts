import { pino, stdSerializers, type DestinationStream } from 'pino';
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

/** Nobody reads deeper, and what refers to itself has an end. */
const MAX_DEPTH = 8;

/**
 * JSON lines on standard output. Secrets are taken out twice: by where they stand, and by value, since a value can turn up
 * anywhere, such as inside an error message of a library. Values are searched before they become JSON: a secret that reads `level` must
 * not touch the names of fields.
 */
export function createLogger(level: string, redaction: Redaction, destination: DestinationStream = process.stdout): Logger {
  const scrub = (text: string): string => redaction.scrub(text);
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: '[redacted]' },
      // Errors are plain by then; pino's own would call them objects.
      serializers: { err: (error: unknown) => error },
      hooks: {
        logMethod(args, method) {
          const [first, ...others] = args.map((arg: unknown) => scrubbed(arg, scrub, MAX_DEPTH));
          method.apply(this, [first, ...others] as Parameters<typeof method>);
        },
      },
    },
    destination,
  );
}

/** The same with every text in it scrubbed, and errors as the plain objects that they are logged as. */
function scrubbed(value: unknown, scrub: (text: string) => string, depth: number): unknown {
  if (typeof value === 'string') return scrub(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return undefined;
  const next = (inner: unknown): unknown => scrubbed(inner, scrub, depth - 1);
  if (Array.isArray(value)) return value.map(next);
  const plain: object = value instanceof Error ? { ...stdSerializers.err(value), raw: undefined } : value;
  if (plain !== value || isPlain(plain)) return Object.fromEntries(Object.entries(plain).map(([key, inner]) => [key, next(inner)]));
  return value;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
