import { PASSWORD, policy, at, form, flow, CHECKED, ACTIVE, LOGIN, WHO, SIGN_UP, itAdvises, type Row } from '../testing/flows.ts';

const ROWS: readonly Row[] = [
  {
    reason: 'two at one order',
    flow: flow('stage_configuration', [at(10, 'Dummy', {}, { name: 'b' }), at(10, 'Deny', {}, { name: 'a' }), at(20, 'Dummy')]),
    advice: ['SharedOrder'],
    stages: [],
  },
  {
    reason: 'a password policy on the flow (case 13)',
    flow: flow('enrollment', [form(10, [PASSWORD], [{ name: 'x' }]), ACTIVE], { policies: [policy('Password')] }),
    advice: ['PasswordPolicyTooEarly'],
    stages: [],
  },
  {
    reason: 'a password policy before the form',
    flow: flow('enrollment', [{ ...CHECKED, policies: [policy('Password')] }, ACTIVE]),
    advice: ['PasswordPolicyTooEarly'],
  },
  {
    reason: 'a password policy after the form, and judged when the flow begins',
    flow: flow('enrollment', [CHECKED, { ...ACTIVE, fields: { evaluate_on_plan: true }, policies: [policy('Password')] }]),
    advice: ['PasswordPolicyTooEarly'],
  },
  {
    reason: 'a password policy after the form, judged when its stage comes up',
    flow: flow('enrollment', [CHECKED, { ...ACTIVE, policies: [policy('Password')] }]),
    advice: [],
  },
  {
    reason: 'what is asked before isn’t known',
    flow: flow('enrollment', [form(10, undefined), { ...ACTIVE, policies: [policy('Password')] }]),
    advice: [],
  },
  {
    reason: 'when it is judged isn’t known',
    flow: flow('enrollment', [{ ...CHECKED, fields: {}, policies: [policy('Password')] }, ACTIVE]),
    advice: [],
  },
  {
    reason: 'another password, under another key, was typed before',
    flow: flow('enrollment', [form(10, [{ fieldKey: 'attributes.pin', type: 'password' }]), { ...ACTIVE, policies: [policy('Password')] }]),
    advice: [],
  },
  {
    reason: 'switched off, or turned around',
    flow: flow('enrollment', SIGN_UP, { policies: [policy('Password', { enabled: false }), policy('Password', { negate: true })] }),
    advice: [],
  },
  { reason: 'nothing links to a sign-up', flow: flow('enrollment', SIGN_UP, { linkedBy: [] }), advice: ['NothingLinks'], stages: [] },
  { reason: 'what links to it isn’t known', flow: flow('enrollment', SIGN_UP, { linkedBy: undefined }), advice: [] },
  {
    reason: 'people come by invitation',
    flow: flow('enrollment', [at(0, undefined, {}, { model: 'authentik_stages_invitation.invitationstage' }), ...SIGN_UP], {
      linkedBy: [],
    }),
    advice: [],
  },
  {
    reason: 'another flow leads to it',
    flow: flow('enrollment', SIGN_UP, { linkedBy: [], authentication: 'require_redirect' }),
    advice: [],
  },
  { reason: 'Authentik takes a login flow by itself', flow: flow('authentication', [WHO, LOGIN], { linkedBy: [] }), advice: [] },
];

describe('what is advised of how a flow is put together', () => {
  itAdvises(['SharedOrder', 'PasswordPolicyTooEarly', 'NothingLinks'], ROWS);
});
