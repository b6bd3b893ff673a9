import { describeChallenge, redirectTarget, type Challenge } from './challenge.ts';
import { AuthentikError } from './errors.ts';
import type { FlowExecutor } from './flow-executor.ts';
import { answerToNotice } from './notice.ts';
import { plainText } from './plain-text.ts';
import { seen, unclear, wrong, type Sighting } from './sighting.ts';

/** The login form that shall carry the link. */
export interface LoginToLookAt {
  readonly slug: string;
  /** The flow that the link shall lead to. */
  readonly enrollmentSlug: string;
  /** What stands after the `?` of the login page. */
  readonly query?: string;
  /** Where people shall be led on to afterwards: the path of the `next` that the link must carry along. */
  readonly next?: string;
  /** Which link of the form; sign-up by default. */
  readonly link?: { readonly field: string; readonly noun: string };
}

const SIGN_UP = { field: 'enroll_url', noun: 'sign-up link' };

/** More notices than anybody would read. */
const MAX_NOTICES = 8;

/**
 * Opens a login flow as an anonymous visitor, goes past the pages that want nothing, and looks at the form for the link. Answers
 * nothing that logs anybody in. Throws when the server can't be asked.
 */
export async function lookAtLogin(visitor: FlowExecutor, login: LoginToLookAt): Promise<Sighting> {
  try {
    const reached = await walkToForm(visitor, await visitor.open(login.slug, login.query));
    return reached.component === 'ak-stage-identification' ? judgeForm(reached, login) : judgeOtherPage(reached, login);
  } catch (error) {
    if (error instanceof AuthentikError && error.notFound) return wrong(`there is no page for the login flow ${login.slug}`);
    throw error;
  }
}

/** The identification form, or the page that a visitor with nothing to say gets stuck at. */
async function walkToForm(visitor: FlowExecutor, first: Challenge): Promise<Challenge> {
  let challenge = first;
  for (let passed = 0; passed < MAX_NOTICES && challenge.responseErrors.length === 0; passed += 1) {
    const answer = answerToNotice(challenge);
    if (answer === undefined) break;
    challenge = await visitor.answer(answer);
  }
  return challenge;
}

function judgeForm(form: Challenge, { slug, enrollmentSlug, next, link: { field, noun } = SIGN_UP }: LoginToLookAt): Sighting {
  const link = form.raw[field];
  if (typeof link !== 'string' || link === '') return wrong(`the login form of ${slug} has no ${noun}`);
  // The host is whatever the visitor came by.
  const target = URL.parse(link, 'http://authentik');
  const path = target?.pathname ?? '';
  if (!path.endsWith(`/if/flow/${encodeURIComponent(enrollmentSlug)}/`))
    return wrong(plainText(`the ${noun} of ${slug} leads to ${path} and not to the flow ${enrollmentSlug}`, []));
  if (next !== undefined && URL.parse(target?.searchParams.get('next') ?? '', 'http://authentik')?.pathname !== next)
    return wrong(`the ${noun} of ${slug} does not lead on to ${next}, so whoever signs up there does not come back to the market`);
  return seen(`an anonymous visitor of ${slug} sees the link`);
}

function judgeOtherPage(page: Challenge, { slug }: LoginToLookAt): Sighting {
  const got = plainText(`a visitor of the login flow ${slug} gets ${describeChallenge(page)}`, []);
  switch (page.component) {
    case 'ak-stage-flow-error':
      return wrong(got);
    case 'xak-flow-redirect':
      return isEnd(redirectTarget(page))
        ? wrong(`${got}: none of its stages that applies is an identification form`)
        : unclear(`${got}, so the link can't be looked at`);
    case 'ak-stage-access-denied':
      return unclear(`${got}; whether it lets others in, who see the link, can't be told from here`);
    default:
      return unclear(`${got} before the login form, which no look from outside gets past, so the link can't be looked at`);
  }
}

/** A flow that is done sends people to the start page, or to the `next` they came with. */
function isEnd(to: string | undefined): boolean {
  return to !== undefined && /^\/$|\/application\/o\/authorize\//.test(to);
}
