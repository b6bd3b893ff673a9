import type { Logger } from './runtime/logger.ts';

/** What the operator shows of how it gets on. */
export interface SignsOfLife {
  /** Whether every kind has been listed. */
  readonly synced: boolean;
  /** Which kind's changes don't reach us, and why; undefined when all do. */
  readonly watchTrouble: string | undefined;
  /** How long the oldest of the passes that run has been running. */
  readonly longestPassMs: number;
  /** For how long no worker has taken or finished a pass although some wait. */
  readonly standstillMs: number;
  /** For how long one of the watches has shown nothing at all, not even a failure. */
  readonly watchStillMs: number;
}

/** A pass that runs longer hangs, in milliseconds: several times the longest `requestTimeout`, so no slow server looks so. */
const STUCK_MS = 15 * 60_000;
/** A watch that is still for longer hangs, in milliseconds: twice the time after which everything is listed anew. */
const STILL_MS = 20 * 60_000;

/**
 * Whether the operator is of use, for the kubelet and for the Lease. It tells two things apart: what a new process, here or on another node,
 * would mend (`unfit`), and what it would not, such as an API server that is away or rights that were taken (`notReady`).
 */
export class Fitness {
  readonly #signs: () => SignsOfLife;
  readonly #log: Pick<Logger, 'warn' | 'info'>;
  readonly #said = new Set<string>();

  constructor(signs: () => SignsOfLife, log: Pick<Logger, 'warn' | 'info'>) {
    this.#signs = signs;
    this.#log = log;
  }

  /** Why this process should end: the kubelet restarts it, and a leader that is unfit lets its Lease go. Undefined when it is fit. */
  unfit(): string | undefined {
    const { longestPassMs, standstillMs, watchStillMs } = this.#signs();
    if (longestPassMs >= STUCK_MS) return this.#say('fit', `a pass has been running for ${minutes(longestPassMs)}`);
    if (standstillMs >= STUCK_MS) return this.#say('fit', `no worker has taken a pass for ${minutes(standstillMs)}, though some wait`);
    if (watchStillMs >= STILL_MS) return this.#say('fit', `a watch has shown no sign of life for ${minutes(watchStillMs)}`);
    return this.#say('fit', undefined);
  }

  /** Why what is declared isn't seen. Undefined when it is. */
  notReady(): string | undefined {
    const { synced, watchTrouble } = this.#signs();
    if (!synced) return 'the objects have not been listed yet';
    return this.#say('ready', watchTrouble);
  }

  /** Into the log as well, when it begins and when it ends: a kubelet shows no more of a probe's answer than its number. */
  #say(what: string, why: string | undefined): string | undefined {
    const said = this.#said.has(what);
    if (why !== undefined && !said) {
      this.#said.add(what);
      this.#log.warn({ why }, `not ${what}`);
    }
    if (why === undefined && said) {
      this.#said.delete(what);
      this.#log.info({}, `${what} again`);
    }
    return why;
  }
}

function minutes(ms: number): string {
  return `${Math.floor(ms / 60_000)} min`;
}
