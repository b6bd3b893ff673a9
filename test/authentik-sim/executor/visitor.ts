/** Who visits: a browser's session behind its cookies, and the header that proves a request is no forgery. */
import { randomBytes } from 'node:crypto';
import { parse as parseCookies } from 'node:querystring';
import { USER } from '../catalogue/core.ts';
import { detail, Refusal } from '../http.ts';
import type { Row } from '../model.ts';
import type { World } from '../world.ts';
import type { Session } from './plan.ts';

const SESSION_COOKIE = 'authentik_session';
const CSRF_COOKIE = 'authentik_csrf';
const CSRF_HEADER = 'x-authentik-csrf';
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

interface Headed {
  method: string;
  headers: Record<string, string>;
}

function cookie({ headers }: Pick<Headed, 'headers'>, name: string): string | null {
  const value = parseCookies(headers.cookie ?? '', '; ')[name];
  return typeof value === 'string' ? value : null;
}

/** Why the request doesn't prove that it comes from a page of this server, as the server words it; null when it does or needn't. */
export function forgeryProblem(request: Headed): string | null {
  if (SAFE_METHODS.has(request.method)) return null;
  const wanted = cookie(request, CSRF_COOKIE);
  const sent = request.headers[CSRF_HEADER];
  if (wanted === null) return 'CSRF cookie not set.';
  if (sent === undefined) return 'CSRF token missing.';
  if (sent.length !== wanted.length) return "CSRF token from the 'X-Authentik-Csrf' HTTP header has incorrect length.";
  return sent === wanted ? null : "CSRF token from the 'X-Authentik-Csrf' HTTP header incorrect.";
}

/** Who is signed in in that session: an account that was switched off meanwhile isn't. */
export function signedIn(session: Session | undefined, world: World): Row | null {
  const user = world.store.get(USER, session?.user ?? null);
  return user?.values.is_active === true ? user : null;
}

/** Who calls the API from a browser. Ends the request when it might be a forgery. */
export function caller(request: Headed, world: World): Row | null {
  const user = signedIn(world.sessions.get(cookie(request, SESSION_COOKIE) ?? ''), world);
  if (user === null) return null;
  const problem = forgeryProblem(request);
  if (problem !== null) throw new Refusal(detail(403, `CSRF Failed: ${problem}`));
  return user;
}

/** A visitor's session by cookie, a new one if need be, and the cookies that the browser has to keep from now on. */
export class Visitor {
  readonly session: Session;
  private key: string;
  private readonly cookies = new Map<string, string>();
  private readonly world: World;

  constructor(request: Pick<Headed, 'headers'>, world: World) {
    this.world = world;
    const sent = cookie(request, SESSION_COOKIE);
    const known = sent === null ? undefined : world.sessions.get(sent);
    this.session = known ?? { user: null, plan: null };
    if (signedIn(this.session, world) === null) this.session.user = null;
    if (known !== undefined && sent !== null) this.key = sent;
    else this.key = this.newKey();
  }

  private newKey(): string {
    const key = randomBytes(24).toString('hex');
    this.world.sessions.set(key, this.session);
    this.cookies.set(SESSION_COOKIE, `${key}; HttpOnly`);
    return key;
  }

  /** Signs in: the same session under another key, so that who knew the old one isn't in too. */
  signIn(user: Row): void {
    this.world.sessions.delete(this.key);
    this.key = this.newKey();
    this.session.user = Number(user.pk);
    this.session.login = { at: Date.now(), sid: randomBytes(32).toString('hex') };
    this.cookies.set(CSRF_COOKIE, randomBytes(16).toString('hex'));
  }

  /** Signs out: nothing of the session is left but the way through the flow. */
  signOut(): void {
    this.session.user = null;
  }

  /** What the browser has to keep. */
  cookieHeader(): Record<string, string[]> {
    const cookies = [...this.cookies].map(([name, value]) => `${name}=${value}; Path=/; SameSite=Lax`);
    return cookies.length === 0 ? {} : { 'set-cookie': cookies };
  }
}
