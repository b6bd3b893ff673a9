import { describeChallenge } from '../../src/authentik/challenge.ts';
import { BUTTONS } from '../market/pages.ts';
import { answersTo, type Person } from './answers.ts';
import { WebBrowser, type Shown } from './web-browser.ts';

const MAX_STEPS = 20;

/** Where a market is, and the Authentik that it logs people in with. */
export interface MarketSite {
  readonly market: string;
  readonly authentik: string;
}

/**
 * Somebody at a market, with one browser: every button leads to where it led in a real one. What a flow asks is answered from the person's
 * own; each method resolves to what is shown when nothing can be answered any more.
 */
export class MarketVisitor {
  readonly browser: WebBrowser;
  readonly #site: MarketSite;
  readonly #person: Person;

  constructor(site: MarketSite, person: Person) {
    this.#site = site;
    this.#person = person;
    this.browser = new WebBrowser(site.authentik);
  }

  /** The same person with another browser, which nobody knows yet. */
  elsewhere(): MarketVisitor {
    return new MarketVisitor(this.#site, this.#person);
  }

  /** By the market's own button. Ends at `ak-stage-email` when a mail is on its way. */
  async signUp(): Promise<Shown> {
    await this.browser.open(`${this.#site.market}/auth/login`);
    return this.#answerAll(await this.browser.press(BUTTONS.signUp));
  }

  /** By the link on Authentik's login page, where the market's button for logging in leads. */
  async signUpFromLogin(): Promise<Shown> {
    await this.browser.open(`${this.#site.market}/auth/login`);
    const login = await this.browser.press(BUTTONS.logIn);
    const link = login.kind === 'flow' ? login.challenge.raw['enroll_url'] : undefined;
    if (typeof link !== 'string') throw new Error(`no sign-up link: ${describe(login)}`);
    return this.#answerAll(await this.browser.open(link));
  }

  /** Without the market, by the address that it publishes. */
  async signUpAt(address: string): Promise<Shown> {
    return this.#answerAll(await this.browser.open(address));
  }

  /** Opens the link of a mail and confirms. The link names the host that the server thinks it has; the browser keeps to the one it knows. */
  async openMail(link: string): Promise<Shown> {
    const { pathname, search } = new URL(link);
    return this.#answerAll(await this.browser.open(new URL(pathname + search, this.#site.authentik)));
  }

  async logIn(): Promise<Shown> {
    await this.browser.open(`${this.#site.market}/auth/login`);
    return this.#answerAll(await this.browser.press(BUTTONS.logIn));
  }

  /** Out of the market, and by the button on the page where that ends out of Authentik too. */
  async logOut(): Promise<Shown> {
    await this.browser.open(`${this.#site.market}/profile`);
    const ended = await this.browser.press(BUTTONS.logOut);
    const out = ended.kind === 'flow' ? ended.challenge.raw['invalidation_flow_url'] : undefined;
    return typeof out === 'string' ? this.browser.open(out) : ended;
  }

  /** The name under which the market knows this browser; undefined when it knows nobody. */
  async name(): Promise<string | undefined> {
    const shown = await this.browser.open(`${this.#site.market}/profile`);
    return shown.kind === 'page' ? /<h1>([^<]*)<\/h1>/.exec(shown.text)?.[1] : undefined;
  }

  async #answerAll(begin: Shown): Promise<Shown> {
    let shown = begin;
    for (let step = 0; step < MAX_STEPS && shown.kind === 'flow' && shown.challenge.responseErrors.length === 0; step += 1) {
      const answers = answersTo(shown.challenge, this.#person);
      if (answers === undefined) return shown;
      shown = await this.browser.answer(answers);
    }
    return shown;
  }
}

/** What is shown, in one line, for messages: no answers, no codes. */
export function describe(shown: Shown): string {
  return shown.kind === 'flow' ? describeChallenge(shown.challenge) : `${shown.url.origin}${shown.url.pathname} (${shown.status})`;
}
