import axios, { type AxiosInstance, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import pLimit, { type LimitFunction } from 'p-limit';
import type { Logger } from '../runtime/logger.ts';
import type { Office } from '../runtime/office.ts';
import { createAgents, type Agents } from './agents.ts';
import { parseBaseURL } from './base-url.ts';
import { Deadline } from './deadline.ts';
import type { AuthentikError, Call } from './errors.ts';
import { pathTemplate } from './path.ts';
import { retryReads } from './retry-reads.ts';
import { createTransport, errorFromThrown } from './transport.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
/** Two requests in flight give a small Authentik all the throughput it has; more than a handful only wait there. */
const DEFAULT_CONCURRENCY = 4;
/** The most that a connection may ask for. */
const MAX_CONCURRENCY = 32;
const DEFAULT_USER_AGENT = 'authentik-flow-operator';

/** One request as it was sent, for metrics. A retried read counts every time. */
export interface RequestRecord {
  readonly method: string;
  /** The path with whatever names one object replaced. */
  readonly template: string;
  readonly status: number | 'error';
  readonly durationMs: number;
}

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

/** What a request came to. */
export interface Answered<T> {
  readonly value: T;
  readonly requestID?: string | undefined;
  readonly write?: OwnWrite;
}

/** How to reach one Authentik. */
export interface LineOptions {
  /** Where Authentik's pages live, with its sub-path if it has one; a trailing slash doesn't matter. */
  readonly url: string;
  /** Authorities to trust besides those that Node trusts. */
  readonly caPem?: string | undefined;
  /** For one call with its retries, from when it is sent; waiting for its turn doesn't count. */
  readonly requestTimeoutMs?: number;
  readonly maxConcurrentRequests?: number;
  readonly userAgent?: string;
  /** Whoever may write only for a time: its end calls off whatever is under way or waiting, and no write begins after it. */
  readonly office?: Office;
  readonly onRequest?: (record: RequestRecord) => void;
  readonly traffic?: Traffic;
  readonly log?: Logger;
}

/**
 * The line to one Authentik: what all requests to it share, those of the API's client and those of visitors. Its limit, time-out,
 * connections, trust and proxy (HTTPS_PROXY, HTTP_PROXY and NO_PROXY), and who is told of them.
 */
export class Line {
  /** Scheme, host and sub-path of the server, without a trailing slash. */
  readonly base: string;
  #timeoutMs: number;
  readonly #options: LineOptions;
  readonly #agents: Agents;
  readonly #limit: LimitFunction;
  readonly #closing = new AbortController();
  readonly #stopped: AbortSignal;
  readonly #sentAt = new WeakMap<InternalAxiosRequestConfig, number>();

  /** Throws `InvalidSpec` for a url and `SecretInvalid` for a bundle that can't be used. Connects to nothing yet. */
  constructor(options: LineOptions) {
    const concurrency = options.maxConcurrentRequests ?? DEFAULT_CONCURRENCY;
    this.base = parseBaseURL(options.url);
    this.#timeoutMs = options.requestTimeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#options = options;
    this.#agents = createAgents(MAX_CONCURRENCY, options.caPem);
    this.#limit = pLimit(concurrency);
    this.#stopped = options.office === undefined ? this.#closing.signal : AbortSignal.any([options.office.signal, this.#closing.signal]);
  }

  /** How long one request may take, in milliseconds. */
  get timeoutMs(): number {
    return this.#timeoutMs;
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

  /** A way to send requests below `path`, each with these headers. To be used within {@link run}. */
  transport(path: string, headers: Readonly<Record<string, string>>): AxiosInstance {
    const http = createTransport(`${this.base}${path}`, this.#agents, this.#timeoutMs, {
      'User-Agent': this.#options.userAgent ?? DEFAULT_USER_AGENT,
      ...headers,
    });
    this.#observe(http);
    retryReads(http);
    return http;
  }

  /**
   * Waits for a turn, then sends within the time-out; a probe doesn't queue behind what hangs. Throws an `AuthentikError` that says what a
   * failure means.
   */
  async run<T>(call: Call, send: (signal: AbortSignal) => Promise<Answered<T>>, { probing = false } = {}): Promise<T> {
    if (probing) return this.#exchange(call, send);
    return this.#limit(async () => {
      this.#options.traffic?.admit();
      return this.#exchange(call, send);
    });
  }

  async #exchange<T>(call: Call, send: (signal: AbortSignal) => Promise<Answered<T>>): Promise<T> {
    // Here, after the wait for its turn.
    const deadline = new Deadline(call.timeoutMs, this.#stopped);
    let ended: ((ending: Ending) => void) | undefined;
    try {
      if (call.method !== 'GET') this.#options.office?.assertHeld();
      ended = this.#options.traffic?.sent(call.method);
      const { value, ...answered } = await send(deadline.signal);
      ended?.({ kind: 'answered', requestID: undefined, ...answered });
      return value;
    } catch (thrown) {
      const error = errorFromThrown(call, thrown, deadline);
      ended?.(endingOf(error, deadline));
      throw error;
    } finally {
      deadline.clear();
    }
  }

  /** Calls off what is under way and closes all connections. Later calls fail. */
  close(): void {
    this.#closing.abort();
    this.#agents.destroy();
  }

  /** Reports every request that leaves, retries included. Registered before the retries, so that it sees each outcome first. */
  #observe(http: AxiosInstance): void {
    const { log, onRequest } = this.#options;
    http.interceptors.request.use((config) => {
      this.#sentAt.set(config, performance.now());
      return config;
    });
    const report = (config: InternalAxiosRequestConfig, response: AxiosResponse | undefined): void => {
      // A visitor's requests name the whole address; what a query holds may be a secret.
      const path = (config.url ?? '').split('?', 1).join('').replace(`${this.base}/api/v3`, '').replace(this.base, '');
      const method = (config.method ?? 'get').toUpperCase();
      const status = response?.status ?? 'error';
      const durationMs = Math.round(performance.now() - (this.#sentAt.get(config) ?? performance.now()));
      const requestID: unknown = response?.headers['x-authentik-id'];
      log?.debug({ method, path, status, durationMs, requestID }, 'authentik request');
      onRequest?.({ method, template: pathTemplate(path), status, durationMs });
    };
    http.interceptors.response.use(
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
