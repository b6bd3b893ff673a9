import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

/** What the endpoints tell. */
export interface HttpState {
  /** Why the kubelet should restart us: only for what a restart can mend. Undefined when it should not. */
  readonly unhealthy: () => string | undefined;
  /** Why we are not ready yet; undefined when we are. */
  readonly notReady: () => string | undefined;
  readonly registry: Registry;
}

/** Serves `/healthz`, `/readyz` and `/metrics`. Resolves once it listens; the port is in its address. */
export async function serveHttp(
  port: number,
  host: string | undefined,
  state: HttpState,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', state).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  await listen(server, port, host);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function answer(url: string, { unhealthy, notReady, registry }: HttpState): Promise<Answer> {
  const text = (status: number, body: string): Answer => ({ status, type: 'text/plain; charset=utf-8', body: `${body}\n` });
  const probed = (why: string | undefined): Answer => (why === undefined ? text(200, 'ok') : text(503, why));
  switch (url.split('?', 1)[0]) {
    case '/healthz':
      return probed(unhealthy());
    case '/readyz':
      return probed(notReady());
    case '/metrics':
      return { status: 200, type: registry.contentType, body: await registry.metrics() };
    default:
      return text(404, 'there are /healthz, /readyz and /metrics');
  }
}

async function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
