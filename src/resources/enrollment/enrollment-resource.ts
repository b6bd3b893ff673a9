import { z } from 'zod';
import type { ApiObject } from '../../authentik/api-object.ts';
import type { Session } from '../../authentik/session.ts';
import { verifyEnrollment } from '../../authentik/verify-enrollment.ts';
import { FLOW } from '../../catalogue/flow.ts';
import { OperatorError, toOperatorError } from '../../runtime/errors.ts';
import type { External, Observation, SettleResult } from '../../runtime/external.ts';
import { parseObject } from '../entity/api-object.ts';
import { companions } from '../entity/comparison.ts';
import type { Body } from '../entity/desired.ts';
import { findTarget, IDENTIFICATION, notThere, type EnrollmentTarget, type TargetRow } from './enrollment-target.ts';

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
  readonly verify: boolean;
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

  async update(): Promise<Observation> {
    return this.#write(this.#parts.flow?.uuid ?? null);
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
    const former = before[FIELD];
    const exists =
      typeof former === 'string' && (await session.cache.find(FLOW.path, (candidate) => candidate.pk === former)) !== undefined;
    const wanted = exists ? former : null;
    const setByOthers = (held: unknown): boolean => published !== undefined && held !== published && held !== null;
    // A repeated deletion finds it done.
    await this.#write(wanted, (row) => row[FIELD] === wanted || setByOthers(row[FIELD]));
  }

  /** Looks at the link as a visitor would, and tells the market where it is. */
  async settle(): Promise<SettleResult> {
    const { session, flow, target, publishConfig } = this.#parts;
    if (flow === undefined) return {};
    const found = await findTarget(session, target);
    if (found === undefined) throw notThere(target);
    const loginFlowSlug = target.kind === 'stage' ? loginFlow(found) : undefined;
    const signUpURL = `${session.publicURL}/if/flow/${encodeURIComponent(flow.slug)}/`;
    const configMap = await publishConfig({ NEXT_PUBLIC_OIDC_SIGNUP_FLOW: flow.slug, AUTHENTIK_SIGN_UP_URL: signUpURL });
    const status = { loginFlowSlug, signUpURL, configMap };
    try {
      return { status, conditions: [await this.#verify(flow.slug, loginFlowSlug)] };
    } catch (error) {
      return { status, failure: toOperatorError(error) };
    }
  }

  async #verify(enrollmentSlug: string, loginSlug: string | undefined): Promise<NonNullable<SettleResult['conditions']>[number]> {
    const { session, verify, target } = this.#parts;
    const type = 'Verified';
    if (!verify) return { type, status: 'Unknown', reason: 'NotApplicable', message: 'verify is Skip' };
    // A source's sign-up begins at the source, where no anonymous visitor can follow.
    if (target.kind === 'source')
      return { type, status: 'Unknown', reason: 'NotApplicable', message: "a source's sign-up can't be looked at from outside" };
    if (loginSlug === undefined)
      throw new OperatorError(
        'VerificationFailed',
        `no flow uses the identification stage "${target.name}", so nobody sees the link: bind it to the login flow`,
      );
    const result = await verifyEnrollment({ url: session.url, caPem: session.caPem, enrollmentSlug, loginSlug });
    if (!result.ok) throw new OperatorError('VerificationFailed', result.message);
    return { type, status: 'True', reason: 'Reconciled', message: `an anonymous visitor of ${loginSlug} sees the link and gets the form` };
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
