import type { AxiosInstance } from 'axios';
import { OperatorError } from '../runtime/errors.ts';
import { jsonOf, unusableAnswer, type RawResponse } from './error-from-response.ts';
import { AuthentikError, type Call } from './errors.ts';
import { FlowExecutor } from './flow-executor.ts';
import { Line, type Answered, type ClientLimits, type LineOptions } from './line.ts';
import { readAllPages } from './pages.ts';
import { queryString, type Query } from './path.ts';
import { secretValues } from './plain-text.ts';
import { rawResponse } from './transport.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** How to reach one Authentik, and as whom. */
export interface ClientOptions extends LineOptions {
  /** Key of an API token. Goes into the Authorization header and nowhere else. */
  readonly token: string;
  /** The permission that a request takes, for telling whoever lacks it. */
  readonly rightFor?: (method: string, path: string) => string | undefined;
}

/**
 * Calls the REST API of one Authentik, as one user. Paths start and end with a slash and are relative to `/api/v3`; what names an object in
 * them has gone through `segment()`. Every method throws {@link AuthentikError} and nothing else.
 *
 * Only reads are tried again here. Follows no redirect.
 */
export class AuthentikClient {
  /** Scheme, host and sub-path of the server, without a trailing slash. */
  readonly base: string;
  readonly #token: string;
  readonly #line: Line;
  readonly #http: AxiosInstance;
  readonly #rightFor: ClientOptions['rightFor'];

  /** Throws `InvalidSpec` for a url and `SecretInvalid` for a token or a bundle that can't be used. Connects to nothing yet. */
  constructor(options: ClientOptions) {
    if (!/^[\x21-\x7e]+$/.test(options.token))
      throw new OperatorError('SecretInvalid', 'The token is empty or holds what no token can, such as a space.');
    this.#token = options.token;
    this.#rightFor = options.rightFor;
    this.#line = new Line(options);
    this.base = this.#line.base;
    this.#http = this.#line.transport('/api/v3', { Authorization: `Bearer ${options.token}` });
  }

  /** How long one request may take, in milliseconds. */
  get requestTimeoutMs(): number {
    return this.#line.timeoutMs;
  }

  /** The parsed body. */
  async get(path: string, query?: Query): Promise<unknown> {
    return this.#send('GET', path, query);
  }

  /** How many requests may be under way. */
  get maxConcurrentRequests(): number {
    return this.#line.maxConcurrentRequests;
  }

  /** Changes the limits for what is sent from now on. */
  tune(limits: ClientLimits): void {
    this.#line.tune(limits);
  }

  /** An anonymous visitor of the same server, by the same line, who doesn't have the token. */
  visitor(): FlowExecutor {
    return new FlowExecutor(this.#line);
  }

  /** The objects of all pages, in the server's order, or what `take` makes of each. Ask for an order that is the same for every page. */
  async list(path: string, query?: Query): Promise<readonly unknown[]>;
  async list<T>(path: string, query: Query, take: (row: unknown) => T): Promise<readonly T[]>;
  async list<T>(path: string, query: Query = {}, take?: (row: unknown) => T): Promise<readonly unknown[]> {
    return readAllPages(
      async (page) => this.get(path, { ...query, ...page }),
      `${this.base}/api/v3${path}`,
      take ?? ((row: unknown) => row),
    );
  }

  /** The same server for whoever finds out whether it is there: its requests leave although no others may. */
  get probing(): Pick<AuthentikClient, 'base' | 'get' | 'list'> {
    const get = async (path: string, query?: Query): Promise<unknown> => this.#send('GET', path, query, undefined, true);
    const list = async (path: string, query: Query = {}): Promise<readonly unknown[]> =>
      readAllPages(
        async (page) => get(path, { ...query, ...page }),
        `${this.base}/api/v3${path}`,
        (row) => row,
      );
    return { base: this.base, get, list };
  }

  /** Creates something or starts an action; see {@link AuthentikError.ambiguous} for what to do when it fails. */
  async post(path: string, body: unknown, query?: Query): Promise<unknown> {
    return this.#send('POST', path, query, body);
  }

  /** Sends the whole managed body: several serializers judge a partial one as if the rest had its defaults. */
  async patch(path: string, body: unknown, query?: Query): Promise<unknown> {
    return this.#send('PATCH', path, query, body);
  }

  /** Resolves as well when there was nothing to delete. */
  async delete(path: string): Promise<void> {
    try {
      await this.#send('DELETE', path);
    } catch (error) {
      if (!(error instanceof AuthentikError && error.notFound)) throw error;
    }
  }

  /** Calls off what is under way and closes all connections. Later calls fail. */
  close(): void {
    this.#line.close();
  }

  async #send(method: Method, path: string, query: Query = {}, body?: unknown, probing = false): Promise<unknown> {
    const { base, timeoutMs } = this.#line;
    const call: Call = {
      method,
      path,
      base,
      timeoutMs,
      secrets: [this.#token, ...secretValues(body)],
      right: this.#rightFor?.(method, path),
    };
    const send = async (signal: AbortSignal): Promise<Answered<unknown>> => {
      const response = rawResponse(
        await this.#http.request<string>({
          method,
          url: path + queryString(query),
          timeout: timeoutMs,
          signal,
          ...(body === undefined ? {} : { data: body }),
        }),
      );
      const answer = parseBody(call, response);
      const requestID = response.header('x-authentik-id');
      return { value: answer, requestID, ...(method === 'GET' ? {} : { write: { method, path, answer } }) };
    };
    return this.#line.run(call, send, { probing });
  }
}

function parseBody(call: Call, response: RawResponse): unknown {
  if (response.text === '') return undefined;
  const body = jsonOf(response);
  if (body === undefined) throw unusableAnswer(call, response);
  return body;
}
