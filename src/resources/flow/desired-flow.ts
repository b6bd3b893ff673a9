import type { AuthentikFlowSpec, PolicyEntry, StageEntry } from '../../api/v1alpha1/authentik-flow.ts';
import type { MinorVersion } from '../../authentik/versions.ts';
import { POLICY_BINDING, STAGE_BINDING } from '../../catalogue/bindings.ts';
import { FLOW } from '../../catalogue/flow.ts';
import { desiredBody, type Body, type Resolve } from '../entity/desired.ts';
import type { DesiredBinding } from './binding-plan.ts';
import type { BoundDetail } from './bound-set.ts';

/** A stage's place, with the policies on it. */
export interface DesiredStageBinding extends DesiredBinding<BoundDetail> {
  /** Undefined: not managed. */
  readonly policies: readonly DesiredBinding<BoundDetail>[] | undefined;
}

/** A flow as the spec declares it, with every reference resolved. */
export interface DesiredFlow {
  readonly header: Body;
  /** Undefined: not managed. */
  readonly stages: readonly DesiredStageBinding[] | undefined;
  readonly policies: readonly DesiredBinding<BoundDetail>[] | undefined;
  readonly prune: boolean;
}

/** Resolves a flow's spec. Throws what resolving references throws, and `UnsupportedVersion`. */
export async function desiredFlow(spec: AuthentikFlowSpec, version: MinorVersion, resolve: Resolve): Promise<DesiredFlow> {
  return {
    header: await desiredBody(FLOW.fields, spec, version, resolve),
    stages:
      spec.stages === undefined ? undefined : await Promise.all(spec.stages.map(async (entry) => stageBinding(entry, version, resolve))),
    policies: spec.policies === undefined ? undefined : await policyBindings(spec.policies, 'policies', version, resolve),
    prune: spec.unmanagedBindings === 'Prune',
  };
}

async function stageBinding(entry: StageEntry, version: MinorVersion, resolve: Resolve): Promise<DesiredStageBinding> {
  const label = `stages[${entry.order}]`;
  const stage = String(await resolve(entry.stageRef, 'stage'));
  return {
    order: entry.order,
    subject: stage,
    detail: { label, subjectBody: { stage }, body: withBothFlags(await desiredBody(STAGE_BINDING.fields, entry, version, resolve)) },
    policies: entry.policies === undefined ? undefined : await policyBindings(entry.policies, `${label}.policies`, version, resolve),
  };
}

/**
 * Authentik judges the two flags by the body alone and then stores what was sent, so one alone can leave a binding that is never
 * evaluated (seen live). Declaring one declares both; the other takes Authentik's default.
 */
function withBothFlags(body: Body): Body {
  if (!('evaluate_on_plan' in body) && !('re_evaluate_policies' in body)) return body;
  return { evaluate_on_plan: false, re_evaluate_policies: true, ...body };
}

const SUBJECTS = [
  { member: 'policyRef', target: 'policy' },
  { member: 'groupRef', target: 'group' },
  { member: 'userRef', target: 'user' },
] as const;

async function policyBindings(
  entries: readonly PolicyEntry[],
  label: string,
  version: MinorVersion,
  resolve: Resolve,
): Promise<readonly DesiredBinding<BoundDetail>[]> {
  return Promise.all(
    entries.map(async (entry) => {
      // The three go together: what was another kind of subject before would stay set beside the new one.
      const subjectBody: Record<string, string | number | null> = { policy: null, group: null, user: null };
      let subject = '';
      for (const { member, target } of SUBJECTS) {
        const reference = entry[member];
        if (reference === undefined) continue;
        const pk = String(await resolve(reference, target));
        subject = `${target}:${pk}`;
        subjectBody[target] = target === 'user' ? Number(pk) : pk;
      }
      return {
        order: entry.order,
        subject,
        detail: { label: `${label}[${entry.order}]`, subjectBody, body: await desiredBody(POLICY_BINDING.fields, entry, version, resolve) },
      };
    }),
  );
}
