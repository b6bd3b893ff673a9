import type { AxiosInstance, AxiosResponse } from 'axios';
import { CookieJar } from 'tough-cookie';
import { createAgents, type Agents } from './agents.ts';
import { parseBaseURL } from './base-url.ts';
import { parseChallenge, redirectTarget, type Challenge } from './challenge.ts';
import { Deadline } from './deadline.ts';
import { errorFromResponse, jsonOf, unusableAnswer } from './error-from-response.ts';
import { AuthentikError, type Call } from './errors.ts';
import { segment } from './path.ts';
import { secretValues } from './plain-text.ts';
import { createTransport, errorFromThrown, rawResponse } from './transport.ts';

export type { Challenge } from './challenge.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
/** A stage that asks nothing costs one redirect, and a flow rarely has more than a handful of those in a row. */
const MAX_HOPS = 10;
const EXECUTOR = '/api/v3/flows/executor/';

/** Where a visitor goes. */
export interface VisitorOptions {
  /** As in a browser: scheme, host and sub-path. */
  readonly url: string;
  readonly caPem?: string | undefined;
  /** For each request. */
  readonly requestTimeoutMs?: number | undefined;
  readonly userAgent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Walks through flows as an anonymous visitor's browser does, with cookies of its own and no token. One executor is one visitor: use a new
 * one for whoever has nothing to do with the last. To be closed after use.
 *
 * How the executor answers, seen on 2025.12 and 2026.2: an accepted answer is a 302 to the same URL, to be followed with GET; a refused one
 * is a 200 with the same challenge and `response_errors`; an unknown slug is a 404 in HTML.
 */
export class FlowExecutor {
  readonly #base: string;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;
  readonly #agents: Agents;
  readonly #http: AxiosInstance;
  readonly #cookies = new CookieJar();
  /** The executor URL that the last challenge came from. */
  #current: URL | undefined;

  constructor(options: VisitorOptions) {
    this.#base = parseBaseURL(options.url);
    this.#timeoutMs = options.requestTimeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#signal = options.signal ?? new AbortController().signal;
    this.#agents = createAgents(1, options.caPem);
    this.#http = createTransport(this.#base, this.#agents, this.#timeoutMs, {
      'User-Agent': options.userAgent ?? 'authentik-flow-operator',
    });
  }

  /**
   * Starts the flow, or goes on with it. `innerQuery` is what stands after the `?` of the flow's page, as in links of mails.
   * Throws `ReferenceNotFound` when there is no such flow, and whatever else an {@link AuthentikError} may say.
   */
  async open(slug: string, innerQuery = ''): Promise<Challenge> {
    const url = new URL(`${this.#base}${EXECUTOR}${segment(slug)}/?query=${encodeURIComponent(innerQuery)}`);
    return this.#follow('GET', url);
  }

  /** Answers the last challenge; `body` holds its `component` and the answers. Resolves to the next challenge, or to the same one with errors. */
  async answer(body: Readonly<Record<string, unknown>>): Promise<Challenge> {
    if (this.#current === undefined) throw new AuthentikError('InternalError', 'A flow must be opened before it is answered.');
    return this.#follow('POST', this.#current, body);
  }

  close(): void {
    this.#agents.destroy();
  }

  async #follow(method: 'GET' | 'POST', url: URL, body?: Readonly<Record<string, unknown>>): Promise<Challenge> {
    let here = url;
    let outcome = await this.#request(method, here, body);
    for (let hops = 0; hops < MAX_HOPS; hops += 1) {
      const target = this.#executorURL(redirectTarget(outcome), here);
      this.#current = here;
      if (target === undefined) return outcome;
      here = target;
      outcome = await this.#request('GET', here);
    }
    throw new AuthentikError('ServerError', `The flow at ${here.origin}${here.pathname} redirected ${MAX_HOPS} times without a challenge.`);
  }

  /** A redirect that stays within the executor is part of the flow; any other one is its end. */
  #executorURL(to: string | undefined, from: URL): URL | undefined {
    const target = to === undefined ? null : URL.parse(to, from.href);
    const inside = target?.origin === from.origin && target.href.startsWith(this.#base + EXECUTOR);
    return target !== null && inside ? target : undefined;
  }

  /** One request. A redirect by status becomes the challenge that means the same. */
  async #request(method: 'GET' | 'POST', url: URL, body?: Readonly<Record<string, unknown>>): Promise<Challenge> {
    const path = url.pathname.slice(URL.parse(this.#base)?.pathname.replace(/\/$/, '').length ?? 0);
    const call: Call = { method, path, base: this.#base, timeoutMs: this.#timeoutMs, secrets: secretValues(body) };
    const deadline = new Deadline(this.#timeoutMs, this.#signal);
    try {
      const response = await this.#http.request({
        method,
        url: url.href,
        headers: await this.#headers(method, url),
        validateStatus: () => true,
        signal: deadline.signal,
        ...(body === undefined ? {} : { data: body }),
      });
      await this.#keepCookies(response, url);
      return toChallenge(call, response);
    } catch (error) {
      throw errorFromThrown(call, error, deadline);
    } finally {
      deadline.clear();
    }
  }

  async #headers(method: 'GET' | 'POST', url: URL): Promise<Record<string, string>> {
    const cookies = await this.#cookies.getCookies(url.href);
    const csrf = cookies.find(({ key }) => key === 'authentik_csrf')?.value;
    return {
      ...(cookies.length === 0 ? {} : { Cookie: cookies.map((cookie) => cookie.cookieString()).join('; ') }),
      // Asked for once the visitor is logged in; over TLS together with a page of the same site as referrer.
      ...(method === 'POST' && csrf !== undefined ? { 'X-authentik-CSRF': csrf } : {}),
      Referer: `${this.#base}/`,
    };
  }

  async #keepCookies(response: AxiosResponse, url: URL): Promise<void> {
    for (const cookie of response.headers['set-cookie'] ?? []) await this.#cookies.setCookie(cookie, url.href, { ignoreError: true });
  }
}

function toChallenge(call: Call, response: AxiosResponse): Challenge {
  const raw = rawResponse(response);
  const location = raw.header('location');
  if (raw.status >= 301 && raw.status <= 308 && location !== undefined) {
    return { component: 'xak-flow-redirect', responseErrors: [], raw: { component: 'xak-flow-redirect', to: location } };
  }
  if (raw.status === 404) {
    throw new AuthentikError('ReferenceNotFound', `${call.base} has no flow at ${call.path}.`, { status: 404, notFound: true });
  }
  if (raw.status !== 200) throw errorFromResponse(call, raw);
  const challenge = parseChallenge(jsonOf(raw));
  if (challenge === undefined) throw unusableAnswer(call, raw);
  return challenge;
}
