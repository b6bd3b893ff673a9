/** From a request to its answer: path, rights, method, endpoint. */
import { FLOW } from './catalogue/stages.ts';
import { execute, EXECUTOR } from './executor/executor.ts';
import { caller } from './executor/visitor.ts';
import { answer, type Answer, crashed, detail, htmlPage, Refusal, type Request } from './http.ts';
import type { Json } from './json.ts';
import { ServerCrash } from './model.ts';
import { oidcPage } from './oidc/pages.ts';
import { resolve, serve } from './resource.ts';
import { serveSpecial } from './special.ts';
import type { World } from './world.ts';

/** What arrives, before anybody looked at it. */
export interface Incoming {
  id: string;
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  rawBody: string;
}

export interface Dispatched {
  answer: Answer;
  /** Path template of the official schema; null for a path that isn't in it. */
  template: string | null;
  body: Json | undefined;
}

const ROOT = '/api/v3';

/** The parsed body. Ends the request as the server does when it can't be read; an empty one is none, whatever its type. */
function parseBody({ headers, rawBody }: Incoming): Json | undefined {
  if (rawBody === '') return undefined;
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  if (type !== 'application/json') throw new Refusal(detail(415, `Unsupported media type "${headers['content-type'] ?? ''}" in request.`));
  try {
    return JSON.parse(rawBody) as Json;
  } catch (error) {
    throw new Refusal(detail(400, `JSON parse error - ${String(error)}`));
  }
}

function toRequest(incoming: Incoming, world: World): Request {
  const { id, method, path, query, headers } = incoming;
  const user = headers.authorization === undefined ? caller(incoming, world) : world.access.authenticate(headers.authorization);
  // The body is read only where an endpoint looks at it, so rights and methods are judged first.
  return {
    id,
    method,
    path: path.slice(ROOT.length),
    query,
    headers,
    user,
    get body() {
      return parseBody(incoming);
    },
  };
}

function outside(path: string, world: World): Answer {
  if (path === '/-/health/live/' || path === '/-/health/ready/') return answer(200, '', { contentType: 'text/plain', allow: false });
  const slug = /^\/if\/flow\/([^/]+)\/$/.exec(path)?.[1];
  return htmlPage(slug !== undefined && world.store.find(FLOW, 'slug', slug) !== null ? 200 : 404);
}

function api(incoming: Incoming, template: string, methods: string[], id: string, world: World): Answer {
  if (template === EXECUTOR && methods.includes(incoming.method))
    return execute(
      {
        ...incoming,
        path: incoming.path.slice(ROOT.length),
        body: incoming.method === 'POST' ? parseBody(incoming) : undefined,
      },
      id,
      world,
    );
  const request = toRequest(incoming, world);
  if (!methods.includes(request.method)) {
    world.access.demand(request.user, null);
    return detail(405, `Method "${request.method}" not allowed.`);
  }
  const special = serveSpecial(template, request, id, world);
  if (special !== null) return special;
  const target = resolve(template, world);
  return target === null
    ? detail(501, `The stand-in doesn't implement ${request.method} ${template}`)
    : serve(target, id, request, template, world);
}

function allowHeader(methods: string[]): string {
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}

function tryToParse(incoming: Incoming): Json | undefined {
  try {
    return parseBody(incoming);
  } catch {
    return undefined;
  }
}

/** The answer to a request, whatever it is. */
export async function dispatch(incoming: Incoming, world: World): Promise<Dispatched> {
  const { method, path } = incoming;
  const page = await oidcPage(incoming, world);
  if (page !== null) return { answer: page, template: null, body: undefined };
  if (!path.startsWith(`${ROOT}/`)) return { answer: outside(path, world), template: null, body: undefined };
  const match = world.api.match(path.slice(ROOT.length));
  if (match === null) return { answer: method === 'GET' ? htmlPage(404) : crashed(method), template: null, body: undefined };
  const { template, methods } = match.route;
  let result: Answer;
  try {
    result = api(incoming, template, methods, match.parameters[0] ?? '', world);
  } catch (error) {
    if (error instanceof Refusal) result = error.answer;
    else if (error instanceof ServerCrash) result = crashed(method);
    else throw error;
  }
  const headers = result.allow ? { allow: allowHeader(methods), ...result.headers } : result.headers;
  return { answer: { ...result, headers }, template, body: tryToParse(incoming) };
}
