import { describeChallenge, redirectTarget, type Challenge } from './challenge.ts';
import { AuthentikError } from './errors.ts';
import type { FlowExecutor } from './flow-executor.ts';
import { plainText } from './plain-text.ts';
import { seen, unclear, wrong, type Sighting } from './sighting.ts';

/** How to come in, and what to make of being turned away. */
export interface SignUpToLookAt {
  readonly slug: string;
  /** Whether an Invitation stage is in the flow; asked only when it matters. */
  readonly asksForInvitation: () => Promise<boolean>;
}

/** Pages that no look from outside gets past. */
const BARRIERS: Readonly<Record<string, string>> = { 'ak-stage-captcha': 'a captcha' };

/**
 * Opens a sign-up flow as an anonymous visitor, and looks at its first page. Nothing is answered: behind the first page, people are made.
 * Throws when the server can't be asked.
 */
export async function lookAtSignUp(visitor: FlowExecutor, signUp: SignUpToLookAt): Promise<Sighting> {
  let challenge: Challenge;
  try {
    challenge = await visitor.open(signUp.slug);
  } catch (error) {
    if (error instanceof AuthentikError && error.notFound) return wrong(`there is no page for the flow ${signUp.slug}`);
    throw error;
  }
  const got = plainText(`a visitor who wants to sign up gets ${describeChallenge(challenge)}`, []);
  switch (challenge.component) {
    case 'ak-stage-access-denied':
      return (await wantsInvitation(challenge, signUp))
        ? unclear(`sign-up is for people with an invitation: ${got}, so nothing more can be seen from outside`)
        : wrong(got);
    case 'ak-stage-flow-error':
      return wrong(got);
    case 'xak-flow-redirect':
      // A flow without a stage that applies counts as done at once.
      return redirectTarget(challenge) === '/' ? wrong(`${got}: no stage of the flow applies`) : unclear(got);
    default: {
      const barrier = BARRIERS[challenge.component];
      return barrier === undefined
        ? seen('an anonymous visitor gets the sign-up form')
        : unclear(`sign-up begins with ${barrier}, which no look from outside gets past: ${got}`);
    }
  }
}

/** The Invitation stage's own words (2025.12: "Invalid invite/invite not found"); whatever else turns people away speaks otherwise. */
async function wantsInvitation(challenge: Challenge, { asksForInvitation }: SignUpToLookAt): Promise<boolean> {
  const said = challenge.raw['error_message'];
  return typeof said === 'string' && /\binvit/i.test(said) && (await asksForInvitation());
}
