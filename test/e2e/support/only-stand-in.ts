/** Whether the suite runs against a server of the user's own. */
export const ON_REAL_SERVER = (process.env['E2E_AUTHENTIK_URL'] ?? '') !== '';

/**
 * A group of tests that takes faults on demand, or the count of requests, or a server in a state that can't be asked of a real one.
 * On a real server the group is skipped, and its title says why.
 */
export function describeOnStandIn(title: string, why: string, tests: () => void): void {
  const group = ON_REAL_SERVER ? describe.skip : describe;
  group(ON_REAL_SERVER ? `${title} (skipped on a real server: ${why})` : title, tests);
}
