import { OperatorError } from '../runtime/errors.ts';
import { describeChallenge, isRefusal, redirectTarget, type Challenge } from './challenge.ts';
import { FlowExecutor, type VisitorOptions } from './flow-executor.ts';
import { plainText } from './plain-text.ts';

/** What to visit: the server, and the two flows that belong together. */
export interface EnrollmentToVerify extends VisitorOptions {
  readonly enrollmentSlug: string;
  /** Left out when sign-up is reached otherwise than from a login form. */
  readonly loginSlug?: string | undefined;
}

/** Whether a visitor could sign up; `message` says what the visitor got instead. */
export type Verification = { readonly ok: true } | { readonly ok: false; readonly message: string };

/**
 * Looks at sign-up as two anonymous visitors would: one opens the enrollment flow and must be asked something, the other opens the login
 * flow and must see the link to it. Two requests, and one more per redirect. Changes nothing, and never throws: an unreachable server is
 * an answer as well.
 */
export async function verifyEnrollment(options: EnrollmentToVerify): Promise<Verification> {
  const { enrollmentSlug, loginSlug } = options;
  try {
    const signUp = await firstChallenge(options, enrollmentSlug);
    const problem =
      problemOfSignUp(signUp) ?? (loginSlug === undefined ? undefined : problemOfLogin(await firstChallenge(options, loginSlug), options));
    return problem === undefined ? { ok: true } : { ok: false, message: plainText(problem, []) };
  } catch (error) {
    return { ok: false, message: error instanceof OperatorError ? error.message : 'The visit failed for a reason of ours.' };
  }
}

async function firstChallenge(options: VisitorOptions, slug: string): Promise<Challenge> {
  const visitor = new FlowExecutor(options);
  try {
    return await visitor.open(slug);
  } finally {
    visitor.close();
  }
}

function problemOfSignUp(challenge: Challenge): string | undefined {
  // A flow without a stage that applies counts as done at once.
  const askedNothing = redirectTarget(challenge) === '/';
  return isRefusal(challenge) || askedNothing ? `A visitor who wants to sign up gets ${describeChallenge(challenge)}.` : undefined;
}

function problemOfLogin(challenge: Challenge, { url, enrollmentSlug, loginSlug = '' }: EnrollmentToVerify): string | undefined {
  if (challenge.component !== 'ak-stage-identification') {
    return `The login flow ${loginSlug} does not begin with an identification form but with ${describeChallenge(challenge)}.`;
  }
  const link = challenge.raw['enroll_url'];
  if (typeof link !== 'string') return `The login form of ${loginSlug} has no sign-up link.`;
  const path = URL.parse(link, url)?.pathname ?? '';
  return path.endsWith(`/if/flow/${encodeURIComponent(enrollmentSlug)}/`)
    ? undefined
    : `The sign-up link of ${loginSlug} leads to ${path} and not to the flow ${enrollmentSlug}.`;
}
