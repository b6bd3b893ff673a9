import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import * as k8s from '@kubernetes/client-node';
import { Agent, type Dispatcher } from 'undici';

/** No request but a watch takes longer than this, in milliseconds; the API server itself gives up after 60 s. */
const REQUEST_TIMEOUT_MS = 30_000;
const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** What a connection is made of; another CA, certificate or proxy needs new connections. */
type Material = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized'> & {
  readonly servername?: string | undefined;
  readonly proxy: string | undefined;
};

interface Pools {
  readonly material: Material;
  readonly requests: Dispatcher;
  readonly watches: Dispatcher;
}

/**
 * A kubeconfig whose clients share their connections. client-node 2.0.1 builds a new dispatcher, and with it a new TCP and TLS
 * handshake, for every single call (kubernetes-client/javascript#2893).
 *
 * Watches have connections of their own: they last for minutes, and sixteen of them would leave none for anything else.
 * HTTP/2 is off, because one broken connection would take all calls and watches with it.
 * The CA is read again with every call, as client-node does; when it or the client certificate changes, new connections are made
 * and old ones close once their calls end.
 */
export class PooledKubeConfig extends k8s.KubeConfig {
  #pools: Pools | undefined;

  override async applySecurityAuthentication(context: k8s.RequestContext): Promise<void> {
    const options: RequestOptions & { servername?: string } = {};
    await this.applyToHTTPSOptions(options);
    for (const [name, value] of Object.entries(options.headers ?? {})) context.setHeaderParam(name, String(value));
    if (typeof options.auth === 'string') {
      context.setHeaderParam('Authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`);
    }
    const { ca, cert, key, rejectUnauthorized, servername } = options;
    const pools = await this.#poolsFor({ ca, cert, key, rejectUnauthorized, servername, proxy: this.getCurrentCluster()?.proxyUrl });
    if (isWatch(context)) {
      context.setDispatcher(pools.watches);
    } else {
      context.setDispatcher(pools.requests);
      context.setSignal(AbortSignal.timeout(REQUEST_TIMEOUT_MS));
    }
  }

  /** Cuts every connection, so that the process can end. The next call opens new ones. */
  async close(): Promise<void> {
    const pools = this.#pools;
    this.#pools = undefined;
    await Promise.all([pools?.requests.destroy(), pools?.watches.destroy()]);
  }

  async #poolsFor(material: Material): Promise<Pools> {
    const current = this.#pools;
    if (current !== undefined && sameMaterial(current.material, material)) return current;
    const pools =
      material.proxy === undefined
        ? { material, requests: agent(material, 16), watches: agent(material, null) }
        : { material, requests: await this.#proxy(), watches: await this.#proxy() };
    // Whoever came here at the same time made the same pools; one of them is kept.
    const winner = this.#pools;
    if (winner !== undefined && winner !== current) {
      closeLater(pools);
      return winner;
    }
    this.#pools = pools;
    if (current !== undefined) closeLater(current);
    return pools;
  }

  /** client-node knows how to speak to proxies; we only keep what it makes. */
  async #proxy(): Promise<Dispatcher> {
    const context = new k8s.RequestContext(this.getCurrentCluster()?.server ?? '', k8s.HttpMethod.GET);
    await super.applySecurityAuthentication(context);
    return context.getDispatcher() ?? new Agent({ allowH2: false });
  }
}

export interface KubeConfigSource {
  /** A kubeconfig file; default: `KUBECONFIG`, else the pod's ServiceAccount, else `~/.kube/config`. */
  readonly file?: string | undefined;
  /** A context of that file other than its current one. */
  readonly context?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Finds the API server and who we are there. Throws an `Error` for the user when there is none, or no such file or context. */
export function loadKubeConfig({ file, context, env = process.env }: KubeConfigSource = {}): PooledKubeConfig {
  const config = new PooledKubeConfig();
  const inCluster = env['KUBERNETES_SERVICE_HOST'] !== undefined && existsSync(SERVICE_ACCOUNT_TOKEN);
  if (file !== undefined) {
    if (!existsSync(file)) throw new Error(`there is no kubeconfig ${file}`);
    config.loadFromFile(file);
  } else if (env['KUBECONFIG'] === undefined && inCluster) {
    config.loadFromCluster();
  } else {
    config.loadFromDefault();
  }
  if (context !== undefined) {
    const names = config.getContexts().map(({ name }) => name);
    if (!names.includes(context)) throw new Error(`the kubeconfig has no context "${context}"; it has: ${names.join(', ') || 'none'}`);
    config.setCurrentContext(context);
  }
  const server = config.getCurrentCluster()?.server;
  // What client-node makes up when it finds nothing.
  if (server === undefined || server === 'http://localhost:8080') {
    throw new Error('no API server: set KUBECONFIG or --kubeconfig, or run in a pod with a ServiceAccount');
  }
  return config;
}

/** The namespace of the current context; in a pod its own. */
export function currentNamespace(config: k8s.KubeConfig): string | undefined {
  const current = config.getCurrentContext();
  return config.getContexts().find(({ name }) => name === current)?.namespace;
}

function agent({ ca, cert, key, rejectUnauthorized, servername }: Material, connections: number | null): Agent {
  const tls = { ca, cert, key, rejectUnauthorized, servername };
  const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
  return new Agent({
    allowH2: false,
    connections,
    // The API server closes idle connections after 90 s, load balancers often after 60 s: we go first.
    keepAliveTimeout: 50_000,
    headersTimeout: REQUEST_TIMEOUT_MS,
    connect: { ...given, keepAlive: true, keepAliveInitialDelay: 30_000 },
  });
}

function isWatch(context: k8s.RequestContext): boolean {
  return new URL(context.getUrl()).searchParams.get('watch') === 'true';
}

function sameMaterial(left: Material, right: Material): boolean {
  const names = ['ca', 'cert', 'key', 'rejectUnauthorized', 'servername', 'proxy'] as const;
  return names.every((name) => same(left[name], right[name]));
}

function same(left: unknown, right: unknown): boolean {
  return Buffer.isBuffer(left) && Buffer.isBuffer(right) ? left.equals(right) : left === right;
}

function closeLater(pools: Pools): void {
  // close() waits for the calls that are under way; a call that fails there has told its caller.
  void Promise.allSettled([pools.requests.close(), pools.watches.close()]);
}
