import axios, { type AxiosInstance, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import pLimit, { type LimitFunction } from 'p-limit';
import { OperatorError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Office } from '../runtime/office.ts';
import { createAgents, type Agents } from './agents.ts';
import { parseBaseURL } from './base-url.ts';
import { Deadline } from './deadline.ts';
import { jsonOf, unusableAnswer, type RawResponse } from './error-from-response.ts';
import { AuthentikError, type Call } from './errors.ts';
import { readAllPages } from './pages.ts';
import { pathTemplate, queryString, type Query } from './path.ts';
import { secretValues } from './plain-text.ts';
import { retryReads } from './retry-reads.ts';
import { createTransport, errorFromThrown, rawResponse } from './transport.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
/** Two requests in flight give a small Authentik all the throughput it has; more than a handful only wait there. */
const DEFAULT_CONCURRENCY = 4;
/** The most that a connection may ask for. */
const MAX_CONCURRENCY = 32;

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** One request as it was sent, for metrics. A retried read counts every time. */
export interface RequestRecord {
  readonly method: string;
  /** The path with whatever names one object replaced. */
  readonly template: string;
  readonly status: number | 'error';
  readonly durationMs: number;
}

type Request = Call & { readonly method: Method };

/** A write that Authentik has carried out. */
export interface OwnWrite {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** The parsed body. */
  readonly answer: unknown;
}

/** How a request ended: it was answered, whatever the answer; nothing came that could be Authentik's; or we called it off ourselves. */
export type Ending =
  | { readonly kind: 'answered'; readonly requestID: string | undefined; readonly write?: OwnWrite; readonly error?: AuthentikError }
  | { readonly kind: 'unanswered'; readonly error: AuthentikError }
  | { readonly kind: 'called off' };

/** Keeps account of all requests to a server. */
export interface Traffic {
  /** Throws when no request may be sent now. */
  admit(): void;
  /** A request leaves; what is returned is told how it ended. */
  sent(method: string): (ending: Ending) => void;
}

/** What may be changed while a client is used; undefined is the default. */
export interface ClientLimits {
  readonly requestTimeoutMs: number | undefined;
  readonly maxConcurrentRequests: number | undefined;
}

/** How to reach one Authentik. */
export interface ClientOptions {
  /** Where Authentik's pages live, with its sub-path if it has one; a trailing slash doesn't matter. */
  readonly url: string;
  /** Key of an API token. Goes into the Authorization header and nowhere else. */
  readonly token: string;
  /** Authorities to trust besides those that Node trusts. */
  readonly caPem?: string;
  /** For one call with its retries, from when it is sent; waiting for its turn doesn't count. */
  readonly requestTimeoutMs?: number;
  readonly maxConcurrentRequests?: number;
  readonly userAgent: string;
  /** Whoever may write only for a time: its end calls off whatever is under way or waiting, and no write begins after it. */
  readonly office?: Office;
  readonly onRequest?: (record: RequestRecord) => void;
  readonly traffic?: Traffic;
  readonly log: Logger;
}

/**
 * Calls the REST API of one Authentik, as one user. Paths start and end with a slash and are relative to `/api/v3`; what names an object in
 * them has gone through `segment()`. Every method throws {@link AuthentikError} and nothing else.
 *
 * Only reads are tried again here. Honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY. Follows no redirect.
 */
export class AuthentikClient {
  /** Scheme, host and sub-path of the server, without a trailing slash. */
  readonly base: string;
  readonly #options: ClientOptions;
  #timeoutMs: number;
  readonly #agents: Agents;
  readonly #http: AxiosInstance;
  readonly #limit: LimitFunction;
  readonly #closing = new AbortController();
  readonly #stopped: AbortSignal;
  readonly #sentAt = new WeakMap<InternalAxiosRequestConfig, number>();

  /** Throws `InvalidSpec` for a url and `SecretInvalid` for a token or a bundle that can't be used. Connects to nothing yet. */
  constructor(options: ClientOptions) {
    if (!/^[\x21-\x7e]+$/.test(options.token))
      throw new OperatorError('SecretInvalid', 'The token is empty or holds what no token can, such as a space.');
    const concurrency = options.maxConcurrentRequests ?? DEFAULT_CONCURRENCY;
    this.base = parseBaseURL(options.url);
    this.#options = options;
    this.#timeoutMs = options.requestTimeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#agents = createAgents(MAX_CONCURRENCY, options.caPem);
    this.#limit = pLimit(concurrency);
    this.#stopped = options.office === undefined ? this.#closing.signal : AbortSignal.any([options.office.signal, this.#closing.signal]);
    this.#http = createTransport(`${this.base}/api/v3`, this.#agents, this.#timeoutMs, {
      Authorization: `Bearer ${options.token}`,
      'User-Agent': options.userAgent,
    });
    this.#observe();
    retryReads(this.#http);
  }

  /** How long one request may take, in milliseconds. */
  get requestTimeoutMs(): number {
    return this.#timeoutMs;
  }

  /** The parsed body. */
  async get(path: string, query?: Query): Promise<unknown> {
    return this.#send('GET', path, query);
  }

  /** How many requests may be under way. */
  get maxConcurrentRequests(): number {
    return this.#limit.concurrency;
  }

  /** Changes the limits for what is sent from now on. */
  tune({ requestTimeoutMs, maxConcurrentRequests }: ClientLimits): void {
    this.#timeoutMs = requestTimeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#limit.concurrency = maxConcurrentRequests ?? DEFAULT_CONCURRENCY;
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
  async post(path: string, body: unknown): Promise<unknown> {
    return this.#send('POST', path, undefined, body);
  }

  /** Sends the whole managed body: several serializers judge a partial one as if the rest had its defaults. */
  async patch(path: string, body: unknown): Promise<unknown> {
    return this.#send('PATCH', path, undefined, body);
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
    this.#closing.abort();
    this.#agents.destroy();
  }

  async #send(method: Method, path: string, query: Query = {}, body?: unknown, probing = false): Promise<unknown> {
    const timeoutMs = this.#timeoutMs;
    const call: Request = { method, path, base: this.base, timeoutMs, secrets: [this.#options.token, ...secretValues(body)] };
    // A probe doesn't queue behind what hangs.
    return probing
      ? this.#exchange(call, query, body)
      : this.#limit(async () => {
          this.#options.traffic?.admit();
          return this.#exchange(call, query, body);
        });
  }

  async #exchange(call: Request, query: Query, body: unknown): Promise<unknown> {
    const { method, path, timeoutMs } = call;
    // Here, after the wait for its turn.
    const deadline = new Deadline(timeoutMs, this.#stopped);
    let ended: ((ending: Ending) => void) | undefined;
    try {
      if (method !== 'GET') this.#options.office?.assertHeld();
      ended = this.#options.traffic?.sent(method);
      const response = rawResponse(
        await this.#http.request<string>({
          method,
          url: path + queryString(query),
          timeout: timeoutMs,
          signal: deadline.signal,
          ...(body === undefined ? {} : { data: body }),
        }),
      );
      const answer = parseBody(call, response);
      const requestID = response.header('x-authentik-id');
      ended?.({ kind: 'answered', requestID, ...(method === 'GET' ? {} : { write: { method, path, answer } }) });
      return answer;
    } catch (thrown) {
      const error = errorFromThrown(call, thrown, deadline);
      ended?.(endingOf(error, deadline));
      throw error;
    } finally {
      deadline.clear();
    }
  }

  /** Reports every request that leaves, retries included. Registered before the retries, so that it sees each outcome first. */
  #observe(): void {
    this.#http.interceptors.request.use((config) => {
      this.#sentAt.set(config, performance.now());
      return config;
    });
    const report = (config: InternalAxiosRequestConfig, response: AxiosResponse | undefined): void => {
      const path = (config.url ?? '').split('?', 1).join('');
      const method = (config.method ?? 'get').toUpperCase();
      const status = response?.status ?? 'error';
      const durationMs = Math.round(performance.now() - (this.#sentAt.get(config) ?? performance.now()));
      const requestID: unknown = response?.headers['x-authentik-id'];
      this.#options.log.debug({ method, path, status, durationMs, requestID }, 'authentik request');
      this.#options.onRequest?.({ method, template: pathTemplate(path), status, durationMs });
    };
    this.#http.interceptors.response.use(
      (response) => {
        report(response.config, response);
        return response;
      },
      (error: unknown) => {
        if (axios.isAxiosError(error) && error.config !== undefined) report(error.config, error.response);
        throw error;
      },
    );
  }
}

function endingOf(error: AuthentikError, deadline: Deadline): Ending {
  if (deadline.ending === 'stopped') return { kind: 'called off' };
  if (error.reason === 'Unreachable') return { kind: 'unanswered', error };
  return { kind: 'answered', requestID: error.requestID, error };
}

function parseBody(call: Call, response: RawResponse): unknown {
  if (response.text === '') return undefined;
  const body = jsonOf(response);
  if (body === undefined) throw unusableAnswer(call, response);
  return body;
}
