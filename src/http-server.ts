import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

/** What the endpoints tell. */
export interface HttpState {
  /** False makes the kubelet restart us: only for what a restart can mend. */
  readonly healthy: () => boolean;
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

async function answer(url: string, { healthy, notReady, registry }: HttpState): Promise<{ status: number; type: string; body: string }> {
  const text = (status: number, body: string): { status: number; type: string; body: string } => ({
    status,
    type: 'text/plain; charset=utf-8',
    body: `${body}\n`,
  });
  switch (url.split('?', 1)[0]) {
    case '/healthz':
      return healthy() ? text(200, 'ok') : text(503, 'not healthy');
    case '/readyz': {
      const why = notReady();
      return why === undefined ? text(200, 'ok') : text(503, why);
    }
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
