/**
 * What the default blueprints of flows name, by file: only these fields go back to what they were, everything else of an object stays.
 * Source: the recorded transcript `blueprint-reapply`; the other rows by the same rule, of the fields that those files are for.
 */
import { PROMPT, PROMPT_STAGE } from './core.ts';
import { POLICY } from './policies.ts';
import { FLOW, STAGE } from './stages.ts';

/** An object that a blueprint finds by its name, or a flow by its slug. */
interface Named {
  model: string;
  name: string;
  fields: readonly string[];
}

export interface Blueprint {
  /** Applied before it, whether they changed or not. */
  requires: readonly string[];
  /** Flows whose steps, found by flow, stage and order, come back when they are gone. */
  flows: readonly string[];
  objects: readonly Named[];
}

const flow = (slug: string): Named => ({ model: FLOW, name: slug, fields: ['name', 'title', 'designation', 'authentication'] });
const prompt = (name: string): Named => ({
  model: PROMPT,
  name,
  fields: [
    'field_key',
    'label',
    'type',
    'required',
    'order',
    'placeholder',
    'placeholder_expression',
    'initial_value',
    'initial_value_expression',
  ],
});
const promptStage = (name: string): Named => ({ model: PROMPT_STAGE, name, fields: ['fields', 'validation_policies'] });
const userWrite = (name: string): Named => ({ model: STAGE, name, fields: ['user_creation_mode'] });
const expression = (name: string): Named => ({ model: POLICY, name, fields: ['expression'] });

const AUTHENTICATION = 'default/flow-default-authentication-flow.yaml';
const INVALIDATION = 'default/flow-default-invalidation-flow.yaml';
const PASSWORD_CHANGE = 'default/flow-password-change.yaml';
const USER_SETTINGS = 'default/flow-default-user-settings-flow.yaml';

export const BLUEPRINTS: Readonly<Record<string, Blueprint>> = {
  'default/default-brand.yaml': { requires: [AUTHENTICATION, INVALIDATION, USER_SETTINGS], flows: [], objects: [] },
  [AUTHENTICATION]: {
    requires: [PASSWORD_CHANGE],
    flows: ['default-authentication-flow'],
    objects: [
      flow('default-authentication-flow'),
      { model: STAGE, name: 'default-authentication-identification', fields: ['user_fields'] },
      { model: STAGE, name: 'default-authentication-password', fields: ['backends', 'configure_flow'] },
      expression('default-authentication-flow-password-stage'),
      expression('default-authentication-flow-authenticator-validate-stage'),
    ],
  },
  [INVALIDATION]: { requires: [], flows: ['default-invalidation-flow'], objects: [flow('default-invalidation-flow')] },
  [PASSWORD_CHANGE]: {
    requires: [],
    flows: ['default-password-change'],
    objects: [
      flow('default-password-change'),
      prompt('default-password-change-field-password'),
      prompt('default-password-change-field-password-repeat'),
      promptStage('default-password-change-prompt'),
      userWrite('default-password-change-write'),
      { model: POLICY, name: 'default-password-change-password-policy', fields: ['length_min', 'check_zxcvbn', 'zxcvbn_score_threshold'] },
    ],
  },
  [USER_SETTINGS]: {
    requires: [],
    flows: ['default-user-settings-flow'],
    objects: [
      flow('default-user-settings-flow'),
      prompt('default-user-settings-field-username'),
      prompt('default-user-settings-field-name'),
      prompt('default-user-settings-field-email'),
      prompt('default-user-settings-field-locale'),
      promptStage('default-user-settings'),
      userWrite('default-user-settings-write'),
      expression('default-user-settings-authorization'),
    ],
  },
  'default/flow-default-source-enrollment.yaml': {
    requires: [],
    flows: ['default-source-enrollment'],
    objects: [
      flow('default-source-enrollment'),
      prompt('default-source-enrollment-field-username'),
      promptStage('default-source-enrollment-prompt'),
      userWrite('default-source-enrollment-write'),
      expression('default-source-enrollment-if-sso'),
      expression('default-source-enrollment-if-username'),
    ],
  },
};
