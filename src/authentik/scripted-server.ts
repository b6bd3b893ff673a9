import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** A request as a {@link ScriptedServer} received it. */
export interface ReceivedRequest {
  readonly method: string;
  /** With its query string. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What to answer. `body` is sent as JSON unless it is text. */
export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
}

/** Cuts the connection instead of answering. */
export const CUT = Symbol('cut');

type Answer = ScriptedAnswer | typeof CUT;

/** A real HTTP server for tests, which answers as it is told and remembers what it was asked. */
export class ScriptedServer {
  readonly requests: ReceivedRequest[] = [];
  /** The most requests that were open at one time. */
  mostOpen = 0;
  /** How many connections were opened. */
  connections = 0;
  #open = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #scheme: string;

  private constructor(respond: (request: ReceivedRequest) => Answer | Promise<Answer>, tls?: { key: string; cert: string }) {
    this.#scheme = tls === undefined ? 'http' : 'https';
    const listener: Parameters<typeof createServer>[1] = (incoming, outgoing) => {
      this.mostOpen = Math.max(this.mostOpen, (this.#open += 1));
      let body = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      incoming.on('end', () => {
        const request = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, body };
        this.requests.push(request);
        void Promise.resolve(respond(request)).then((answer) => {
          this.#open -= 1;
          if (answer === CUT) return incoming.socket.destroy();
          const text = typeof answer.body === 'string' ? answer.body : answer.body === undefined ? '' : JSON.stringify(answer.body);
          const type = typeof answer.body === 'string' ? 'text/html; charset=utf-8' : 'application/json';
          return outgoing.writeHead(answer.status ?? 200, { 'content-type': type, ...answer.headers }).end(text);
        });
      });
    };
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
    this.#server.on('connection', (socket: Socket) => {
      this.connections += 1;
      this.#sockets.add(socket.on('close', () => this.#sockets.delete(socket)));
    });
  }

  static async start(
    respond: (request: ReceivedRequest) => Answer | Promise<Answer>,
    tls?: { readonly key: string; readonly cert: string },
  ): Promise<ScriptedServer> {
    const server = new ScriptedServer(respond, tls);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
