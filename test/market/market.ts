/**
 * A market as far as logging in goes: the pages and addresses of the Ocean Enterprise market, a session per browser, and a maintained OIDC
 * client behind them.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse as parseCookies } from 'node:querystring';
import { type MarketEnvironment, parseEnvironment } from './environment.ts';
import { type LoginUnderWay, type Member, OidcClient } from './oidc-client.ts';
import { loginPage, profilePage } from './pages.ts';

/**
 * Where a sign-up goes on that was begun at the market. `login`: to the market, which begins a login then; so the market does today, and the
 * mail may be opened in any browser. `authorize`: to Authentik's authorization address, for a login that was begun with the sign-up; so it
 * did earlier, and only the browser that signed up gets in without a second click.
 */
export type AfterSignUp = 'login' | 'authorize';

export interface Market {
  readonly url: string;
  /** Where Authentik has to send people back to. */
  readonly redirectURI: string;
  /** As a restart with other variables: nobody is logged in any more. @throws when one is missing. */
  restart(variables: Readonly<Record<string, string>>, afterSignUp?: AfterSignUp): void;
  /** Why logins failed, oldest first. */
  readonly failures: readonly string[];
  stop(): Promise<void>;
}

interface Running {
  readonly environment: MarketEnvironment;
  readonly client: OidcClient;
  readonly afterSignUp: AfterSignUp;
  readonly members: Map<string, Member>;
}

interface Visit {
  readonly running: Running;
  readonly url: URL;
  readonly cookies: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly location?: string;
  readonly html?: string;
  /** Null removes one. */
  readonly cookies?: Readonly<Record<string, string | null>>;
}

const SESSION = 'market_session';
const UNDER_WAY = { verifier: 'oidc_pkce_verifier', state: 'oidc_state', nonce: 'oidc_nonce' } as const;
const FORGOTTEN = Object.fromEntries(Object.values(UNDER_WAY).map((name) => [name, null]));

const goTo = (location: string, cookies: Answer['cookies'] = {}): Answer => ({ status: 302, location, cookies });
const show = (html: string): Answer => ({ status: 200, html });

async function logIn({ running }: Visit): Promise<Answer> {
  const { address, login } = await running.client.begin();
  return goTo(address.href, cookiesOf(login));
}

/** The sign-up flow of Authentik, which leads on to `next` when it is done. */
async function signUp({ running, url }: Visit): Promise<Answer> {
  const { NEXT_PUBLIC_OIDC_ISSUER: issuer, NEXT_PUBLIC_OIDC_SIGNUP_FLOW: flow } = running.environment;
  const signUpAt = (next: string): string =>
    `${issuer.replace(/\/application\/o\/.*$/, '')}/if/flow/${flow}/?next=${encodeURIComponent(next)}`;
  if (running.afterSignUp === 'login') return goTo(signUpAt(new URL('/api/auth/login', url).href));
  const { address, login } = await running.client.begin();
  return goTo(signUpAt(address.href), cookiesOf(login));
}

async function callback({ running, url, cookies }: Visit, failures: string[]): Promise<Answer> {
  const [verifier = '', state = '', nonce = ''] = [UNDER_WAY.verifier, UNDER_WAY.state, UNDER_WAY.nonce].map((name) => cookies[name]);
  try {
    if (state === '') throw new Error('this browser began no login');
    const member = await running.client.finish(url.search, { verifier, state, nonce });
    const key = randomBytes(24).toString('hex');
    running.members.set(key, member);
    return goTo('/profile', { ...FORGOTTEN, [SESSION]: key });
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
    return goTo('/auth/login?error=auth_failed', FORGOTTEN);
  }
}

async function logOut(visit: Visit): Promise<Answer> {
  const { running, url } = visit;
  const member = memberOf(visit);
  running.members.delete(visit.cookies[SESSION] ?? '');
  if (member === undefined) return goTo('/auth/login');
  const address = await running.client.endSessionAddress(member.idToken, new URL('/auth/login', url).href);
  return goTo(address.href, { [SESSION]: null });
}

function profile(visit: Visit): Answer {
  const member = memberOf(visit);
  return member === undefined ? goTo('/auth/login') : show(profilePage(member));
}

function memberOf({ running, cookies }: Visit): Member | undefined {
  return running.members.get(cookies[SESSION] ?? '');
}

function cookiesOf(login: LoginUnderWay): Record<string, string> {
  return { [UNDER_WAY.verifier]: login.verifier, [UNDER_WAY.state]: login.state, [UNDER_WAY.nonce]: login.nonce };
}

const PAGES: Readonly<Record<string, (visit: Visit, failures: string[]) => Answer | Promise<Answer>>> = {
  '/': profile,
  '/profile': profile,
  '/auth/login': ({ url }) => show(loginPage(url.searchParams.get('error'))),
  '/api/auth/login': logIn,
  '/api/auth/signup': signUp,
  // The market's page of that name hands over to its API.
  '/auth/callback': ({ url }) => goTo(`/api/auth/callback${url.search}`),
  '/api/auth/callback': callback,
  '/api/auth/logout': logOut,
};

function send(response: ServerResponse, { status, location, html, cookies = {} }: Answer): void {
  for (const [name, value] of Object.entries(cookies)) {
    const lifetime = value === null ? '; Max-Age=0' : '';
    response.appendHeader('set-cookie', `${name}=${value ?? ''}; HttpOnly; Path=/; SameSite=Lax${lifetime}`);
  }
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    ...(location === undefined ? {} : { location }),
  });
  response.end(html);
}

async function answer(request: IncomingMessage, base: string, running: Running | undefined, failures: string[]): Promise<Answer> {
  const url = new URL(request.url ?? '/', base);
  const page = PAGES[url.pathname];
  if (page === undefined || running === undefined || request.method !== 'GET') return { status: 404, html: '' };
  const cookies = Object.fromEntries(
    Object.entries(parseCookies(request.headers.cookie ?? '', '; ')).map(([name, value]) => [name, String(value)]),
  );
  return page({ running, url, cookies }, failures);
}

/** Starts a market on 127.0.0.1 that nobody has told yet how people log in: until then every page is a 404. */
export async function startMarket(port = 0): Promise<Market> {
  let running: Running | undefined;
  const failures: string[] = [];
  const server = createServer((request, response) => {
    answer(request, base, running, failures)
      .then((answered) => send(response, answered))
      .catch((error: unknown) => {
        failures.push(error instanceof Error ? error.message : String(error));
        send(response, { status: 500, html: '' });
      });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: base,
    redirectURI: `${base}/auth/callback`,
    failures,
    restart: (variables, afterSignUp = 'login') => {
      const environment = parseEnvironment(variables);
      running = { environment, client: new OidcClient(environment), afterSignUp, members: new Map() };
    },
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
