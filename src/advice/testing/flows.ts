import { POLICIES, type PolicyType } from '../../catalogue/policies.ts';
import { STAGES, type StageType } from '../../catalogue/stages.ts';
import { advise } from '../advise.ts';
import type { Fields, FlowModel, PolicyModel, PolicyPlace, PromptModel, StageModel, StagePlace } from '../flow-model.ts';
import type { RuleId } from '../rules.ts';

export const PASSWORD: PromptModel = { fieldKey: 'password', type: 'password' };
export const EMAIL: PromptModel = { fieldKey: 'email', type: 'email' };

/** A policy's place. */
export function policy(type: PolicyType, place: Partial<PolicyPlace> = {}): PolicyPlace {
  return { enabled: true, negate: false, policy: policyModel(type), ...place };
}

export function policyModel(type: PolicyType): PolicyModel {
  return { name: type.toLowerCase(), model: POLICIES.find((entry) => entry.type === type)?.model };
}

/** A group's place, or that of a policy of which nothing more is known. */
export const UNKNOWN_POLICY: PolicyPlace = { enabled: true, negate: false, policy: { name: 'somebody-elses' } };
export const GROUP: PolicyPlace = { enabled: true, negate: false };

/** A stage's place; what isn't given isn't known, but that no policies are bound. */
export function at(
  order: number,
  type: StageType | undefined,
  fields: Fields = {},
  rest: Partial<StagePlace> & Partial<StageModel> = {},
): StagePlace {
  const model = rest.model ?? STAGES.find((entry) => entry.type === type)?.model;
  const { policies = [], prompts, validationPolicies, name = (type ?? 'unknown').toLowerCase() } = rest;
  return {
    order,
    fields: rest.fields ?? { evaluate_on_plan: false },
    policies: 'policies' in rest ? rest.policies : policies,
    stage: { name, model, fields, prompts, validationPolicies },
  };
}

/** A form's place. */
export function form(
  order: number,
  prompts: readonly PromptModel[] | undefined,
  validationPolicies: readonly PolicyModel[] | undefined = [],
): StagePlace {
  return at(order, 'Prompt', {}, { prompts, validationPolicies, name: `form-${order}` });
}

/** A flow that only visitors may enter, and that something links to. */
export function flow(
  designation: string,
  stages: readonly StagePlace[] | undefined,
  rest: Partial<FlowModel> & { authentication?: string } = {},
): FlowModel {
  const { authentication = 'require_unauthenticated', ...others } = rest;
  return { slug: 'flow', fields: { designation, authentication }, stages, policies: [], linkedBy: ['somebody'], ...others };
}

export const CHECKED = form(10, [EMAIL, PASSWORD], [policyModel('Password')]);
export const INACTIVE = at(20, 'UserWrite', { user_creation_mode: 'create_when_required', create_users_as_inactive: true });
export const ACTIVE = at(20, 'UserWrite', { user_creation_mode: 'always_create', create_users_as_inactive: false });
export const ACTIVATING = at(30, 'Email', { activate_user_on_success: true });
export const LOGIN = at(100, 'UserLogin');
export const WHO = at(10, 'Identification', { password_stage: null, webauthn_stage: null });
export const SIGN_UP = [CHECKED, INACTIVE, ACTIVATING];
export const AUTHENTICATOR_SETUP = 'authentik_stages_authenticator_totp.authenticatortotpstage';
export const UNHEARD_OF = 'authentik_stages_new.newstage';

/** One flow, and what is to be said of it. */
export interface Row {
  readonly reason: string;
  readonly flow: FlowModel;
  /** The ids of the rules that find something, and the stages that they name. */
  readonly advice: readonly RuleId[];
  readonly stages?: readonly string[];
}

/** Holds each flow to its advice, and the rows to breaking each of the rules at least once. */
export function itAdvises(rules: readonly RuleId[], rows: readonly Row[]): void {
  it.each(rows)('$reason', ({ flow: model, advice, stages }) => {
    const given = advise(model);
    expect(given.map(({ rule }) => rule)).toEqual(advice);
    if (stages !== undefined) expect(given.flatMap((piece) => piece.stages)).toEqual(stages);
  });

  it('has a flow for each rule that breaks it', () => {
    const broken = rows.flatMap(({ advice }) => advice);
    expect(rules.filter((rule) => !broken.includes(rule))).toEqual([]);
  });
}
