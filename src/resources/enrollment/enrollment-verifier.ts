import { z } from 'zod';
import type { FlowExecutor } from '../../authentik/flow-executor.ts';
import type { ApiObject } from '../../authentik/api-object.ts';
import { lookAtLogin } from '../../authentik/look-at-login.ts';
import { lookAtMarketLogin } from '../../authentik/look-at-market-login.ts';
import { lookAtSignUp } from '../../authentik/look-at-sign-up.ts';
import { segment } from '../../authentik/path.ts';
import type { Session } from '../../authentik/session.ts';
import { allOf, seen, unclear, wrong, type Sighting } from '../../authentik/sighting.ts';
import type { Verification } from '../../authentik/verification.ts';
import { FLOW } from '../../catalogue/flow.ts';
import { TARGETS } from '../../catalogue/references.ts';
import type { EnrollmentTarget } from './enrollment-target.ts';
import { lookUpMarket, type Market } from './market.ts';

const INVITATION_MODEL = 'authentik_stages_invitation.invitationstage';

const Flow = z.object({ stages: z.array(z.string()) });

/** What to look at. */
export interface EnrollmentToVerify {
  readonly session: Session;
  readonly flow: { readonly uuid: string; readonly slug: string };
  readonly target: EnrollmentTarget;
  /** Whether to look as a visitor, or at what the API shows only. */
  readonly visit: boolean;
  readonly market: { readonly application: string; readonly callbackURL: string | undefined } | undefined;
}

/**
 * Looks at a sign-up link as those see it whom it is for. One verifier belongs to one pass: what it saw before the link was published, it
 * doesn't look at again afterwards. Throws when Authentik can't be asked; what it finds is a {@link Sighting}.
 */
export class EnrollmentVerifier {
  readonly #parts: EnrollmentToVerify;
  #signUp: Promise<Sighting> | undefined;
  #market: Promise<Market> | undefined;

  constructor(parts: EnrollmentToVerify) {
    this.#parts = parts;
  }

  /** Whether the market's own login belongs to it. */
  get hasMarket(): boolean {
    return this.#parts.market !== undefined;
  }

  /** Whether what is wrong can be told without publishing, so that it will be seen when it is over. */
  async foresees(): Promise<boolean> {
    return allOf([await this.signUp(), await this.preconditions()]).verdict === 'wrong';
  }

  /** What can be told while the link isn't there yet: whether sign-up lets a visitor in. */
  async signUp(): Promise<Sighting> {
    return (this.#signUp ??= this.#lookAtSignUp());
  }

  /** What can be told from the API: whether all is there that the market's logins presuppose. */
  async preconditions(): Promise<Sighting> {
    const { missing } = (await this.#lookUpMarket()) ?? { missing: [] };
    return missing.length === 0 ? seen('what logins to the market presuppose is there') : wrong(missing.join('; '));
  }

  /** Everything, once the link is published. `loginFlow` is the flow that shows the target, as far as the target itself tells. */
  async everything(loginFlow: string | undefined): Promise<Verification> {
    const market = await this.#lookUpMarket();
    const loginFlowSlug = market?.loginSlug ?? loginFlow;
    return { sighting: await this.#look(loginFlowSlug, market), loginFlowSlug, market: market?.settings };
  }

  async #look(loginSlug: string | undefined, market: Market | undefined): Promise<Sighting> {
    const { visit, target } = this.#parts;
    if (market !== undefined && market.missing.length > 0) return this.preconditions();
    if (!visit) return unclear('verify is Skip');
    // A source's sign-up begins at the source, where no anonymous visitor can follow.
    if (target.kind === 'source') return unclear("a source's sign-up can't be looked at from outside");
    if (loginSlug === undefined)
      return wrong(`no flow uses the identification stage "${target.name}", so nobody sees the link: bind it to the login flow`);
    const signUp = await this.signUp();
    return signUp.verdict === 'wrong' ? signUp : allOf([signUp, await this.#lookAtLogin(loginSlug, market)]);
  }

  async #lookAtSignUp(): Promise<Sighting> {
    const { flow, target, visit } = this.#parts;
    // What a source sends people to may well refuse whoever comes otherwise.
    if (!visit || target.kind === 'source') return unclear('sign-up is not looked at');
    return this.#visit(async (visitor) =>
      lookAtSignUp(visitor, { slug: flow.slug, asksForInvitation: async () => this.#asksForInvitation() }),
    );
  }

  async #lookAtLogin(loginSlug: string, market: Market | undefined): Promise<Sighting> {
    const { session, flow } = this.#parts;
    const enrollmentSlug = flow.slug;
    const request = market?.request;
    if (market === undefined || request === undefined)
      return this.#visit(async (visitor) => lookAtLogin(visitor, { slug: loginSlug, enrollmentSlug }));
    const subPath = new URL(session.url).pathname.replace(/\/$/, '');
    const { mayDiffer } = market;
    return this.#visit(async (visitor) => lookAtMarketLogin(visitor, { request, loginSlug, enrollmentSlug, subPath, mayDiffer }));
  }

  async #visit<T>(look: (visitor: FlowExecutor) => Promise<T>): Promise<T> {
    const visitor = this.#parts.session.client.visitor();
    try {
      return await look(visitor);
    } finally {
      visitor.close();
    }
  }

  /** Asked for afresh, since it is asked once somebody was turned away only. */
  async #asksForInvitation(): Promise<boolean> {
    const { session, flow } = this.#parts;
    const { stages } = Flow.parse(await session.client.get(`${FLOW.path}${segment(flow.slug)}/`));
    const isInvitation = (stage: ApiObject): boolean => stages.includes(stage.pk) && stage['meta_model_name'] === INVITATION_MODEL;
    return (await session.cache.find(TARGETS.stage.path, isInvitation)) !== undefined;
  }

  async #lookUpMarket(): Promise<Market | undefined> {
    const { session, flow, target, market } = this.#parts;
    if (market === undefined) return undefined;
    const stage = target.kind === 'stage' ? target : undefined;
    return (this.#market ??= lookUpMarket(session, { ...market, enrollmentSlug: flow.slug, stage }));
  }
}
