import { createHash, randomBytes } from 'node:crypto';
import type { FlowExecutor } from './flow-executor.ts';
import { lookAtLogin } from './look-at-login.ts';
import { AUTHORIZE_PATH, authorizeQuery, type LoginRequest } from './login-request.ts';
import { unclear, wrong, type Sighting } from './sighting.ts';

/** A market's login, and where it should lead. */
export interface MarketLoginToLookAt {
  readonly request: LoginRequest;
  /** The slug of the login flow that shows the link. */
  readonly loginSlug: string;
  readonly enrollmentSlug: string;
  /** Whether the address that visitors use may choose another login flow than the one that we use: brands go by the host. */
  readonly mayDiffer: boolean;
  /** Authentik's sub-path, without a slash at its end. */
  readonly subPath: string;
}

/** From the authorization address to the login page; older versions go there by way of the default login flow. */
const MAX_HOPS = 3;
const LOGIN_PAGE = /\/if\/flow\/([^/]+)\/$/;

/**
 * Asks for a login as a market does for an anonymous visitor, with PKCE, state and nonce, and follows it up to the form, whose sign-up link
 * must lead back to that login. Throws when the server can't be asked.
 *
 * Seen on 2025.12 and 2026.2: the authorization address redirects at once to the page of the login flow, with itself as `next`; an unknown
 * client or a redirect address that isn't allowed is a page with status 400.
 */
export async function lookAtMarketLogin(visitor: FlowExecutor, market: MarketLoginToLookAt): Promise<Sighting> {
  let path = `${AUTHORIZE_PATH}?${authorizeQuery(market.request, onceOnly())}`;
  for (let hop = 0; hop < MAX_HOPS; hop += 1) {
    const { status, location, said } = await visitor.browse(path);
    if (location === undefined) {
      return wrong(`the market's login ends at a page with status ${status} instead of a login form${said === '' ? '' : `: ${said}`}`);
    }
    const slug = LOGIN_PAGE.exec(location.pathname)?.[1];
    if (slug !== undefined) return lookAtForm(visitor, market, decodeURIComponent(slug), location.search.slice(1));
    if (!location.pathname.startsWith(`${market.subPath}/flows/`))
      return wrong(`the market's login leads to ${withoutParameters(location)}`);
    path = location.pathname.slice(market.subPath.length) + location.search;
  }
  return wrong(`the market's login is redirected ${MAX_HOPS} times without a login form`);
}

async function lookAtForm(visitor: FlowExecutor, market: MarketLoginToLookAt, slug: string, query: string): Promise<Sighting> {
  const { loginSlug, enrollmentSlug, subPath } = market;
  if (slug !== loginSlug) {
    const got = `the market's login leads to the flow ${slug}, and not to ${loginSlug}, which shows the link`;
    return market.mayDiffer
      ? unclear(`${got}; it was asked for by the connection's url, whose brand may be another than that of publicURL`)
      : wrong(got);
  }
  return lookAtLogin(visitor, { slug, enrollmentSlug, query, next: subPath + AUTHORIZE_PATH });
}

/** What a client makes anew for each login (RFC 7636; OpenID Connect Core, 3.1.2.1). */
function onceOnly(): Readonly<Record<string, string>> {
  const text = (): string => randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(text()).digest('base64url');
  return { state: text(), nonce: text(), code_challenge: challenge, code_challenge_method: 'S256' };
}

/** The error that an address may carry is worth reading; codes and tokens aren't for messages. */
function withoutParameters({ origin, pathname, searchParams }: URL): string {
  const error = searchParams.get('error');
  return `${origin}${pathname}${error === null ? '' : ` (${error})`}`;
}
