import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PooledKubeConfig } from '../kubeconfig.ts';
import { mergePatch, ObjectTable, Refusal, type StoredObject } from './object-table.ts';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType: string | undefined;
  readonly accept: string | undefined;
  readonly body: unknown;
}

/** What a test wants to happen instead of the proper answer. */
export type Interference =
  { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> } | 'reset' | 'hang' | undefined;

/** A watch that a client has open. */
export class OpenWatch {
  readonly query: URLSearchParams;
  readonly #response: ServerResponse;

  constructor(query: URLSearchParams, response: ServerResponse) {
    this.query = query;
    this.#response = response;
  }

  send(type: string, object: unknown): void {
    this.#response.write(`${JSON.stringify({ type, object })}\n`);
  }

  /** Ends the stream in good order. */
  end(): void {
    this.#response.end();
  }

  /** Cuts the connection. */
  reset(): void {
    this.#response.socket?.resetAndDestroy();
  }

  get closed(): boolean {
    return this.#response.closed;
  }
}

/**
 * A small API server on a loopback port, for faults that a real one can't be made to show: it knows lists with pages and one field
 * selector, watches, create, replace, merge patch, delete, resource versions, finalizers and the status subresource; no schemas, no rights.
 */
export class ApiServerDouble {
  readonly table = new ObjectTable((path, type, object) => this.#broadcast(path, type, object));
  readonly requests: SeenRequest[] = [];
  /** Asked before every request is answered. */
  interfere: (request: SeenRequest) => Interference | Promise<Interference> = () => undefined;
  readonly #server: Server;
  readonly #watches = new Set<{ readonly path: string; readonly watch: OpenWatch }>();
  readonly #configs: PooledKubeConfig[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
    });
  }

  static async listen(): Promise<ApiServerDouble> {
    const double = new ApiServerDouble();
    double.#server.listen(0, '127.0.0.1');
    await once(double.#server, 'listening');
    return double;
  }

  kubeConfig(): PooledKubeConfig {
    const { port } = this.#server.address() as AddressInfo;
    const config = new PooledKubeConfig();
    config.loadFromClusterAndUser(
      { name: 'double', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
      { name: 'tester', token: 'token' },
    );
    this.#configs.push(config);
    return config;
  }

  /** The watches of a collection that are open now, oldest first. */
  watches(path: string): OpenWatch[] {
    return [...this.#watches].filter((each) => each.path === path && !each.watch.closed).map(({ watch }) => watch);
  }

  seen(method: string, path?: string): SeenRequest[] {
    return this.requests.filter((request) => request.method === method && (path === undefined || request.path === path));
  }

  async close(): Promise<void> {
    await Promise.all(this.#configs.map((config) => config.close()));
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #broadcast(path: string, type: string, object: StoredObject): void {
    for (const each of this.#watches) {
      const covers = each.path === path || this.table.isPartOf(path, each.path);
      if (covers && matches(object, each.watch.query.get('fieldSelector'))) each.watch.send(type, object);
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://double');
    const seen = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      contentType: request.headers['content-type'],
      accept: request.headers.accept,
      body: await bodyOf(request),
    };
    this.requests.push(seen);
    const interference = await this.interfere(seen);
    if (interference === 'hang') return;
    if (interference === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (interference !== undefined) {
      answer(
        response,
        interference.status,
        interference.body ?? { kind: 'Status', message: `refused with ${interference.status}` },
        interference.headers,
      );
      return;
    }
    try {
      if (seen.query.get('watch') === 'true') this.#watch(seen, response);
      else answer(response, seen.method === 'POST' ? 201 : 200, this.#reply(seen));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      answer(response, error.code, { kind: 'Status', status: 'Failure', code: error.code, reason: error.reason, message: error.message });
    }
  }

  #watch({ path, query }: SeenRequest, response: ServerResponse): void {
    const watch = new OpenWatch(query, response);
    const entry = { path, watch };
    this.#watches.add(entry);
    response.on('close', () => this.#watches.delete(entry));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const { type, object } of this.table.since(path, Number(query.get('resourceVersion') ?? 0))) {
      if (matches(object, query.get('fieldSelector'))) watch.send(type, object);
    }
  }

  #reply({ method, path, query, body }: SeenRequest): unknown {
    switch (method) {
      case 'GET':
        return this.table.isCollection(path) ? this.#list(path, query) : this.table.get(path);
      case 'POST':
        return this.table.create(path, body);
      case 'PUT':
        return path.endsWith('/status') ? this.table.replaceStatus(path.slice(0, -'/status'.length), body) : this.table.replace(path, body);
      case 'PATCH':
        return this.table.update(path.replace(/\/status$/, ''), (current) => mergePatch(current, body));
      case 'DELETE':
        return this.table.delete(path);
      default:
        throw new Refusal(405, 'MethodNotAllowed', method);
    }
  }

  #list(path: string, query: URLSearchParams): unknown {
    const all = this.table.list(path).filter((object) => matches(object, query.get('fieldSelector')));
    const from = Number(query.get('continue') ?? 0);
    const limit = Number(query.get('limit') ?? all.length);
    const rest = from + limit < all.length ? { continue: String(from + limit) } : {};
    return { kind: 'List', metadata: { resourceVersion: String(this.table.version), ...rest }, items: all.slice(from, from + limit) };
  }
}

function matches(object: StoredObject, fieldSelector: string | null): boolean {
  return fieldSelector === null || fieldSelector === `metadata.name=${object.metadata.name}`;
}

function answer(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}
