import type { Clock } from '../runtime/clock.ts';

export interface TokenBucketsOptions {
  /** How many a key may take at once. */
  readonly burst: number;
  /** How long until one more may be taken, in milliseconds. */
  readonly refillMs: number;
  readonly clock: Clock;
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/** Limits how often something happens per key, while letting it happen often for a moment. Buckets that are full again are forgotten. */
export class TokenBuckets {
  readonly #options: TokenBucketsOptions;
  /** The one used least recently comes first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: TokenBucketsOptions) {
    this.#options = options;
  }

  /** Takes a token if there is one. */
  take(key: string): boolean {
    const { burst, refillMs, clock } = this.#options;
    const now = clock.now();
    this.#forgetFull(now);
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refillMs);
    const taken = tokens >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: taken ? tokens - 1 : tokens, at: now });
    return taken;
  }

  #forgetFull(now: number): void {
    const { burst, refillMs } = this.#options;
    for (const [key, { at }] of this.#buckets) {
      if (now - at < burst * refillMs) return;
      this.#buckets.delete(key);
    }
  }
}
