import { AuthentikClient, type ClientOptions } from '../authentik/client.ts';
import type { Ending, OwnWrite, Traffic } from '../authentik/line.ts';
import type { KeyedLock } from '../authentik/keyed-lock.ts';
import { VisitMemory } from '../authentik/visit-memory.ts';
import { rightFor } from './right-for.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { CacheClearing } from './cache-clearing.ts';
import { ChangeWatch, type Intervals } from './change-watch.ts';
import { Health } from './health.ts';
import { ServerMirror } from './mirror.ts';
import { OwnWrites } from './own-writes.ts';
import { shownKeys } from './shown-keys.ts';

/** What makes two connections mean the same server, seen with the same eyes. */
export interface ServerIdentity {
  readonly address: string;
  readonly token: string;
  readonly caPem: string | undefined;
}

/** How one connection wants the server to be treated. */
export interface ServerSettings extends Intervals {
  readonly requestTimeoutMs: number | undefined;
  readonly maxConcurrentRequests: number | undefined;
}

/** What a server reports to. */
export interface ServerListener {
  wake(topic: string): void;
  /** Everything on the server is to be looked at again. */
  resync(server: Server): void;
  /** Its connections should look whether it is there, and what it lets us know. */
  lookAgain(server: Server): void;
  recovered(server: Server): void;
  /** We have changed what visitors may see of the objects with these primary keys. */
  shown(keys: readonly string[]): void;
}

/** What every server is made with. */
export interface ServerParts {
  readonly clock: Clock;
  readonly clientOptions: Pick<ClientOptions, 'onRequest' | 'userAgent' | 'office'> & { readonly log: Logger };
  readonly listener: ServerListener;
}

/**
 * One Authentik as the operator sees it, shared by all connections that mean it: client, limits, health, what is known of its objects, and
 * who tells of changes. A connection is a claim to use it.
 */
export class Server implements Traffic {
  readonly address: string;
  readonly caPem: string | undefined;
  readonly client: AuthentikClient;
  readonly mirror: ServerMirror;
  readonly health: Health;
  readonly watch: ChangeWatch;
  readonly caches: CacheClearing;
  /** What looks from outside came to. */
  readonly visits = new VisitMemory();
  /** One writer at a time for each object in Authentik, whatever token it writes with. */
  readonly locks: KeyedLock;
  readonly #listener: ServerListener;
  readonly #ownWrites = new OwnWrites();

  constructor({ address, token, caPem }: ServerIdentity, locks: KeyedLock, { clock, clientOptions, listener }: ServerParts) {
    this.#listener = listener;
    this.address = address;
    this.caPem = caPem;
    this.locks = locks;
    this.client = new AuthentikClient({
      ...clientOptions,
      rightFor,
      url: address,
      token,
      ...(caPem === undefined ? {} : { caPem }),
      traffic: this,
    });
    this.health = new Health({
      host: new URL(address).host,
      clock,
      probe: () => listener.lookAgain(this),
      recovered: () => listener.recovered(this),
    });
    this.watch = new ChangeWatch({
      address,
      client: this.client,
      mirror: () => this.mirror,
      visits: this.visits,
      ownWrites: this.#ownWrites,
      clock,
      log: clientOptions.log,
      wake: (topic) => listener.wake(topic),
      resync: () => listener.resync(this),
      toldChanged: () => listener.lookAgain(this),
    });
    this.mirror = new ServerMirror({ client: this.client, clock, followed: this.watch });
    this.caches = new CacheClearing(this.client, clock);
  }

  /** Takes over what the connections that use it ask for: the gentlest limits and the shortest intervals. */
  tune(settings: readonly ServerSettings[]): void {
    this.client.tune({
      requestTimeoutMs: largest(settings.map((each) => each.requestTimeoutMs)),
      maxConcurrentRequests: least(settings.map((each) => each.maxConcurrentRequests)),
    });
    this.watch.tune({
      pollMs: least(settings.map((each) => each.pollMs).filter((ms) => ms > 0)) ?? 0,
      resyncMs: least(settings.map((each) => each.resyncMs).filter((ms) => ms > 0)) ?? 0,
    });
  }

  admit(): void {
    this.health.admit();
  }

  sent(method: string): (ending: Ending) => void {
    const written = method === 'GET' ? undefined : this.#ownWrites.begin();
    return (ending) => {
      // Before anybody hears of it: whoever is woken by the log must find it known.
      if (ending.kind === 'answered' && ending.write !== undefined) this.#wrote(ending.write);
      written?.(ending.kind === 'answered' ? ending.requestID : undefined);
      this.health.noted(ending);
    };
  }

  #wrote(write: OwnWrite): void {
    this.mirror.wrote(write);
    this.watch.wrote(write.method);
    const keys = shownKeys(write);
    if (keys === 'unknown') this.watch.shown();
    else if (keys.length > 0) this.#listener.shown(keys);
  }

  close(): void {
    this.watch.stop();
    this.health.stop();
    this.client.close();
  }
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function largest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
