import { z } from 'zod';
import type { ApiObject } from '../../authentik/api-object.ts';
import type { Session } from '../../authentik/session.ts';
import type { Verification } from '../../authentik/verification.ts';
import { FLOW } from '../../catalogue/flow.ts';
import type { Judgement } from '../../runtime/conditions.ts';
import { OperatorError, toOperatorError } from '../../runtime/errors.ts';
import type { External, Observation, SettleResult } from '../../runtime/external.ts';
import { parseObject } from '../entity/api-object.ts';
import { companions } from '../entity/comparison.ts';
import type { Body } from '../entity/desired.ts';
import type { EnrollmentVerifier } from './enrollment-verifier.ts';
import { findTarget, IDENTIFICATION, notThere, type EnrollmentTarget, type TargetRow } from './enrollment-target.ts';
import { marketEnvironment, marketStatus } from './market-environment.ts';
import type { PublicationGate } from './publication-gate.ts';

const FIELD = 'enrollment_flow';

const Flows = z.array(z.looseObject({ slug: z.string(), designation: z.string() }));

/** What an enrollment resource works with. */
export interface EnrollmentParts {
  readonly session: Session;
  readonly target: EnrollmentTarget;
  /** The flow to publish; undefined when only undoing. */
  readonly flow: { readonly uuid: string; readonly slug: string } | undefined;
  /** What the target linked to before us, when that is on record. */
  readonly previousValue: string | undefined;
  readonly recorded: string | undefined;
  /** The flow that we linked to, when that is on record. */
  readonly published: string | undefined;
  /** Looks at the link as those whom it is for; undefined when only undoing. */
  readonly verifier: EnrollmentVerifier | undefined;
  readonly gate: PublicationGate | undefined;
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

/** The sign-up link: one field on a stage or source that others may own. */
export class EnrollmentResource implements External {
  readonly #parts: EnrollmentParts;
  /** What the target linked to when it was first looked at, before we wrote. */
  #held: string | undefined;

  constructor(parts: EnrollmentParts) {
    this.#parts = parts;
  }

  async observe(): Promise<Observation> {
    const { session, target, flow } = this.#parts;
    const found = await findTarget(session, target);
    if (found !== undefined) return this.#observationOf(found);
    if (flow === undefined) return { exists: false, differences: [], status: {}, before: {} };
    throw notThere(target);
  }

  /** It looks at the link itself when it writes. */
  async refresh(observed: Observation): Promise<Observation> {
    return Promise.resolve(observed);
  }

  async create(): Promise<Observation> {
    return this.observe();
  }

  /** Throws what speaks against publishing. */
  async update(): Promise<Observation> {
    const { session, flow, gate, subject } = this.#parts;
    await gate?.pass();
    session.visits.drop(subject);
    return this.#write(flow?.uuid ?? null);
  }

  async blockers(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async delete(observed: Observation): Promise<void> {
    await this.restore(observed, { [FIELD]: null });
  }

  /** Puts the former link back, unless somebody has set another one since ours; a flow that is gone can't be linked to again. */
  async restore(_observed: Observation, before: Body): Promise<void> {
    const { session, target, published } = this.#parts;
    if ((await findTarget(session, target)) === undefined) return;
    const wanted = await this.#linkable(before[FIELD]);
    const setByOthers = (held: unknown): boolean => published !== undefined && held !== published && held !== null;
    // A repeated deletion finds it done.
    await this.#write(wanted, (row) => row[FIELD] === wanted || setByOthers(row[FIELD]));
  }

  /** Looks at the link as a visitor would, unless nothing has changed since it was seen, and tells the market where it is. */
  async settle(): Promise<SettleResult> {
    const { session, flow, target, verifier } = this.#parts;
    if (flow === undefined || verifier === undefined) return {};
    const found = await findTarget(session, target);
    if (found === undefined) throw notThere(target);
    let verification: Verification;
    try {
      verification = await this.#verification(verifier, target.kind === 'stage' ? loginFlow(found) : undefined);
    } catch (thrown) {
      const failure = toOperatorError(thrown);
      return { failure, conditions: [{ type: 'Verified', status: 'Unknown', reason: failure.reason, message: failure.message }] };
    }
    const status = await this.#tell(flow.slug, verification);
    const { verdict, message } = verification.sighting;
    if (verdict === 'wrong') return this.#failed(verifier, status, new OperatorError('VerificationFailed', message));
    const verified = { type: 'Verified', message } as const;
    return verdict === 'seen'
      ? { status, conditions: [{ ...verified, status: 'True', reason: 'Reconciled' }] }
      : { status, conditions: [{ ...verified, status: 'Unknown', reason: 'NotApplicable' }] };
  }

  async #verification(verifier: EnrollmentVerifier, login: string | undefined): Promise<Verification> {
    const { session, subject, fingerprint } = this.#parts;
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
    if (verifier?.hasMarket === true && market === undefined) return told;
    const environment = market === undefined ? {} : marketEnvironment(market);
    const configMap = await publishConfig({ NEXT_PUBLIC_OIDC_SIGNUP_FLOW: slug, AUTHENTIK_SIGN_UP_URL: signUpURL, ...environment });
    return { ...told, configMap };
  }

  /** Takes the link back where that is asked for, once a second look has failed too. */
  async #failed(verifier: EnrollmentVerifier, status: Readonly<Record<string, unknown>>, failure: OperatorError): Promise<SettleResult> {
    const { session, flow, target, withdraws, failing, previousValue, subject, fingerprint } = this.#parts;
    if (!withdraws || !failing) return { status, failure };
    const former = await this.#linkable(previousValue);
    await this.#write(former === flow?.uuid ? null : former, (row) => row[FIELD] !== flow?.uuid);
    session.visits.note(subject);
    const deed = `"${target.name}" does not link to ${flow?.slug ?? 'the flow'} any more`;
    const withdrawn = (type: string): Judgement => {
      return { type, status: 'False', reason: 'VerificationFailed', message: `the link was taken back: ${failure.message}` };
    };
    return {
      status: { ...status, withdrawn: (await verifier.foresees()) ? {} : { fingerprint } },
      conditions: [withdrawn('Published'), withdrawn('Synced')],
      deed: { reason: 'Withdrawn', message: `${deed}, since a visitor was seen to fail; the condition Verified says at what` },
      failure,
    };
  }

  /** What can be linked to: a flow that is still there, or none. */
  async #linkable(flow: unknown): Promise<string | null> {
    const { session } = this.#parts;
    const exists = typeof flow === 'string' && (await session.cache.find(FLOW.path, (candidate) => candidate.pk === flow)) !== undefined;
    return exists ? flow : null;
  }

  /** Under lock, and judged by what is there this moment. The same lock as the stage's own controller takes: both change the same row. */
  async #write(flow: string | null, unless: (row: ApiObject) => boolean = () => false): Promise<Observation> {
    const { session, target } = this.#parts;
    return session.locks.run(`${IDENTIFICATION.model}/${target.uuid}`, async () => {
      const found = await findTarget(session, target, { fresh: true });
      if (found === undefined) throw notThere(target);
      if (unless(found.row)) return this.#observationOf(found);
      const repeated = target.kind === 'stage' ? companions(IDENTIFICATION.fields, found.row) : {};
      const row = parseObject(await session.client.patch(found.writePath, { ...repeated, [FIELD]: flow }));
      session.cache.upsert(found.listPath, row);
      return this.#observationOf({ ...found, row });
    });
  }

  #observationOf({ row }: TargetRow): Observation {
    const { flow, target, previousValue, recorded } = this.#parts;
    const published = flow !== undefined && row[FIELD] === flow.uuid;
    this.#held ??= typeof row[FIELD] === 'string' ? row[FIELD] : '';
    return {
      exists: true,
      uuid: row.pk,
      differences: published || flow === undefined ? [] : [{ field: 'enrollmentFlow' }],
      before: { [FIELD]: row[FIELD] ?? null },
      status: {
        previousValue: recorded === row.pk ? (previousValue ?? '') : this.#held,
        flowSlug: flow?.slug,
        publishedFlow: published ? flow.uuid : this.#parts.published,
        ...(published ? { withdrawn: undefined } : {}),
        target: target.name,
      },
      conditions: [
        published
          ? { type: 'Published', status: 'True', reason: 'Reconciled', message: `"${target.name}" links to ${flow.slug}` }
          : {
              type: 'Published',
              status: 'False',
              reason: 'Progressing',
              message: `"${target.name}" does not link to ${flow?.slug ?? 'the flow'} yet`,
            },
      ],
    };
  }
}

/** The login flow that shows the stage. A stage may be in several; those for logging in come first. */
function loginFlow({ row }: TargetRow): string | undefined {
  const parsed = Flows.safeParse(row['flow_set']);
  const flows = parsed.success ? [...parsed.data].sort((a, b) => a.slug.localeCompare(b.slug)) : [];
  return (flows.find((flow) => flow.designation === 'authentication') ?? flows[0])?.slug;
}
