import type { AxiosError, AxiosInstance } from 'axios';
import axiosRetry from 'axios-retry';
import { retryAfterMs } from './retry-after.ts';

const RETRIES = 2;
const FIRST_DELAY_MS = 150;
const RETRIED_STATUS: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const RETRIED_CODES: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/**
 * Tries a read again when Authentik asks for patience or a connection was cut: its workers recycle under load, and a kept connection may be
 * closed just as it is used. Whatever else fails is left to the caller's backoff; writes always are, since what became of them must be
 * looked up first. A wait that doesn't fit into the call's timeout isn't begun.
 */
export function retryReads(http: AxiosInstance): void {
  axiosRetry(http, {
    retries: RETRIES,
    retryCondition: isRetriedRead,
    retryDelay: (attempt, error) => {
      const header: unknown = error.response?.headers['retry-after'];
      const asked = retryAfterMs(typeof header === 'string' ? header : undefined) ?? 0;
      return Math.max(asked, FIRST_DELAY_MS * 2 ** (attempt - 1) * (0.75 + Math.random() / 2));
    },
  });
}

function isRetriedRead(error: AxiosError): boolean {
  const method = error.config?.method?.toLowerCase();
  if (method !== 'get' && method !== 'head') return false;
  return error.response === undefined ? RETRIED_CODES.has(error.code ?? '') : RETRIED_STATUS.has(error.response.status);
}
