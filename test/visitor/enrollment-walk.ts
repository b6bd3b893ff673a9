import { describeChallenge, isRefusal, type Challenge } from '../../src/authentik/challenge.ts';
import { FlowExecutor, type VisitorOptions } from '../../src/authentik/flow-executor.ts';
import { type Answers, consent, fillIn, identify, type Person } from './answers.ts';

export type { Person } from './answers.ts';

/** Where to sign up and where to log in. */
export interface EnrollmentSite extends VisitorOptions {
  readonly enrollmentSlug: string;
  readonly loginSlug: string;
  /** The browser of somebody who does all of it in one. It is not closed. Without it every part has a new one. */
  readonly browser?: FlowExecutor;
}

const MAX_STEPS = 20;

/**
 * Signs people up and logs them in as their browsers would, for demonstrations and end-to-end tests.
 * Every method resolves to the challenge that ends its part, and throws with what the server said when it ends otherwise.
 */
export class EnrollmentWalk {
  readonly #site: EnrollmentSite;

  constructor(site: EnrollmentSite) {
    this.#site = site;
  }

  /**
   * Fills in the sign-up forms. Ends at `ak-stage-email` when a mail is on its way, else at `xak-flow-redirect`. `query` is what stands
   * after the `?` of the page, such as the `next` of a market that sent the person.
   */
  async signUp(person: Person, query = ''): Promise<Challenge> {
    return this.#walk('Sign-up', this.#site.enrollmentSlug, query, (challenge) => {
      if (challenge.component === 'ak-stage-email') return 'end';
      return challenge.component === 'ak-stage-prompt' ? fillIn(challenge, person) : undefined;
    });
  }

  /** Opens the link of the mail and consents. Ends at `xak-flow-redirect`. */
  async confirm(link: string): Promise<Challenge> {
    // The link names the host that the server thinks it has; the visitor keeps to the one it was given.
    const { pathname, search } = new URL(link);
    const slug = /\/if\/flow\/([^/]+)\/$/.exec(pathname)?.[1];
    if (slug === undefined) throw new Error(`The mail links to ${pathname}, which is no page of a flow.`);
    return this.#walk('Confirmation', decodeURIComponent(slug), search.slice(1), (challenge) =>
      challenge.component === 'ak-stage-consent' ? consent(challenge) : undefined,
    );
  }

  /** Logs in by name or address, with the password on the same form or on the next. Ends at `xak-flow-redirect`. */
  async login(uid: string, password: string): Promise<Challenge> {
    return this.#walk('Login', this.#site.loginSlug, '', (challenge) => {
      if (challenge.component === 'ak-stage-password') return { password };
      if (challenge.component !== 'ak-stage-identification') return undefined;
      return identify(challenge, uid, password);
    });
  }

  async #walk(
    part: string,
    slug: string,
    query: string,
    answer: (challenge: Challenge) => Answers | 'end' | undefined,
  ): Promise<Challenge> {
    const { browser } = this.#site;
    const visitor = browser ?? new FlowExecutor(this.#site);
    try {
      let challenge = await visitor.open(slug, query);
      for (let step = 0; step < MAX_STEPS; step += 1) {
        if (isRefusal(challenge) || challenge.responseErrors.length > 0) break;
        const answers = answer(challenge) ?? answerAnywhere(challenge);
        if (answers === 'end') return challenge;
        if (answers === undefined) break;
        challenge = await visitor.answer({ component: challenge.component, ...answers });
      }
      throw new Error(`${part} stopped at ${describeChallenge(challenge)}.`);
    } finally {
      if (browser === undefined) visitor.close();
    }
  }
}

/** What every part answers alike. */
function answerAnywhere(challenge: Challenge): Answers | 'end' | undefined {
  if (challenge.component === 'xak-flow-redirect') return 'end';
  return challenge.component === 'ak-stage-user-login' ? { remember_me: false } : undefined;
}
