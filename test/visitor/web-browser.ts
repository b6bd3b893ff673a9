import { CookieJar } from 'tough-cookie';
import { z } from 'zod';
import { parseChallenge, redirectTarget, type Challenge } from '../../src/authentik/challenge.ts';

/** What the browser shows: a page, or what a flow of Authentik asks on its page. */
export type Shown =
  | { readonly kind: 'page'; readonly url: URL; readonly status: number; readonly text: string }
  | { readonly kind: 'flow'; readonly url: URL; readonly slug: string; readonly challenge: Challenge };

interface Reply {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

type Answers = Readonly<Record<string, unknown>>;

/** From a button to a session it takes a dozen redirects, most of them within a flow. */
const MAX_HOPS = 40;
const EXECUTOR = '/api/v3/flows/executor/';
const Failure = z.looseObject({ detail: z.string() });

/**
 * A browser with cookies and links, for several sites at once. On a page of a flow it does what Authentik's own script does there: it asks
 * the flow executor what to show, and goes where that leads.
 */
export class WebBrowser {
  readonly #authentik: URL;
  readonly #cookies = new CookieJar();
  #shown: Shown | undefined;

  /** @param authentik where Authentik's pages are, without a path. */
  constructor(authentik: string) {
    this.#authentik = new URL(authentik);
  }

  get shown(): Shown {
    if (this.#shown === undefined) throw new Error('the browser shows nothing yet');
    return this.#shown;
  }

  /** Goes to an address and on to where it leads. @throws when it leads in circles, or a flow answers with no challenge. */
  async open(address: string | URL): Promise<Shown> {
    let url = new URL(address, this.#shown?.url);
    for (let hop = 0; hop < MAX_HOPS; hop += 1) {
      const { status, location, text } = await this.#request('GET', url);
      if (location !== undefined) {
        url = new URL(location, url);
        continue;
      }
      const slug = url.origin === this.#authentik.origin && status === 200 ? slugOf(url) : undefined;
      if (slug === undefined) return (this.#shown = { kind: 'page', url, status, text });
      const outcome = await this.#inFlow('GET', url, slug);
      if (!(outcome instanceof URL)) return (this.#shown = outcome);
      url = outcome;
    }
    throw new Error(`redirected ${MAX_HOPS} times, at last to ${url.origin}${url.pathname}`);
  }

  /** Presses what is labelled so on the page that is shown. */
  async press(label: string): Promise<Shown> {
    const { shown } = this;
    const links = shown.kind === 'page' ? [...shown.text.matchAll(/<a href="([^"]+)">([^<]+)<\/a>/g)] : [];
    const href = links.find((link) => link[2] === label)?.[1];
    if (href === undefined) throw new Error(`${shown.url.origin}${shown.url.pathname} has nothing labelled "${label}"`);
    return this.open(new URL(href.replaceAll('&amp;', '&'), shown.url));
  }

  /** Answers the challenge that is shown. */
  async answer(answers: Answers): Promise<Shown> {
    const { shown } = this;
    if (shown.kind === 'page') throw new Error(`${shown.url.pathname} asks nothing`);
    const outcome = await this.#inFlow('POST', shown.url, shown.slug, { component: shown.challenge.component, ...answers });
    return outcome instanceof URL ? this.open(outcome) : (this.#shown = outcome);
  }

  /** What the flow of that page shows next, or where it sends the browser. */
  async #inFlow(method: 'GET' | 'POST', page: URL, slug: string, answers?: Answers): Promise<Shown | URL> {
    let url = new URL(`${EXECUTOR}${slug}/?query=${encodeURIComponent(page.search.slice(1))}`, page);
    let reply = await this.#request(method, url, answers);
    for (let hop = 0; hop < MAX_HOPS; hop += 1) {
      const challenge = reply.location === undefined ? challengeOf(reply, url) : undefined;
      const to = reply.location ?? (challenge === undefined ? undefined : redirectTarget(challenge));
      if (challenge !== undefined && to === undefined) return { kind: 'flow', url: page, slug, challenge };
      const target = new URL(to ?? '', url);
      if (!target.pathname.startsWith(EXECUTOR)) return target;
      url = target;
      reply = await this.#request('GET', url);
    }
    throw new Error(`the flow ${slug} redirected ${MAX_HOPS} times without a challenge`);
  }

  async #request(method: 'GET' | 'POST', url: URL, answers?: Answers): Promise<Reply> {
    const cookies = await this.#cookies.getCookies(url.href);
    // Whoever is logged in proves with it that the answer comes from Authentik's own page.
    const csrf = method === 'POST' ? cookies.find(({ key }) => key === 'authentik_csrf')?.value : undefined;
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        Accept: url.pathname.startsWith(EXECUTOR) ? 'application/json' : 'text/html',
        ...(cookies.length === 0 ? {} : { Cookie: cookies.map((cookie) => cookie.cookieString()).join('; ') }),
        ...(url.origin === this.#authentik.origin ? { Referer: `${url.origin}/` } : {}),
        ...(csrf === undefined ? {} : { 'X-authentik-CSRF': csrf }),
        ...(answers === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(answers === undefined ? {} : { body: JSON.stringify(answers) }),
    });
    for (const cookie of response.headers.getSetCookie()) await this.#cookies.setCookie(cookie, url.href, { ignoreError: true });
    const isRedirect = response.status >= 301 && response.status <= 308;
    return {
      status: response.status,
      location: isRedirect ? (response.headers.get('location') ?? undefined) : undefined,
      text: await response.text(),
    };
  }
}

function slugOf({ pathname }: URL): string | undefined {
  return /^\/if\/flow\/([^/]+)\/$/.exec(pathname)?.[1];
}

function challengeOf({ status, text }: Reply, { pathname }: URL): Challenge {
  const body: unknown = text.startsWith('{') ? JSON.parse(text) : undefined;
  const challenge = status === 200 ? parseChallenge(body) : undefined;
  if (challenge !== undefined) return challenge;
  const said = Failure.safeParse(body).data?.detail;
  throw new Error(`${pathname} answered ${status}${said === undefined ? '' : ` (${said})`} instead of a challenge`);
}
