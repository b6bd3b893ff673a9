import { PASSWORD, EMAIL, policy, policyModel, at, form, flow, LOGIN, WHO, UNHEARD_OF, itAdvises, type Row } from '../testing/flows.ts';

const ROWS: readonly Row[] = [
  {
    reason: 'who, mail, new password, session',
    flow: flow('recovery', [
      WHO,
      at(20, 'Email', { activate_user_on_success: true }),
      form(30, [PASSWORD]),
      at(40, 'UserWrite', { user_creation_mode: 'never_create' }),
      LOGIN,
    ]),
    advice: [],
  },
  {
    reason: 'who comes by an administrator’s link is spared the mail',
    flow: flow('recovery', [WHO, at(20, 'Email', {}, { policies: [policy('Expression')] }), LOGIN]),
    advice: [],
  },
  { reason: 'a name is enough to be logged in', flow: flow('recovery', [WHO, LOGIN]), advice: ['RecoveryWithoutProof'], stages: [] },
  {
    reason: 'a name is enough to set a password',
    flow: flow('recovery', [WHO, form(20, [PASSWORD]), at(30, 'UserWrite', { user_creation_mode: 'never_create' })]),
    advice: ['RecoveryWithoutProof'],
  },
  {
    reason: 'the mail comes too late',
    flow: flow('recovery', [WHO, at(20, 'UserLogin'), at(30, 'Email')]),
    advice: ['RecoveryWithoutProof'],
  },
  { reason: 'nobody is named: only a link leads to somebody', flow: flow('recovery', [form(20, [PASSWORD]), LOGIN]), advice: [] },
  { reason: 'a second factor is proof', flow: flow('recovery', [WHO, at(20, 'AuthenticatorValidate'), LOGIN]), advice: [] },
  { reason: 'a stage of an unknown type may be proof', flow: flow('recovery', [WHO, at(20, undefined), LOGIN]), advice: [] },
  {
    reason: 'a stage of a new type may be proof',
    flow: flow('recovery', [WHO, at(20, undefined, {}, { model: UNHEARD_OF }), LOGIN]),
    advice: [],
  },
  {
    reason: 'an expression may ask a question',
    flow: flow('recovery', [WHO, form(20, [EMAIL], [policyModel('Expression')]), LOGIN]),
    advice: [],
  },
  { reason: 'what the form checks isn’t known', flow: flow('recovery', [WHO, at(20, 'Prompt'), LOGIN]), advice: [] },
  {
    reason: 'the password is on the first page',
    flow: flow('recovery', [at(10, 'Identification', { password_stage: 'key' }), LOGIN]),
    advice: [],
  },
  { reason: 'what is on the first page isn’t known', flow: flow('recovery', [at(10, 'Identification'), LOGIN]), advice: [] },
  { reason: 'the session is behind a policy', flow: flow('recovery', [WHO, { ...LOGIN, policies: [policy('Expression')] }]), advice: [] },
  { reason: 'a policy decides who comes in', flow: flow('recovery', [WHO, LOGIN], { policies: [policy('Expression')] }), advice: [] },
  { reason: 'only with a token of the flow', flow: flow('recovery', [WHO, LOGIN], { authentication: 'require_token' }), advice: [] },
  { reason: 'a login needs no mail', flow: flow('authentication', [WHO, LOGIN]), advice: [] },
];

describe('what is advised of a recovery', () => {
  itAdvises(['RecoveryWithoutProof'], ROWS);
});
