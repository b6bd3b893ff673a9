/** One request of a visitor to a flow, and what a step can do with it. */
import type { Cause } from '../audit.ts';
import type { Request } from '../http.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Row } from '../model.ts';
import { USER } from '../catalogue/core.ts';
import type { World } from '../world.ts';
import type { Plan, PlannedStage, Session } from './plan.ts';
import type { Visitor } from './visitor.ts';

export interface Visit {
  world: World;
  request: Request;
  session: Session;
  plan: Plan;
  flow: Row;
  /** The query that the browser's page has; `query` of the executor's own. */
  inner: URLSearchParams;
  visitor: Visitor;
}

export type FieldErrors = Record<string, { string: string; code: string }[]>;

/** What comes of a step: something to show, the next step, or the end. */
export type Outcome =
  { kind: 'challenge'; component: string; body: JsonObject; errors?: FieldErrors } | { kind: 'next' } | { kind: 'denied'; message: string };

export type Step = {
  /** What is shown, or done, when the visitor arrives. */
  get: (stage: PlannedStage, visit: Visit) => Outcome;
  /** What an answer leads to; a step without has nothing to answer. */
  post?: (stage: PlannedStage, visit: Visit, answer: JsonObject) => Outcome;
};

export const NEXT: Outcome = { kind: 'next' };
export const denied = (message: string): Outcome => ({ kind: 'denied', message });
export const AVATAR = 'data:image/svg+xml;base64,';

export function fieldError(field: string, message: string, code = 'invalid'): FieldErrors {
  return { [field]: [{ string: message, code }] };
}

export function pendingUser({ plan, world }: Visit): Row | null {
  return world.store.get(USER, plan.context.pendingUser ?? null);
}

/** The request as the audit log names it: whom the flow is about, and who is signed in. */
export function cause(visit: Visit): Cause {
  const { request } = visit;
  return { ...request, user: pendingUser(visit) ?? request.user, signedIn: request.user };
}

export function pendingName(visit: Visit): Json {
  return pendingUser(visit)?.values.username ?? '';
}
