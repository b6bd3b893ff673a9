import type { FaultRule } from '../../authentik-sim/sim.ts';

type FaultRequest = Parameters<Extract<FaultRule['match'], (...args: never[]) => boolean>>[0];

/** Actions that change nothing that lasts. */
const CACHE_CLEAR = /\/cache_clear\/$/;

/** Whether a request changes the configuration; visits of flows and cleared caches don't. */
export function isWrite({ method, path }: Pick<FaultRequest, 'method' | 'path'>): boolean {
  return method !== 'GET' && path.startsWith('/api/v3/') && !path.startsWith('/api/v3/flows/executor/') && !CACHE_CLEAR.test(path);
}

/** What a request asks for; the same for a request and its repetition. */
export function contentOf({ method, path, body }: Pick<FaultRequest, 'method' | 'path'> & { readonly body?: unknown }): string {
  return `${method} ${path} ${JSON.stringify(body ?? null)}`;
}

/** Trouble for every write when it is tried for the first time, whatever it is. */
export function onEveryFirstWrite(respond: FaultRule['respond']): FaultRule {
  const tried = new Set<string>();
  return {
    match: (request) => {
      if (!isWrite(request) || tried.has(contentOf(request))) return false;
      tried.add(contentOf(request));
      return true;
    },
    respond,
  };
}
