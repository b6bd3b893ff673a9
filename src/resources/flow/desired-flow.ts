import type { AuthentikFlowSpec, PolicyEntry, StageEntry } from '../../api/v1alpha1/authentik-flow.ts';
import type { MinorVersion } from '../../authentik/versions.ts';
import { POLICY_BINDING, STAGE_BINDING } from '../../catalogue/bindings.ts';
import { FLOW } from '../../catalogue/flow.ts';
import type { Field } from '../../catalogue/field.ts';
import { declaredFields, type Body, type Named, type References } from '../entity/desired.ts';
import type { DesiredBinding } from './binding-plan.ts';
import type { BoundDetail } from './bound-set.ts';

/** A binding as the spec declares it, what it binds still by name. */
export interface DeclaredBinding {
  readonly order: number;
  readonly label: string;
  readonly subject: Named;
  readonly body: Body;
  /** Undefined: not managed. */
  readonly policies?: readonly DeclaredBinding[] | undefined;
}

/** A flow as the spec declares it: a function of the spec alone. */
export interface DeclaredFlow {
  readonly header: Body;
  /** Undefined: not managed. */
  readonly stages: readonly DeclaredBinding[] | undefined;
  readonly policies: readonly DeclaredBinding[] | undefined;
  readonly prune: boolean;
}

/** A stage's place, with the policies on it. */
export interface DesiredStageBinding extends DesiredBinding<BoundDetail> {
  /** Undefined: not managed. */
  readonly policies: readonly DesiredBinding<BoundDetail>[] | undefined;
}

/** The same with every reference found. */
export interface DesiredFlow {
  readonly header: Body;
  readonly stages: readonly DesiredStageBinding[] | undefined;
  readonly policies: readonly DesiredBinding<BoundDetail>[] | undefined;
  readonly prune: boolean;
}

/** Throws `UnsupportedVersion`. */
export function declaredFlow(spec: AuthentikFlowSpec, version: MinorVersion): DeclaredFlow {
  return {
    header: plain(FLOW.fields, spec, version),
    stages: spec.stages?.map((entry) => stageBinding(entry, version)),
    policies: spec.policies?.map((entry) => policyBinding(entry, 'policies', version)),
    prune: spec.unmanagedBindings === 'Prune',
  };
}

/** Finds what is bound. Throws what resolving references throws. */
export async function resolvedFlow(declared: DeclaredFlow, references: References): Promise<DesiredFlow> {
  return {
    header: declared.header,
    stages: await found(declared.stages, async (binding) => ({
      ...(await resolvedBinding(binding, references)),
      policies: await found(binding.policies, async (policy) => resolvedBinding(policy, references)),
    })),
    policies: await found(declared.policies, async (policy) => resolvedBinding(policy, references)),
    prune: declared.prune,
  };
}

/** Fields that hold no references. */
function plain(fields: readonly Field[], values: object, version: MinorVersion): Body {
  const declared = declaredFields(fields, values as Readonly<Record<string, unknown>>, version);
  return Object.fromEntries(declared.flatMap((item) => ('value' in item ? [[item.field.api, item.value]] : [])));
}

async function found<T, R>(bindings: readonly T[] | undefined, resolve: (binding: T) => Promise<R>): Promise<readonly R[] | undefined> {
  return bindings === undefined ? undefined : Promise.all(bindings.map(resolve));
}

function stageBinding(entry: StageEntry, version: MinorVersion): DeclaredBinding {
  const label = `stages[${entry.order}]`;
  return {
    order: entry.order,
    label,
    subject: { to: 'stage', reference: entry.stageRef },
    body: withBothFlags(plain(STAGE_BINDING.fields, entry, version)),
    policies: entry.policies?.map((policy) => policyBinding(policy, `${label}.policies`, version)),
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
  { member: 'policyRef', to: 'policy' },
  { member: 'groupRef', to: 'group' },
  { member: 'userRef', to: 'user' },
] as const;

function policyBinding(entry: PolicyEntry, label: string, version: MinorVersion): DeclaredBinding {
  const { member, to } = SUBJECTS.find((candidate) => entry[candidate.member] !== undefined) ?? SUBJECTS[0];
  return {
    order: entry.order,
    label: `${label}[${entry.order}]`,
    subject: { to, reference: entry[member] ?? {} },
    body: plain(POLICY_BINDING.fields, entry, version),
  };
}

async function resolvedBinding(
  { order, label, subject: { to, reference }, body }: DeclaredBinding,
  references: References,
): Promise<DesiredBinding<BoundDetail>> {
  const key = String(await references.resolve(reference, to));
  if (to === 'stage') return { order, subject: key, detail: { label, subjectBody: { stage: key }, body } };
  // The three go together: what was another kind of subject before would stay set beside the new one.
  const subjectBody = { policy: null, group: null, user: null, [to]: to === 'user' ? Number(key) : key };
  return { order, subject: `${to}:${key}`, detail: { label, subjectBody, body } };
}
