import { POLICIES, type PolicyType } from '../catalogue/policies.ts';
import type { PolicyModel, PolicyPlace, StagePlace } from './flow-model.ts';

const MODELS = new Map(POLICIES.map(({ type, model }) => [type, model]));

/** Policies that look at where a visitor is, or at a password, and never at whether somebody is signed in. */
const ABOUT_NOBODY = new Set<string | undefined>([
  MODELS.get('Password'),
  'authentik_policies_geoip.geoippolicy',
  'authentik_policies_reputation.reputationpolicy',
]);

const UNIQUE_PASSWORD = 'authentik_policies_unique_password.uniquepasswordpolicy';

export function isPolicy(policy: PolicyModel | undefined, type: PolicyType): boolean {
  return policy !== undefined && policy.model === MODELS.get(type);
}

/** The policies that count. */
export function active(policies: readonly PolicyPlace[]): readonly PolicyPlace[] {
  return policies.filter(({ enabled }) => enabled);
}

/** Whether the stage may be left out: something is bound to its place, or that isn't known. */
export function mayBeSkipped({ policies }: StagePlace): boolean {
  return policies === undefined || active(policies).length > 0;
}

/** Whether policies may tell people apart, the signed-in from the others for one; what isn't known may. */
export function mayTellPeopleApart(policies: readonly PolicyPlace[] | undefined): boolean {
  return policies === undefined || active(policies).some(({ policy }) => policy?.model === undefined || !ABOUT_NOBODY.has(policy.model));
}

/** Whether a form's policy may judge a password: an expression can, and what isn't known may. */
export function mayJudgePassword({ model }: PolicyModel): boolean {
  return model === undefined || model === MODELS.get('Expression') || judgesPassword({ name: '', model });
}

/** Whether it is certainly about passwords. */
export function judgesPassword({ model }: PolicyModel): boolean {
  return model === MODELS.get('Password') || model === UNIQUE_PASSWORD;
}
