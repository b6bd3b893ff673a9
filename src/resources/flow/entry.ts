import type { Body } from '../entity/desired.ts';

/** The fields of a flow's header that decide who comes in. */
export interface Entry {
  readonly authentication: unknown;
  readonly policyEngineMode: unknown;
}

export function entryOf(header: Body): Entry {
  return { authentication: header['authentication'], policyEngineMode: header['policy_engine_mode'] };
}

/**
 * What the header may say while stages and policies change: of each field the value that lets in fewer. Who is let in by neither of two
 * values of `authentication` tells nothing of the other: then it stays as it was until everything is in place.
 *
 * @param to what is declared; undefined is what stays.
 */
export function narrower(from: Entry, to: Entry): Entry {
  const mode = to.policyEngineMode ?? from.policyEngineMode;
  return {
    authentication: admitsFewer(to.authentication ?? from.authentication, from.authentication)
      ? (to.authentication ?? from.authentication)
      : from.authentication,
    policyEngineMode: mode === from.policyEngineMode ? mode : 'all',
  };
}

/** Whether both let in the same people; what isn't declared stays. */
export function isSameEntry(declared: Entry, held: Entry): boolean {
  const same = (want: unknown, have: unknown): boolean => want === undefined || want === have;
  return same(declared.authentication, held.authentication) && same(declared.policyEngineMode, held.policyEngineMode);
}

/** Administrators are signed in; an outpost is nobody who walks through a flow of pages (Authentik's `FlowAuthenticationRequirement`). */
function admitsFewer(value: unknown, than: unknown): boolean {
  if (value === than) return false;
  return than === 'none' || value === 'require_outpost' || (value === 'require_superuser' && than === 'require_authenticated');
}
