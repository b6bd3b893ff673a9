import { z } from 'zod';
import { lookAtBrand, lookAtEntrance } from '../../authentik/look-at-brand.ts';
import { lookAtLogin } from '../../authentik/look-at-login.ts';
import type { Session } from '../../authentik/session.ts';
import { unclear, wrong, type Sighting } from '../../authentik/sighting.ts';
import type { FlowExecutor } from '../../authentik/flow-executor.ts';
import { OperatorError, toOperatorError } from '../../runtime/errors.ts';
import type { SettleResult } from '../../runtime/external.ts';
import type { CarrierRow } from '../field-binding/carrier-row.ts';
import type { Onlooker } from '../field-binding/onlooker.ts';

const Flows = z.array(z.looseObject({ slug: z.string(), designation: z.string() }));

/** What the onlooker of a flow works with. */
interface FlowOnlookerParts {
  readonly session: Session;
  readonly flow: { readonly uuid: string; readonly slug: string };
  /** The field, as the API names it. */
  readonly field: string;
  readonly noun: string;
  /** Where the form of an identification stage shows it. */
  readonly shownAs: string | undefined;
  readonly target: { readonly kind: string; readonly name: string };
  /** Whether anybody looks at all. */
  readonly visits: boolean;
  /** Whose looks are remembered, and of what. */
  readonly subject: string;
  readonly fingerprint: string;
}

/** Looks at a flow where visitors meet it: at the login form that links to it, or at the brand that has it. */
export class FlowOnlooker implements Onlooker {
  readonly #parts: FlowOnlookerParts;

  constructor(parts: FlowOnlookerParts) {
    this.#parts = parts;
  }

  /** A login flow that shows nobody anything is not made everybody's. */
  async admit(): Promise<void> {
    const { session, flow, field, visits, target, subject } = this.#parts;
    session.visits.drop(subject);
    if (!visits || target.kind !== 'brand' || field !== 'flow_authentication') return;
    const { verdict, message } = await this.#visit(async (visitor) => lookAtEntrance(visitor, flow.slug));
    if (verdict === 'wrong')
      throw new OperatorError('VerificationFailed', `${message}; so it is not made the login flow of "${target.name}"`);
  }

  /** Looks unless nothing has changed since it was last seen. */
  async settle(found: CarrierRow): Promise<SettleResult> {
    let sighting: Sighting;
    try {
      sighting = await this.#remembered(found);
    } catch (thrown) {
      const failure = toOperatorError(thrown);
      return { failure, conditions: [{ type: 'Verified', status: 'Unknown', reason: failure.reason, message: failure.message }] };
    }
    const { verdict, message } = sighting;
    if (verdict === 'wrong') return { failure: new OperatorError('VerificationFailed', message) };
    return verdict === 'seen'
      ? { conditions: [{ type: 'Verified', status: 'True', reason: 'Reconciled', message }] }
      : { conditions: [{ type: 'Verified', status: 'Unknown', reason: 'NotApplicable', message }] };
  }

  async #remembered(found: CarrierRow): Promise<Sighting> {
    const { session, subject, fingerprint } = this.#parts;
    const known = session.visits.recall(subject, fingerprint);
    if (known !== undefined) return known.sighting;
    const remember = session.visits.begin(subject, fingerprint);
    const sighting = await this.#look(found);
    // What is wrong is looked at again each time, until it is mended.
    if (sighting.verdict !== 'wrong') remember({ sighting, loginFlowSlug: undefined, market: undefined });
    return sighting;
  }

  async #look({ row }: CarrierRow): Promise<Sighting> {
    const { session, flow, field, noun, shownAs, target, visits } = this.#parts;
    if (!visits) return unclear('verify is Skip');
    if (target.kind === 'brand') return lookAtBrand(session.client, { domain: String(row['domain']), field, slug: flow.slug });
    if (shownAs === undefined) return unclear(`the ${noun} of a ${target.kind} can't be looked at from outside`);
    const login = loginFlow(row['flow_set']);
    if (login === undefined)
      return wrong(`no flow uses the identification stage "${target.name}", so nobody sees the link: bind it to the login flow`);
    const request = { slug: login, enrollmentSlug: flow.slug, link: { field: shownAs, noun } };
    return this.#visit(async (visitor) => lookAtLogin(visitor, request));
  }

  async #visit<T>(look: (visitor: FlowExecutor) => Promise<T>): Promise<T> {
    const visitor = this.#parts.session.client.visitor();
    try {
      return await look(visitor);
    } finally {
      visitor.close();
    }
  }
}

/** The login flow that shows the stage. A stage may be in several; those for logging in come first. */
function loginFlow(flowSet: unknown): string | undefined {
  const parsed = Flows.safeParse(flowSet);
  const flows = parsed.success ? [...parsed.data].sort((a, b) => a.slug.localeCompare(b.slug)) : [];
  return (flows.find((flow) => flow.designation === 'authentication') ?? flows[0])?.slug;
}
