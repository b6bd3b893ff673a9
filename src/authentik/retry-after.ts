/** Longest wait that is taken over from a server; beyond that it is a mistake rather than a wish. */
const MAX_MS = 10 * 60_000;

/**
 * What a server asks to wait, in milliseconds: the `Retry-After` header (seconds or an HTTP date, RFC 9110 §10.2.3), else the
 * "Expected available in N second" of a throttled answer's detail. Undefined when it asks for nothing.
 */
export function retryAfterMs(header: string | undefined, detail?: string): number | undefined {
  const seconds = /^\s*\d+(\.\d+)?\s*$/.test(header ?? '')
    ? Number(header)
    : Number(/available in (\d+) second/.exec(detail ?? '')?.[1] ?? NaN);
  const ms = Number.isNaN(seconds) ? Date.parse(header ?? '') - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_MS);
}
