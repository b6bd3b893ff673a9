import { z } from 'zod';
import type { Session } from '../../authentik/session.ts';
import type { Verification } from '../../authentik/verification.ts';
import type { Judgement } from '../../runtime/conditions.ts';
import { OperatorError, toOperatorError } from '../../runtime/errors.ts';
import type { SettleResult } from '../../runtime/external.ts';
import type { CarrierRow } from '../field-binding/carrier-row.ts';
import type { ForeignField } from '../field-binding/foreign-field.ts';
import type { Onlooker } from '../field-binding/onlooker.ts';
import type { EnrollmentTarget } from './enrollment-target.ts';
import type { EnrollmentVerifier } from './enrollment-verifier.ts';
import { marketEnvironment, marketStatus } from './market-environment.ts';
import type { PublicationGate } from './publication-gate.ts';

const Flows = z.array(z.looseObject({ slug: z.string(), designation: z.string() }));

/** What the onlooker of a sign-up link works with. */
export interface OnlookerParts {
  readonly session: Session;
  readonly target: EnrollmentTarget;
  readonly flow: { readonly uuid: string; readonly slug: string };
  /** The link itself, to take it back. */
  readonly link: ForeignField;
  /** What the target linked to before us, when that is on record. */
  readonly previousValue: string | undefined;
  readonly verifier: EnrollmentVerifier;
  readonly gate: PublicationGate;
  /** Whether a link that fails is taken back. */
  readonly withdraws: boolean;
  /** Whether the last look failed already: once may be bad luck. */
  readonly failing: boolean;
  /** Whose looks are remembered, and of what. */
  readonly subject: string;
  readonly fingerprint: string;
  /** Makes the ConfigMap that the spec asks for hold these. */
  readonly publishConfig: (data: Readonly<Record<string, string>>) => Promise<string | undefined>;
}

/** Looks at a sign-up link as a visitor would, tells the market where it is, and takes it back where that is asked for. */
export class EnrollmentOnlooker implements Onlooker {
  readonly #parts: OnlookerParts;

  constructor(parts: OnlookerParts) {
    this.#parts = parts;
  }

  async admit(): Promise<void> {
    const { session, gate, subject } = this.#parts;
    await gate.pass();
    session.visits.drop(subject);
  }

  /** Looks unless nothing has changed since the link was last seen. */
  async settle(found: CarrierRow): Promise<SettleResult> {
    const { flow, target } = this.#parts;
    let verification: Verification;
    try {
      verification = await this.#verification(target.kind === 'stage' ? loginFlow(found) : undefined);
    } catch (thrown) {
      const failure = toOperatorError(thrown);
      return { failure, conditions: [{ type: 'Verified', status: 'Unknown', reason: failure.reason, message: failure.message }] };
    }
    const status = await this.#tell(flow.slug, verification);
    const { verdict, message } = verification.sighting;
    if (verdict === 'wrong') return this.#failed(status, new OperatorError('VerificationFailed', message));
    const verified = { type: 'Verified', message } as const;
    return verdict === 'seen'
      ? { status, conditions: [{ ...verified, status: 'True', reason: 'Reconciled' }] }
      : { status, conditions: [{ ...verified, status: 'Unknown', reason: 'NotApplicable' }] };
  }

  async #verification(login: string | undefined): Promise<Verification> {
    const { session, subject, fingerprint, verifier } = this.#parts;
    const known = session.visits.recall(subject, fingerprint);
    if (known !== undefined) return known;
    const remember = session.visits.begin(subject, fingerprint);
    const verification = await verifier.everything(login);
    // What is wrong is looked at again each time, until it is mended.
    if (verification.sighting.verdict !== 'wrong') remember(verification);
    return verification;
  }

  /** To the market by its ConfigMap, complete or not at all; to everybody by the status. */
  async #tell(slug: string, { loginFlowSlug, market }: Verification): Promise<Readonly<Record<string, unknown>>> {
    const { session, publishConfig, verifier } = this.#parts;
    const signUpURL = `${session.publicURL}/if/flow/${encodeURIComponent(slug)}/`;
    const told = { loginFlowSlug, signUpURL, market: market === undefined ? undefined : marketStatus(market) };
    if (verifier.hasMarket && market === undefined) return told;
    const environment = market === undefined ? {} : marketEnvironment(market);
    const configMap = await publishConfig({ NEXT_PUBLIC_OIDC_SIGNUP_FLOW: slug, AUTHENTIK_SIGN_UP_URL: signUpURL, ...environment });
    return { ...told, configMap };
  }

  /** Takes the link back where that is asked for, once a second look has failed too. */
  async #failed(status: Readonly<Record<string, unknown>>, failure: OperatorError): Promise<SettleResult> {
    const { session, flow, target, link, verifier, withdraws, failing, previousValue, subject, fingerprint } = this.#parts;
    if (!withdraws || !failing) return { status, failure };
    const former = await link.linkable(previousValue);
    await link.set(former === flow.uuid ? null : former, (held) => held !== flow.uuid);
    session.visits.note(subject);
    const withdrawn = (type: string): Judgement => {
      return { type, status: 'False', reason: 'VerificationFailed', message: `the link was taken back: ${failure.message}` };
    };
    const deed = `"${target.name}" does not link to ${flow.slug} any more`;
    return {
      status: { ...status, withdrawn: (await verifier.foresees()) ? {} : { fingerprint } },
      conditions: [withdrawn('Published'), withdrawn('Synced')],
      deed: { reason: 'Withdrawn', message: `${deed}, since a visitor was seen to fail; the condition Verified says at what` },
      failure,
    };
  }
}

/** The login flow that shows the stage. A stage may be in several; those for logging in come first. */
function loginFlow({ row }: CarrierRow): string | undefined {
  const parsed = Flows.safeParse(row['flow_set']);
  const flows = parsed.success ? [...parsed.data].sort((a, b) => a.slug.localeCompare(b.slug)) : [];
  return (flows.find((flow) => flow.designation === 'authentication') ?? flows[0])?.slug;
}
