import type { AxiosInstance, AxiosResponse } from 'axios';
import { CookieJar } from 'tough-cookie';
import { parseChallenge, redirectTarget, type Challenge } from './challenge.ts';
import { errorFromResponse, jsonOf, unusableAnswer } from './error-from-response.ts';
import { AuthentikError, type Call } from './errors.ts';
import { Line, type LineOptions } from './line.ts';
import { segment } from './path.ts';
import { plainText, secretValues } from './plain-text.ts';
import { rawResponse } from './transport.ts';

export type { Challenge } from './challenge.ts';

/** A stage that asks nothing costs one redirect, and a flow rarely has more than a handful of those in a row. */
const MAX_HOPS = 10;
const EXECUTOR = '/api/v3/flows/executor/';

/** Where a visitor goes. */
export type VisitorOptions = LineOptions;

/** A page as a visitor gets it. */
export interface Page {
  readonly status: number;
  /** Where it sends the visitor on. */
  readonly location: URL | undefined;
  /** What it says, in a line. */
  readonly said: string;
}

/**
 * Walks through flows as an anonymous visitor's browser does, with cookies of its own and no token. One executor is one visitor: use a new
 * one for whoever has nothing to do with the last. To be closed after use.
 *
 * How the executor answers, seen on 2025.12 and 2026.2: an accepted answer is a 302 to the same URL, to be followed with GET; a refused one
 * is a 200 with the same challenge and `response_errors`; an unknown slug is a 404 in HTML.
 */
export class FlowExecutor {
  readonly #line: Line;
  /** A line of the visitor's own ends with the visit. */
  readonly #own: Line | undefined;
  readonly #http: AxiosInstance;
  readonly #cookies = new CookieJar();
  /** The executor URL that the last challenge came from. */
  #current: URL | undefined;

  /** By a line that others use too, or by one of its own. */
  constructor(line: Line | LineOptions) {
    this.#line = line instanceof Line ? line : new Line(line);
    this.#own = line instanceof Line ? undefined : this.#line;
    this.#http = this.#line.transport('', {});
  }

  /**
   * Starts the flow, or goes on with it. `innerQuery` is what stands after the `?` of the flow's page, as in links of mails.
   * Throws `ReferenceNotFound` when there is no such flow, and whatever else an {@link AuthentikError} may say.
   */
  async open(slug: string, innerQuery = ''): Promise<Challenge> {
    const url = new URL(`${this.#line.base}${EXECUTOR}${segment(slug)}/?query=${encodeURIComponent(innerQuery)}`);
    return this.#follow('GET', url);
  }

  /** Answers the last challenge; `body` holds its `component` and the answers. Resolves to the next challenge, or to the same one with errors. */
  async answer(body: Readonly<Record<string, unknown>>): Promise<Challenge> {
    if (this.#current === undefined) throw new AuthentikError('InternalError', 'A flow must be opened before it is answered.');
    return this.#follow('POST', this.#current, body);
  }

  /** Opens a page outside the API, such as the one where a market sends people to log in. Follows nothing. */
  async browse(path: string): Promise<Page> {
    const url = new URL(this.#line.base + path);
    const { base, timeoutMs } = this.#line;
    const call: Call = { method: 'GET', path: url.pathname, base, timeoutMs, secrets: [] };
    return this.#line.run(call, async (signal) => {
      const response = await this.#send('GET', url, signal);
      const raw = rawResponse(response);
      if (raw.status >= 500 || raw.status === 429) throw errorFromResponse(call, raw);
      const to = raw.header('location');
      const location = to === undefined ? undefined : (URL.parse(to, url.href) ?? undefined);
      return { value: { status: raw.status, location, said: wordsOf(raw.text) } };
    });
  }

  close(): void {
    this.#own?.close();
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
    const inside = target?.origin === from.origin && target.href.startsWith(this.#line.base + EXECUTOR);
    return target !== null && inside ? target : undefined;
  }

  /** One request. A redirect by status becomes the challenge that means the same. */
  async #request(method: 'GET' | 'POST', url: URL, body?: Readonly<Record<string, unknown>>): Promise<Challenge> {
    const path = url.pathname.slice(URL.parse(this.#line.base)?.pathname.replace(/\/$/, '').length ?? 0);
    const { base, timeoutMs } = this.#line;
    const call: Call = { method, path, base, timeoutMs, secrets: secretValues(body) };
    return this.#line.run(call, async (signal) => {
      const response = await this.#send(method, url, signal, body);
      return { value: toChallenge(call, response) };
    });
  }

  async #send(method: 'GET' | 'POST', url: URL, signal: AbortSignal, body?: Readonly<Record<string, unknown>>): Promise<AxiosResponse> {
    const response = await this.#http.request({
      method,
      url: url.href,
      headers: await this.#headers(method, url),
      validateStatus: () => true,
      signal,
      ...(body === undefined ? {} : { data: body }),
    });
    await this.#keepCookies(response, url);
    return response;
  }

  async #headers(method: 'GET' | 'POST', url: URL): Promise<Record<string, string>> {
    const cookies = await this.#cookies.getCookies(url.href);
    const csrf = cookies.find(({ key }) => key === 'authentik_csrf')?.value;
    return {
      ...(cookies.length === 0 ? {} : { Cookie: cookies.map((cookie) => cookie.cookieString()).join('; ') }),
      // Asked for once the visitor is logged in; over TLS together with a page of the same site as referrer.
      ...(method === 'POST' && csrf !== undefined ? { 'X-authentik-CSRF': csrf } : {}),
      Referer: `${this.#line.base}/`,
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

/** What a page says to its reader: Authentik's own errors stand in its one `main`. */
function wordsOf(html: string): string {
  const main = /<main\b[^>]*>([\s\S]*?)<\/main>/i.exec(html)?.[1] ?? html;
  return plainText(main.replace(/<(head|script|style)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<a\b[\s\S]*?<\/a>/gi, ' '), []);
}
