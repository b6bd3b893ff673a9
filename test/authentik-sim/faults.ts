/** Trouble on demand: what a test lets go wrong, and for which requests. */
import type { Json } from './json.ts';

/** What a rule sees of a request. `path` is the whole path, with `/api/v3`. */
export interface FaultRequest {
  method: string;
  path: string;
  body: Json | undefined;
}

export type FaultResponse =
  | { kind: 'status'; status: number; body?: Json; contentType?: string; headers?: Record<string, string> }
  /** The real server's answer to an unhandled error on a write. Nothing is applied. */
  | { kind: 'empty405' }
  /** A proxy's error page. Nothing is applied. */
  | { kind: 'html502' }
  /** Never answers. Nothing is applied. */
  | { kind: 'hang' }
  /** Cuts the connection, before the request took effect or after. */
  | { kind: 'cut'; when: 'before' | 'after' }
  /** Answers as usual, later. */
  | { kind: 'delay'; ms: number }
  /** Answers as usual, and takes so long for it in all, its own work included. */
  | { kind: 'pace'; ms: number };

export interface FaultRule {
  /** `pathPrefix` may leave out `/api/v3`. */
  match: ((request: FaultRequest) => boolean) | { method?: string; pathPrefix?: string };
  /** How many requests it hits; without it, all until it's removed. */
  times?: number;
  respond: FaultResponse;
}

export class Faults {
  private rules: { rule: FaultRule; left: number }[] = [];

  /** Adds a rule; the earliest that matches wins. The function given back removes it. */
  inject(rule: FaultRule): () => void {
    const entry = { rule, left: rule.times ?? Infinity };
    this.rules.push(entry);
    return () => {
      this.rules = this.rules.filter((other) => other !== entry);
    };
  }

  /** The trouble that this request gets, if any; counts it. */
  next(request: FaultRequest): FaultResponse | null {
    const entry = this.rules.find(({ rule, left }) => left > 0 && matches(rule.match, request));
    if (entry === undefined) return null;
    entry.left -= 1;
    return entry.rule.respond;
  }
}

function matches(match: FaultRule['match'], request: FaultRequest): boolean {
  if (typeof match === 'function') return match(request);
  const prefix = match.pathPrefix ?? '';
  const path = request.path;
  return (
    (match.method === undefined || match.method === request.method) && (path.startsWith(prefix) || path.startsWith(`/api/v3${prefix}`))
  );
}
