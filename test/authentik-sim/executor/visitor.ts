/** Who visits: the browser's session, in flows and on pages outside the API alike. */
import { randomBytes } from 'node:crypto';
import { parse as parseCookies } from 'node:querystring';
import type { Request } from '../http.ts';
import type { World } from '../world.ts';
import type { Session } from './plan.ts';

const COOKIE = 'authentik_session';

/** A visitor's session by cookie, a new one if need be; `cookieHeader` is what the browser has to keep. */
export class Visitor {
  session: Session;
  private key: string;
  private isNew: boolean;
  private readonly world: World;

  constructor(request: Pick<Request, 'headers'>, world: World) {
    this.world = world;
    const sent = parseCookies(request.headers.cookie ?? '', '; ')[COOKIE];
    const known = typeof sent === 'string' ? world.sessions.get(sent) : undefined;
    this.isNew = known === undefined;
    this.key = known !== undefined && typeof sent === 'string' ? sent : randomBytes(24).toString('hex');
    this.session = known ?? { user: null, plan: null };
    world.sessions.set(this.key, this.session);
  }

  /** Another key for the same session. */
  renew(): void {
    this.world.sessions.delete(this.key);
    this.key = randomBytes(24).toString('hex');
    this.isNew = true;
    this.world.sessions.set(this.key, this.session);
  }

  cookieHeader(): Record<string, string> {
    return this.isNew ? { 'set-cookie': `${COOKIE}=${this.key}; HttpOnly; Path=/; SameSite=Lax` } : {};
  }
}
