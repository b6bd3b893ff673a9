/** What a visitor's session keeps about a flow under way. A plan holds copies, so that a later change doesn't reach who is inside. */
import type { JsonObject } from '../json.ts';

/** A stage as it was when the plan was made. */
export interface PlannedStage {
  /** `app.model` of the stage, or {@link EMAIL_CONSENT}. */
  model: string;
  name: string;
  values: JsonObject;
  /** Where policies for this step hang. */
  binding: { pk: string; reEvaluate: boolean; engineMode: string; invalidResponse: string } | null;
}

/** The step that a link from a mail starts with. */
export const EMAIL_CONSENT = 'sim.email-consent';

/** The page that tells visitors that they left an application. */
export const SESSION_END = 'sim.session-end';

export interface Plan {
  flow: string;
  stages: PlannedStage[];
  context: PlanContext;
}

export interface PlanContext {
  pendingUser?: number;
  promptData?: JsonObject;
  emailSent?: boolean;
  /** Key of the flow token that restored this plan. */
  restoredBy?: string;
  consentToken?: string;
  authenticatedBy?: string;
  failedAttempts?: number;
  /** Set by a policy: where the redirect stage leads instead of to its own target. */
  redirectTarget?: string;
}

/** The page of a flow, as the browser's address bar shows it. */
export interface FlowPage {
  /** What stands after the `?`. */
  query: URLSearchParams;
  host: string;
}

export interface Session {
  user: number | null;
  plan: Plan | null;
  /** How and when the user logged in. */
  login?: { at: number; sid: string };
  /** The application that somebody was on the way to when asked to log in. */
  application?: string;
  /** The page that a flow was opened with last; policies may look at it. */
  page?: FlowPage;
}

/** What a link in a mail stands for: the plan at the time of sending. */
export interface FlowToken {
  key: string;
  flow: string;
  plan: Plan;
  to: string;
  expires: number;
}
