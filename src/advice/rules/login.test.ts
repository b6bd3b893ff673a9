import { policy, at, flow, LOGIN, WHO, AUTHENTICATOR_SETUP, UNHEARD_OF, itAdvises, type Row } from '../testing/flows.ts';

const ROWS: readonly Row[] = [
  { reason: 'who, password, session', flow: flow('authentication', [WHO, at(20, 'Password'), LOGIN]), advice: [] },
  {
    reason: 'the password is on the first page',
    flow: flow('authentication', [at(10, 'Identification', { password_stage: 'some-key' }), LOGIN]),
    advice: [],
  },
  {
    reason: 'the stock login: a password that is skipped when it was on the first page, and a second factor for those who have one',
    flow: flow('authentication', [
      WHO,
      at(20, 'Password', {}, { policies: [policy('Expression')] }),
      at(30, 'AuthenticatorValidate', { not_configured_action: 'skip' }, { policies: [policy('Expression')] }),
      LOGIN,
    ]),
    advice: ['SecondFactorOptional'],
    stages: ['authenticatorvalidate'],
  },
  {
    reason: 'the session comes before the password',
    flow: flow('authentication', [WHO, at(15, 'UserLogin'), at(20, 'Password')]),
    advice: ['LoginBeforeProof'],
    stages: [],
  },
  {
    reason: 'the session comes before the second factor',
    flow: flow('authentication', [
      WHO,
      at(20, 'Password'),
      at(25, 'UserLogin'),
      at(30, 'AuthenticatorValidate', { not_configured_action: 'deny' }),
    ]),
    advice: ['LoginBeforeProof'],
  },
  {
    reason: 'a session behind a policy is for those who proved enough',
    flow: flow('authentication', [WHO, at(15, 'UserLogin', {}, { policies: [policy('Expression')] }), at(20, 'Password'), LOGIN]),
    advice: [],
  },
  {
    reason: 'whether a policy is before the session isn’t known',
    flow: flow('authentication', [WHO, at(15, 'UserLogin', {}, { policies: undefined }), at(20, 'Password'), LOGIN]),
    advice: [],
  },
  {
    reason: 'a set-up after the session is no proof',
    flow: flow('authentication', [WHO, at(20, 'Password'), at(30, 'UserLogin'), at(40, undefined, {}, { model: AUTHENTICATOR_SETUP })]),
    advice: [],
  },
  {
    reason: 'nobody gets a session',
    flow: flow('authentication', [WHO, at(20, 'Password')]),
    advice: ['LoginWithoutUserLogin'],
    stages: [],
  },
  { reason: 'a login flow with nothing in it', flow: flow('authentication', []), advice: ['LoginWithoutUserLogin'] },
  { reason: 'what is in it isn’t known', flow: flow('authentication', undefined), advice: [] },
  { reason: 'a stage of an unknown type may log in', flow: flow('authentication', [WHO, at(20, undefined)]), advice: [] },
  {
    reason: 'a stage of a new type may log in',
    flow: flow('authentication', [WHO, at(20, undefined, {}, { model: UNHEARD_OF })]),
    advice: [],
  },
  { reason: 'another flow goes on', flow: flow('authentication', [WHO, at(20, 'Redirect', { mode: 'flow' })]), advice: [] },
  { reason: 'closed on purpose', flow: flow('authentication', [at(0, 'Deny')]), advice: [] },
  { reason: 'a source’s login has but the session', flow: flow('authentication', [LOGIN]), advice: [] },
  {
    reason: 'a second factor is set up on the way',
    flow: flow('authentication', [
      WHO,
      at(30, 'AuthenticatorValidate', { not_configured_action: 'skip' }),
      at(40, undefined, {}, { model: AUTHENTICATOR_SETUP }),
      LOGIN,
    ]),
    advice: [],
  },
  {
    reason: 'a stage that isn’t known may set one up',
    flow: flow('authentication', [WHO, at(30, 'AuthenticatorValidate', { not_configured_action: 'skip' }), at(40, undefined), LOGIN]),
    advice: [],
  },
  ...(['deny', 'configure', undefined] as const).map((action) => ({
    reason: `who has no second factor: ${action ?? 'not known'}`,
    flow: flow('authentication', [WHO, at(30, 'AuthenticatorValidate', { not_configured_action: action }), LOGIN]),
    advice: [],
  })),
];

describe('what is advised of a login', () => {
  itAdvises(['LoginBeforeProof', 'LoginWithoutUserLogin', 'SecondFactorOptional'], ROWS);
});
