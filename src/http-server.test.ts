import { Registry } from 'prom-client';
import { serveHttp } from './http-server.ts';

interface Row {
  readonly reason: string;
  readonly path: string;
  readonly status: number;
  readonly body: string;
}

const ROWS: readonly Row[] = [
  {
    reason: 'what a restart mends fails the liveness probe, with why',
    path: '/healthz',
    status: 503,
    body: 'a pass has been running for 15 min',
  },
  { reason: 'what it does not mend fails the readiness probe, with why', path: '/readyz', status: 503, body: 'AuthentikFlow: no watch' },
  { reason: 'a query changes nothing', path: '/readyz?verbose', status: 503, body: 'AuthentikFlow: no watch' },
  { reason: 'nothing else is told', path: '/', status: 404, body: 'there are /healthz, /readyz and /metrics' },
];

describe('the HTTP server', () => {
  let server: Awaited<ReturnType<typeof serveHttp>>;
  let trouble: boolean;

  beforeEach(async () => {
    trouble = true;
    server = await serveHttp(0, '127.0.0.1', {
      unhealthy: () => (trouble ? 'a pass has been running for 15 min' : undefined),
      notReady: () => (trouble ? 'AuthentikFlow: no watch' : undefined),
      registry: new Registry(),
    });
  });

  afterEach(async () => server.close());

  const get = async (path: string): Promise<{ status: number; body: string }> => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: response.status, body: (await response.text()).trim() };
  };

  it.each(ROWS)('$reason', async ({ path, status, body }) => {
    await expect(get(path)).resolves.toEqual({ status, body });
  });

  it.each(['/healthz', '/readyz'])('says ok at %s once all is well', async (path) => {
    trouble = false;
    await expect(get(path)).resolves.toEqual({ status: 200, body: 'ok' });
  });
});
