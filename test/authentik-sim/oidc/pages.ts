/** The pages below `/application/o/`: which request goes where. */
import { Visitor } from '../executor/visitor.ts';
import { answer, type Answer, htmlPage } from '../http.ts';
import type { World } from '../world.ts';
import { authorize } from './authorize.ts';
import { clientBySlug } from './clients.ts';
import { configuration } from './discovery.ts';
import { endSession } from './end-session.ts';
import { publicKeys } from './keys.ts';
import { exchange, userInfo } from './token.ts';

/** A request as far as these pages look at it. */
export interface PageRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  rawBody: string;
}

const PREFIX = '/application/o/';
const plain = { allow: false, rest: false };

async function ofApplication(request: PageRequest, slug: string, page: string, visitor: Visitor, world: World): Promise<Answer> {
  const client = clientBySlug(slug, world);
  const host = request.headers.host ?? '';
  if (client === null) return htmlPage(404);
  if (page === '.well-known/openid-configuration') return answer(200, configuration(client, host, world), plain);
  if (page === 'jwks') return answer(200, await publicKeys(client.provider), plain);
  return page === 'end-session' ? endSession(client, request.query, host, visitor.session, world) : htmlPage(404);
}

async function serve(request: PageRequest, visitor: Visitor, world: World): Promise<Answer> {
  const { method, headers } = request;
  const page = request.path.slice(PREFIX.length).replace(/\/$/, '');
  const host = headers.host ?? '';
  if (page === 'authorize') return authorize(request, host, visitor.session, world);
  if (page === 'token' && method === 'POST') return exchange(new URLSearchParams(request.rawBody), headers.authorization, host, world);
  if (page === 'userinfo') return userInfo(headers.authorization, world);
  const [, slug = '', rest = ''] = /^([^/]+)\/(.+)$/.exec(page) ?? [];
  return ofApplication(request, slug, rest, visitor, world);
}

/** The answer of one of these pages; null for any other path. The browser's session counts here as it does in flows. */
export async function oidcPage(request: PageRequest, world: World): Promise<Answer | null> {
  if (!request.path.startsWith(PREFIX)) return null;
  const visitor = new Visitor(request, world);
  const result = await serve(request, visitor, world);
  return { ...result, headers: { ...result.headers, ...visitor.cookieHeader() } };
}
