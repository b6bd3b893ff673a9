import { jest } from '@jest/globals';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import { refusal, type Values } from './charts.ts';

/** helm takes its time when other test files keep the machine busy (milliseconds). */
jest.setTimeout(60_000);

const AUTHENTIK = { url: 'https://auth.example.com' };
const SMTP = { smtpSecretName: 'smtp' };
/** What works; each row spoils it in one way. */
const GUIDE: Values = { market: { url: 'https://market.example.com' }, authentik: AUTHENTIK, email: SMTP };

const REFUSED: readonly { readonly reason: string; readonly values: Values; readonly message: string }[] = [
  {
    reason: 'to be switched off without a chart above it',
    values: { ...GUIDE, enabled: false },
    message: 'enabled is false: that is for a chart above',
  },
  {
    reason: 'a redirect to nowhere',
    values: { ...GUIDE, market: {} },
    message: "market.url is empty: after sign-up people are redirected to the market's login page",
  },
  { reason: 'a market that is no URL', values: { ...GUIDE, market: { url: 'market.example.com' } }, message: '/market/url' },
  {
    reason: 'an application by its name instead of its slug',
    values: { ...GUIDE, market: { url: 'https://market.example.com', application: 'Ocean Market' } },
    message: '/market/application',
  },
  {
    reason: 'a way back that is no path',
    values: { ...GUIDE, market: { url: 'https://market.example.com', callbackPath: 'auth/callback' } },
    message: '/market/callbackPath',
  },
  { reason: 'no Authentik', values: { ...GUIDE, authentik: {} }, message: 'write authentik.url (and the token' },
  {
    reason: 'two Authentiks',
    values: { ...GUIDE, authentik: { ...AUTHENTIK, connectionRef: { name: 'shared' } } },
    message: 'authentik.url and authentik.connectionRef exclude each other',
  },
  {
    reason: "a public URL for somebody else's connection",
    values: { ...GUIDE, authentik: { publicURL: 'https://auth.example.com', connectionRef: { name: 'shared' } } },
    message: 'write it into spec.publicURL of that connection',
  },
  {
    reason: 'no token',
    values: { ...GUIDE, authentik: { ...AUTHENTIK, tokenSecret: { name: '' } } },
    message: 'authentik.tokenSecret: write name and key',
  },
  {
    reason: 'people who start inactive and get no mail',
    values: { ...GUIDE, email: { enabled: false } },
    message: 'new users would start inactive and nothing would activate them, so nobody could ever log in',
  },
  {
    reason: 'mail without a mail server',
    values: { ...GUIDE, email: {} },
    message: 'email.enabled needs email.smtpSecretName (SMTP settings from a Secret) or email.useGlobalSettings: true',
  },
  {
    reason: 'mail by two mail servers',
    values: { ...GUIDE, email: { ...SMTP, useGlobalSettings: true } },
    message: 'email.smtpSecretName and email.useGlobalSettings exclude each other',
  },
  {
    reason: "a sender that the server's settings would override",
    values: { ...GUIDE, email: { useGlobalSettings: true, from: 'a@example.com' } },
    message: 'with email.useGlobalSettings the Authentik server decides the sender',
  },
  {
    reason: 'a sender that is no address',
    values: { ...GUIDE, email: { ...SMTP, from: 'Market <a@example.com>' } },
    message: '/email/from',
  },
  {
    reason: 'a duration with commas',
    values: { ...GUIDE, email: { ...SMTP, tokenExpiry: 'hours=1,minutes=2' } },
    message: '/email/tokenExpiry',
  },
  {
    reason: 'a slug that Authentik uses itself',
    values: { ...GUIDE, registration: { slug: 'import' } },
    message: "registration.slug can't be import: Authentik couldn't read or delete such a flow any more",
  },
  { reason: 'a slug with spaces', values: { ...GUIDE, registration: { slug: 'sign up' } }, message: '/registration/slug' },
  {
    reason: 'shared stages and names for own ones',
    values: { ...GUIDE, registration: { reuseSharedStages: true, stageNames: { write: 'mine' } } },
    message: 'leave registration.stageNames.prompt and .write empty',
  },
  {
    reason: 'two stages of one name',
    values: { ...GUIDE, registration: { stageNames: { email: 'Done', redirect: 'done' } } },
    message: 'two stages are called done',
  },
  {
    reason: 'a form without fields',
    values: { ...GUIDE, registration: { promptFields: [] } },
    message: 'registration.promptFields is empty',
  },
  {
    reason: 'a form that asks for no username',
    values: { ...GUIDE, registration: { promptFields: ['default-user-settings-field-email', 'default-password-change-field-password'] } },
    message: 'registration.promptFields asks for no username',
  },
  {
    reason: 'a mail to nobody',
    values: {
      ...GUIDE,
      registration: { promptFields: ['default-user-settings-field-username', 'default-password-change-field-password'] },
    },
    message: 'registration.promptFields asks for no e-mail address',
  },
  {
    reason: 'a policy for a password that nobody is asked for',
    values: { ...GUIDE, registration: { promptFields: ['default-user-settings-field-username', 'default-user-settings-field-email'] } },
    message: 'registration.promptFields asks for no password',
  },
  {
    reason: 'a login by nothing',
    values: { ...GUIDE, login: { userFields: [] } },
    message: 'login.userFields is empty: nobody could log in',
  },
  {
    reason: 'a type of user that can not log in',
    values: { ...GUIDE, registration: { userType: 'service_account' } },
    message: '/registration/userType',
  },
  {
    reason: 'passwords shorter than what NIST SP 800-63B allows at all',
    values: { ...GUIDE, registration: { passwordPolicy: { minLength: 7 } } },
    message: '/registration/passwordPolicy/minLength',
  },
  {
    reason: 'passwords longer than what everybody can be expected to type',
    values: { ...GUIDE, registration: { passwordPolicy: { minLength: 65 } } },
    message: '/registration/passwordPolicy/minLength',
  },
  {
    reason: 'a strength that no password has',
    values: { ...GUIDE, registration: { passwordPolicy: { zxcvbnScore: 4 } } },
    message: '/registration/passwordPolicy/zxcvbnScore',
  },
  {
    reason: 'rules on what a password is made of',
    values: { ...GUIDE, registration: { passwordPolicy: { amountDigits: 1 } } },
    message: "additional properties 'amountDigits' not allowed",
  },
  { reason: 'a misspelt value', values: { ...GUIDE, emails: {} }, message: "additional properties 'emails' not allowed" },
];

describe('the market chart', () => {
  let controlPlane: ControlPlane;

  beforeAll(() => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
  });

  it.each(REFUSED)('refuses $reason', async ({ values, message }) => {
    await expect(refusal(controlPlane, { chart: 'market-enrollment', values })).resolves.toContain(message);
  });
});
