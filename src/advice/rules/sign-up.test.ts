import {
  PASSWORD,
  EMAIL,
  policy,
  policyModel,
  UNKNOWN_POLICY,
  GROUP,
  at,
  form,
  flow,
  CHECKED,
  INACTIVE,
  ACTIVE,
  ACTIVATING,
  WHO,
  SIGN_UP,
  itAdvises,
  type Row,
} from '../testing/flows.ts';

const ROWS: readonly Row[] = [
  { reason: 'the guide: a checked form, inactive users, a mail that activates them', flow: flow('enrollment', SIGN_UP), advice: [] },
  {
    reason: 'the guide that logs in and goes on, but for those who brought a next page',
    flow: flow('enrollment', [
      ...SIGN_UP,
      at(35, 'UserLogin'),
      at(40, 'Redirect', { mode: 'static' }, { policies: [policy('Expression')] }),
    ]),
    advice: [],
  },
  {
    reason: 'whoever is signed in is let in, and overwritten',
    flow: flow('enrollment', SIGN_UP, { authentication: 'none' }),
    advice: ['SignedInMaySignUp'],
    stages: [],
  },
  {
    reason: 'where they come from and how good a password is doesn’t keep the signed-in out',
    flow: flow('enrollment', SIGN_UP, {
      authentication: 'none',
      policies: [{ enabled: true, negate: false, policy: { name: 'here', model: 'authentik_policies_geoip.geoippolicy' } }],
    }),
    advice: ['SignedInMaySignUp'],
  },
  { reason: 'only the signed-in are meant', flow: flow('enrollment', SIGN_UP, { authentication: 'require_authenticated' }), advice: [] },
  {
    reason: 'an expression may keep the signed-in out, as that of the stock source enrollment does',
    flow: flow('enrollment', SIGN_UP, { authentication: 'none', policies: [policy('Expression')] }),
    advice: [],
  },
  {
    reason: 'an expression that is switched off keeps nobody out',
    flow: flow('enrollment', SIGN_UP, { authentication: 'none', policies: [policy('Expression', { enabled: false })] }),
    advice: ['SignedInMaySignUp'],
  },
  { reason: 'a group is asked for', flow: flow('enrollment', SIGN_UP, { authentication: 'none', policies: [GROUP] }), advice: [] },
  {
    reason: 'a policy that nothing is known of may keep them out',
    flow: flow('enrollment', SIGN_UP, { authentication: 'none', policies: [UNKNOWN_POLICY] }),
    advice: [],
  },
  {
    reason: 'whether policies are bound isn’t known',
    flow: flow('enrollment', SIGN_UP, { authentication: 'none', policies: undefined }),
    advice: [],
  },
  {
    reason: 'the user is only written if an expression says so',
    flow: flow('enrollment', [CHECKED, { ...ACTIVE, policies: [policy('Expression')] }], { authentication: 'none' }),
    advice: [],
  },
  { reason: 'nobody is written', flow: flow('enrollment', [CHECKED], { authentication: 'none' }), advice: [] },
  {
    reason: 'who may enter isn’t known',
    flow: { ...flow('enrollment', SIGN_UP), fields: { designation: 'enrollment' } },
    advice: [],
  },
  {
    reason: 'a form takes any password',
    flow: flow('enrollment', [form(10, [PASSWORD]), INACTIVE, ACTIVATING]),
    advice: ['NoPasswordPolicy'],
    stages: ['form-10'],
  },
  {
    reason: 'both forms take any password',
    flow: flow('enrollment', [form(10, [PASSWORD]), form(15, [PASSWORD]), ACTIVE]),
    advice: ['NoPasswordPolicy'],
    stages: ['form-10', 'form-15'],
  },
  {
    reason: 'an expression may judge it',
    flow: flow('enrollment', [form(10, [PASSWORD], [policyModel('Expression')]), ACTIVE]),
    advice: [],
  },
  {
    reason: 'a policy of somebody else’s may judge it',
    flow: flow('enrollment', [form(10, [PASSWORD], [{ name: 'x' }]), ACTIVE]),
    advice: [],
  },
  {
    reason: 'that it isn’t from a bad address says nothing of it',
    flow: flow('enrollment', [form(10, [PASSWORD], [{ name: 'x', model: 'authentik_policies_reputation.reputationpolicy' }]), ACTIVE]),
    advice: ['NoPasswordPolicy'],
  },
  {
    reason: 'what the form checks isn’t known',
    flow: flow('enrollment', [at(10, 'Prompt', {}, { prompts: [PASSWORD] }), ACTIVE]),
    advice: [],
  },
  { reason: 'what the form asks isn’t known', flow: flow('enrollment', [form(10, undefined), ACTIVE]), advice: [] },
  { reason: 'the form asks for no password', flow: flow('enrollment', [form(10, [EMAIL]), ACTIVE]), advice: [] },
  {
    reason: 'the password isn’t typed but made up',
    flow: flow('enrollment', [form(10, [{ fieldKey: 'password', type: 'hidden' }]), ACTIVE]),
    advice: [],
  },
  {
    reason: 'the password is validated elsewhere: on the way to the user',
    flow: flow('enrollment', [form(10, [PASSWORD]), { ...ACTIVE, policies: [policy('Password')] }]),
    advice: [],
  },
  {
    reason: 'whether it is validated elsewhere isn’t known',
    flow: flow('enrollment', [form(10, [PASSWORD]), { ...ACTIVE, policies: undefined }]),
    advice: [],
  },
  {
    reason: 'an expression on the way decides whether, not how good the password is',
    flow: flow('enrollment', [form(10, [PASSWORD]), { ...ACTIVE, policies: [policy('Expression')] }]),
    advice: ['NoPasswordPolicy'],
  },
  {
    reason: 'a password of one who is there already is the business of another flow',
    flow: flow('stage_configuration', [form(10, [PASSWORD]), at(20, 'UserWrite', { user_creation_mode: 'never_create' })]),
    advice: [],
  },
  { reason: 'whether users are created isn’t known', flow: flow('enrollment', [form(10, [PASSWORD]), at(20, 'UserWrite')]), advice: [] },
  {
    reason: 'nobody activates them',
    flow: flow('enrollment', [CHECKED, INACTIVE]),
    advice: ['NobodyActivates'],
    stages: ['userwrite'],
  },
  {
    reason: 'the mail is sent and activates nobody',
    flow: flow('enrollment', [CHECKED, INACTIVE, at(30, 'Email', { activate_user_on_success: false })]),
    advice: ['NobodyActivates'],
  },
  {
    reason: 'the mail stage is somebody else’s and may activate',
    flow: flow('enrollment', [CHECKED, INACTIVE, at(30, 'Email')]),
    advice: [],
  },
  {
    reason: 'a stage of which not even the type is known may be such a mail stage',
    flow: flow('enrollment', [CHECKED, INACTIVE, at(30, undefined)]),
    advice: [],
  },
  {
    reason: 'another flow goes on with what was collected',
    flow: flow('enrollment', [CHECKED, INACTIVE, at(40, 'Redirect', { mode: 'flow' })]),
    advice: [],
  },
  {
    reason: 'a page elsewhere activates nobody',
    flow: flow('enrollment', [CHECKED, INACTIVE, at(40, 'Redirect', { mode: 'static' })]),
    advice: ['NobodyActivates'],
  },
  {
    reason: 'in a recovery flow there is somebody already, so nobody is created',
    flow: flow('recovery', [WHO, at(12, 'Email'), { ...CHECKED, order: 15 }, INACTIVE]),
    advice: [],
  },
  {
    reason: 'they are active before the mail asks',
    flow: flow('enrollment', [CHECKED, ACTIVE, ACTIVATING]),
    advice: ['ActiveBeforeConfirmation'],
    stages: ['email'],
  },
  {
    reason: 'the mail comes before the user is written',
    flow: flow('enrollment', [CHECKED, at(15, 'Email', { activate_user_on_success: true }), ACTIVE]),
    advice: [],
  },
  {
    reason: 'one of the two ways to write creates inactive users',
    flow: flow('enrollment', [CHECKED, ACTIVE, { ...INACTIVE, order: 21 }, ACTIVATING]),
    advice: [],
  },
  {
    reason: 'how users are created isn’t known',
    flow: flow('enrollment', [CHECKED, at(20, 'UserWrite', { user_creation_mode: 'always_create' }), ACTIVATING]),
    advice: [],
  },
];

describe('what is advised of a sign-up', () => {
  itAdvises(['SignedInMaySignUp', 'NoPasswordPolicy', 'NobodyActivates', 'ActiveBeforeConfirmation'], ROWS);
});
