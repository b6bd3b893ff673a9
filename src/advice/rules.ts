import type { Rule } from './rule.ts';
import { nothingLinks, passwordPolicyTooEarly, sharedOrder } from './rules/arrangement.ts';
import { loginBeforeProof, loginWithoutUserLogin, secondFactorOptional } from './rules/login.ts';
import { recoveryWithoutProof } from './rules/recovery.ts';
import { activeBeforeConfirmation, nobodyActivates, noPasswordPolicy, signedInMaySignUp } from './rules/sign-up.ts';

/** Everything that is advised about, the worst first; advice is given in this order. */
export const RULES = [
  {
    id: 'SignedInMaySignUp',
    severity: 'error',
    looksAt: ['designation', 'authentication', 'policies', 'userWrite.userCreationMode'],
    check: signedInMaySignUp,
  },
  {
    id: 'RecoveryWithoutProof',
    severity: 'error',
    looksAt: ['designation', 'authentication', 'policies', 'stages', 'identification.passwordStage', 'prompt.validationPolicies'],
    check: recoveryWithoutProof,
  },
  { id: 'LoginBeforeProof', severity: 'error', looksAt: ['designation', 'stages', 'stages[].policies'], check: loginBeforeProof },
  { id: 'LoginWithoutUserLogin', severity: 'error', looksAt: ['designation', 'stages'], check: loginWithoutUserLogin },
  {
    id: 'PasswordPolicyTooEarly',
    severity: 'error',
    looksAt: ['policies', 'stages[].policies', 'stages[].evaluateOnPlan', 'prompt.fields'],
    check: passwordPolicyTooEarly,
  },
  {
    id: 'NoPasswordPolicy',
    severity: 'warning',
    looksAt: ['stages', 'stages[].policies', 'prompt.fields', 'prompt.validationPolicies', 'userWrite.userCreationMode'],
    check: noPasswordPolicy,
  },
  {
    id: 'NobodyActivates',
    severity: 'warning',
    looksAt: ['designation', 'stages', 'userWrite.createUsersAsInactive', 'email.activateUserOnSuccess', 'redirect.mode'],
    check: nobodyActivates,
  },
  {
    id: 'ActiveBeforeConfirmation',
    severity: 'warning',
    looksAt: ['designation', 'stages', 'userWrite.createUsersAsInactive', 'email.activateUserOnSuccess'],
    check: activeBeforeConfirmation,
  },
  { id: 'SharedOrder', severity: 'warning', looksAt: ['stages[].order'], check: sharedOrder },
  {
    id: 'SecondFactorOptional',
    severity: 'info',
    looksAt: ['stages', 'authenticatorValidate.notConfiguredAction'],
    check: secondFactorOptional,
  },
  { id: 'NothingLinks', severity: 'info', looksAt: ['designation', 'authentication', 'what links to the flow'], check: nothingLinks },
] as const satisfies readonly Rule[];

/** The id of a rule. */
export type RuleId = (typeof RULES)[number]['id'];
