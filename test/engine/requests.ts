import type { AuthentikSim } from '../authentik-sim/sim.ts';

/** What the stand-in was asked, such as `GET /stages/all/?page_size=100`, without what is asked to learn of changes. */
export function callsOf(sim: AuthentikSim): readonly string[] {
  return allCallsOf(sim).filter((call) => !isNews(call));
}

export function allCallsOf(sim: AuthentikSim): readonly string[] {
  return sim.requests.map(({ method, path, query }) => `${method} ${path.replace('/api/v3', '')}${query === '' ? '' : `?${query}`}`);
}

/** Whether it asks what others have changed. */
export function isNews(call: string): boolean {
  return call.includes('/events/events/') || call.includes('/managed/blueprints/');
}

/** Whether it reads a list from its beginning to its end. */
export function isList(call: string): boolean {
  return call.startsWith('GET ') && call.includes('page_size') && !isNews(call);
}

export function isWrite(call: string): boolean {
  return !call.startsWith('GET ');
}

/** Calls the stand-in as somebody else would, such as a person in the admin interface. */
export async function somebodyElse(sim: AuthentikSim, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${sim.url}/api/v3${path}`, {
    method,
    headers: { authorization: `Bearer ${sim.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
