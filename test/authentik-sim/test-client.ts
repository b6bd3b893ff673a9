/** A plain HTTP client for tests of the stand-in: an API caller and a browser. */
import { CookieJar } from 'tough-cookie';
import type { Json, JsonObject } from './json.ts';

interface Reply {
  status: number;
  body: JsonObject;
  /** The first entry of a list, or the body itself. */
  first: JsonObject;
}

export type Call = (method: string, path: string, body?: Json) => Promise<Reply>;

async function reply(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json');
  const body = (isJson && text !== '' ? JSON.parse(text) : {}) as JsonObject;
  const first = Array.isArray(body.results) ? ((body.results[0] ?? {}) as JsonObject) : body;
  return { status: response.status, body, first };
}

/** Logs in by the default authentication flow; gives what is shown in the end. */
export async function logIn(visitor: Browser, username: string, password: string): Promise<JsonObject> {
  const flow = 'default-authentication-flow';
  await visitor.open(flow);
  await visitor.answer(flow, { component: 'ak-stage-identification', uid_field: username });
  return visitor.answer(flow, { component: 'ak-stage-password', password });
}

/** Calls the API below `/api/v3`; without a token as nobody. */
export function apiCaller(url: string, token: string | null): Call {
  return async (method, path, body) => {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (token !== null) headers.authorization = `Bearer ${token}`;
    return reply(await fetch(`${url}/api/v3${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }));
  };
}

export interface Browser {
  /** Opens a flow, with the page's own query such as `flow_token=…`; gives what is shown in the end. */
  open: (slug: string, query?: string) => Promise<JsonObject>;
  /** Answers what is shown. */
  answer: (slug: string, body: JsonObject, query?: string) => Promise<JsonObject>;
  /** Calls the API as who is signed in; `csrf` in place of the cookie's, null for none. */
  call: (method: string, path: string, csrf?: string | null) => Promise<Reply>;
  /** Opens a page outside the API, with the same cookies, and goes nowhere from there. */
  page: (path: string) => Promise<{ status: number; location: string }>;
}

/**
 * A visitor with cookies, who follows redirects by hand so that none is lost, and sends the cookie against forgery as a header as the
 * server's own pages do.
 */
export function browser(url: string): Browser {
  const jar = new CookieJar();
  const send = async (method: string, path: string, body?: JsonObject, forged?: string | null): Promise<Response> => {
    const cookies = await jar.getCookies(url);
    const csrf = forged === undefined ? cookies.find(({ key }) => key === 'authentik_csrf')?.value : forged;
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      cookie: cookies.map((cookie) => cookie.cookieString()).join('; '),
      ...(csrf === undefined || csrf === null ? {} : { 'x-authentik-csrf': csrf }),
    };
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const cookie of response.headers.getSetCookie()) await jar.setCookie(cookie, url);
    return response;
  };
  const visit = async (method: string, path: string, body?: JsonObject): Promise<JsonObject> => {
    const response = await send(method, path, body);
    const location = response.headers.get('location');
    return response.status === 302 && location !== null ? visit('GET', location) : (await reply(response)).body;
  };
  const executor = (slug: string, query = ''): string => `/api/v3/flows/executor/${slug}/?query=${encodeURIComponent(query)}`;
  return {
    open: (slug, query) => visit('GET', executor(slug, query)),
    answer: (slug, body, query) => visit('POST', executor(slug, query), body),
    call: async (method, path, csrf) => reply(await send(method, `/api/v3${path}`, undefined, csrf)),
    page: async (path) => {
      const response = await send('GET', path);
      return { status: response.status, location: response.headers.get('location') ?? '' };
    },
  };
}
