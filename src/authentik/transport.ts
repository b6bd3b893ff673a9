import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import type { Agents } from './agents.ts';
import type { Deadline } from './deadline.ts';
import { errorFromNetwork } from './error-from-network.ts';
import { errorFromResponse, type RawResponse } from './error-from-response.ts';
import { NotInOfficeError } from '../runtime/office.ts';
import { AuthentikError, describeCall, type Call } from './errors.ts';

/** Some forty times the largest page seen on a stock server. */
const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;

/** What every request to an Authentik has in common. Follows no redirect; honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
export function createTransport(
  baseURL: string,
  agents: Agents,
  timeoutMs: number,
  headers: Readonly<Record<string, string>>,
): AxiosInstance {
  return axios.create({
    baseURL,
    timeout: timeoutMs,
    httpAgent: agents.httpAgent,
    httpsAgent: agents.httpsAgent,
    maxRedirects: 0,
    maxContentLength: MAX_RESPONSE_BYTES,
    responseType: 'text',
    // Authentik's own words and HTML of others have to be told apart, so nothing is parsed before the content type was looked at.
    transformResponse: (data: unknown) => data,
    // Authentik's router answers errors in JSON only when asked to. Errors are told apart by their text, which Authentik translates.
    headers: { Accept: 'application/json', 'Accept-Language': 'en', ...headers },
  });
}

/** The answer without the library's ways. */
export function rawResponse(response: AxiosResponse): RawResponse {
  const text: unknown = response.data;
  return {
    status: response.status,
    text: typeof text === 'string' ? text : '',
    header: (name) => {
      const value: unknown = response.headers[name];
      return typeof value === 'string' ? value : undefined;
    },
  };
}

/** Says what a failed request means, be it that the deadline ended it, the network did, or the server refused. */
export function errorFromThrown(call: Call, thrown: unknown, deadline: Deadline): AuthentikError {
  if (thrown instanceof AuthentikError) return thrown;
  if (thrown instanceof NotInOfficeError)
    return new AuthentikError('Unreachable', `${describeCall(call)} was not sent: ${thrown.message}.`);
  if (deadline.ending !== undefined) return errorFromNetwork(call, thrown, deadline.ending);
  if (!axios.isAxiosError(thrown)) return errorFromNetwork(call, thrown);
  // Axios has no codes of their own for these two.
  if (thrown.message.startsWith('maxContentLength')) return errorFromNetwork(call, thrown, 'too large');
  if (thrown.code === 'ECONNABORTED' && thrown.message.startsWith('timeout')) return errorFromNetwork(call, thrown, 'timed out');
  return thrown.response === undefined ? errorFromNetwork(call, thrown) : errorFromResponse(call, rawResponse(thrown.response));
}
