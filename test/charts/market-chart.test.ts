/* eslint-disable jest/no-standalone-expect -- the checks in the tables run inside the tests */
import { jest } from '@jest/globals';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import { find, kindsOf, render, type Manifest, type Values } from './charts.ts';

/** helm and kubectl take their time when other test files keep the machine busy (milliseconds). */
jest.setTimeout(60_000);

const CHART = 'market-enrollment';

const MARKET = { url: 'https://market.example.com' };
const AUTHENTIK = { url: 'https://auth.example.com' };
const SMTP = { smtpSecretName: 'smtp' };
const GUIDE: Values = { market: MARKET, authentik: AUTHENTIK, email: SMTP };

/** Back to the market or to Authentik goes who brought such a `next`; Authentik itself follows paths of its own and refuses all else. */
const LEADS_ON = `next = request.http_request.session.get('authentik/flows/get', {}).get('next', '')
if next.startswith((request.http_request.build_absolute_uri('/'), "https://market.example.com/")):
    context['flow_plan'].context['redirect_stage_target'] = next
return not next.startswith('/') or next.startswith('//')`;

interface Flow {
  readonly authentication?: string;
  readonly stages: readonly { readonly order: number; readonly stageRef: { readonly name: string }; readonly policies?: unknown }[];
}
const flow = (manifests: readonly Manifest[]): Flow => find(manifests, 'AuthentikFlow').spec as Flow;
const stages = (manifests: readonly Manifest[]): readonly (readonly [number, string])[] =>
  flow(manifests).stages.map(({ order, stageRef }) => [order, stageRef.name]);
const stage = (manifests: readonly Manifest[], name: string): unknown => find(manifests, 'AuthentikStage', name).spec;
const policies = (manifests: readonly Manifest[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(manifests.filter(({ kind }) => kind === 'AuthentikPolicy').map(({ metadata, spec }) => [metadata.name, spec]));

interface RenderCase {
  readonly reason: string;
  readonly values: Values;
  readonly check: (manifests: readonly Manifest[]) => void;
}

const RENDER_CASES: readonly RenderCase[] = [
  {
    reason: 'the guide up to its last line, with stages of its own',
    values: GUIDE,
    check: (manifests) => {
      expect(kindsOf(manifests)).toEqual([
        'AuthentikConnection',
        'AuthentikFlow',
        'AuthentikPolicy',
        'AuthentikStage',
        'EnrollmentBinding',
      ]);
      expect(find(manifests, 'AuthentikConnection', 'default').spec).toEqual({
        url: 'https://auth.example.com',
        tokenSecretRef: { name: 'authentik-token', key: 'token' },
      });
      expect(find(manifests, 'AuthentikFlow').spec).toEqual({
        slug: 'self-service-registration',
        name: 'self-service-registration',
        title: 'Sign-up',
        designation: 'enrollment',
        authentication: 'require_unauthenticated',
        stages: [
          { order: 10, stageRef: { name: 'self-service-registration-prompt' } },
          { order: 20, stageRef: { name: 'self-service-registration-write' } },
          { order: 30, stageRef: { name: 'email-account-confirmation' } },
          { order: 35, stageRef: { name: 'self-service-registration-login' } },
          {
            order: 40,
            stageRef: { name: 'after-signup-redirect' },
            evaluateOnPlan: false,
            reEvaluatePolicies: true,
            policies: [{ order: 0, policyRef: { name: 'self-service-registration-without-next' } }],
          },
        ],
      });
      expect(policies(manifests)).toEqual({
        'self-service-registration-password': {
          name: 'self-service-registration-password',
          type: 'Password',
          password: {
            passwordField: 'password',
            checkStaticRules: true,
            lengthMin: 12,
            errorMessage: expect.stringContaining('at least 12 characters') as string,
            checkZxcvbn: true,
            zxcvbnScoreThreshold: 2,
            checkHaveIBeenPwned: false,
          },
        },
        'self-service-registration-without-next': {
          name: 'self-service-registration-without-next',
          type: 'Expression',
          expression: { expression: LEADS_ON },
        },
      });
      expect(stage(manifests, 'default-authentication-identification')).toEqual({
        name: 'default-authentication-identification',
        type: 'Identification',
        adoptionPolicy: 'Always',
        identification: { userFields: ['username', 'email'], passwordStage: { external: 'default-authentication-password' } },
      });
      expect(stage(manifests, 'self-service-registration-prompt')).toEqual({
        name: 'self-service-registration-prompt',
        type: 'Prompt',
        prompt: {
          fields: [
            { external: 'default-user-settings-field-username' },
            { external: 'default-user-settings-field-name' },
            { external: 'default-user-settings-field-email' },
            { external: 'default-password-change-field-password' },
            { external: 'default-password-change-field-password-repeat' },
          ],
          validationPolicies: [{ name: 'self-service-registration-password' }],
        },
      });
      expect(stage(manifests, 'self-service-registration-write')).toEqual({
        name: 'self-service-registration-write',
        type: 'UserWrite',
        userWrite: { userCreationMode: 'create_when_required', createUsersAsInactive: true, userType: 'internal' },
      });
      expect(stage(manifests, 'email-account-confirmation')).toEqual({
        name: 'email-account-confirmation',
        type: 'Email',
        email: {
          useGlobalSettings: false,
          smtpSecretRef: { name: 'smtp' },
          subject: 'Account Confirmation',
          template: 'email/account_confirmation.html',
          tokenExpiry: 'minutes=30',
          activateUserOnSuccess: true,
        },
      });
      expect(stage(manifests, 'self-service-registration-login')).toEqual({
        name: 'self-service-registration-login',
        type: 'UserLogin',
        userLogin: {},
      });
      expect(stage(manifests, 'after-signup-redirect')).toEqual({
        name: 'after-signup-redirect',
        type: 'Redirect',
        redirect: { mode: 'static', targetStatic: 'https://market.example.com/auth/login', keepContext: false },
      });
      expect(find(manifests, 'EnrollmentBinding').spec).toEqual({
        flowRef: { name: 'self-service-registration' },
        identificationStageRef: { name: 'default-authentication-identification' },
        configMap: { name: 'market-sign-up' },
      });
    },
  },
  {
    reason: 'the stages that Authentik has, no less safe',
    values: { ...GUIDE, registration: { reuseSharedStages: true } },
    check: (manifests) => {
      expect(stages(manifests).slice(0, 2)).toEqual([
        [10, 'default-source-enrollment-prompt'],
        [20, 'default-source-enrollment-write'],
      ]);
      for (const name of ['default-source-enrollment-prompt', 'default-source-enrollment-write']) {
        expect(stage(manifests, name)).toMatchObject({ name, adoptionPolicy: 'Always' });
      }
      expect(flow(manifests).authentication).toBe('require_unauthenticated');
      expect(stage(manifests, 'default-source-enrollment-prompt')).toMatchObject({
        prompt: { validationPolicies: [{ name: 'self-service-registration-password' }] },
      });
    },
  },
  {
    reason: "the guide's four stages to the letter",
    values: { ...GUIDE, registration: { autoLogin: false } },
    check: (manifests) => {
      expect(flow(manifests).stages).toEqual([
        { order: 10, stageRef: { name: 'self-service-registration-prompt' } },
        { order: 20, stageRef: { name: 'self-service-registration-write' } },
        { order: 30, stageRef: { name: 'email-account-confirmation' } },
        { order: 40, policies: [], stageRef: { name: 'after-signup-redirect' } },
      ]);
      expect(flow(manifests).authentication).toBe('require_unauthenticated');
      expect(Object.keys(policies(manifests))).toEqual(['self-service-registration-password']);
      expect(manifests.map(({ metadata }) => metadata.name)).not.toContain('self-service-registration-login');
    },
  },
  {
    reason: 'a password policy of other values, in other words',
    values: {
      ...GUIDE,
      registration: {
        passwordPolicy: { minLength: 15, zxcvbnScore: 3, haveIBeenPwned: true, errorMessage: 'Bitte mindestens 15 Zeichen.' },
      },
    },
    check: (manifests) =>
      expect(policies(manifests)['self-service-registration-password']).toMatchObject({
        password: { lengthMin: 15, zxcvbnScoreThreshold: 3, checkHaveIBeenPwned: true, errorMessage: 'Bitte mindestens 15 Zeichen.' },
      }),
  },
  {
    reason: 'the length that is asked for in the sentence that people read',
    values: { ...GUIDE, registration: { passwordPolicy: { minLength: 20 } } },
    check: (manifests) =>
      expect(policies(manifests)['self-service-registration-password']).toMatchObject({
        password: { errorMessage: expect.stringMatching(/^Please choose a password of at least 20 characters\. /) as string },
      }),
  },
  {
    reason: 'passwords that nobody judges',
    values: { ...GUIDE, registration: { passwordPolicy: { enabled: false } } },
    check: (manifests) => {
      expect(Object.keys(policies(manifests))).toEqual(['self-service-registration-without-next']);
      expect((stage(manifests, 'self-service-registration-prompt') as { readonly prompt: object }).prompt).toMatchObject({
        validationPolicies: [],
      });
    },
  },
  {
    reason: 'no e-mail, and active at once',
    values: { ...GUIDE, registration: { inactiveUntilConfirmed: false }, email: { enabled: false } },
    check: (manifests) => {
      expect(stages(manifests).map(([order]) => order)).toEqual([10, 20, 35, 40]);
      expect(stage(manifests, 'self-service-registration-write')).toMatchObject({ userWrite: { createUsersAsInactive: false } });
    },
  },
  {
    reason: "the Authentik server's own mail settings",
    values: { ...GUIDE, email: { useGlobalSettings: true } },
    check: (manifests) => {
      const { email } = stage(manifests, 'email-account-confirmation') as { email: object };
      expect(email).toMatchObject({ useGlobalSettings: true });
      expect(email).not.toHaveProperty('smtpSecretRef');
    },
  },
  {
    reason: 'a connection that is there, on every object',
    values: { ...GUIDE, authentik: { connectionRef: { name: 'shared', namespace: 'authentik' } } },
    check: (manifests) => {
      expect(kindsOf(manifests)).not.toContain('AuthentikConnection');
      for (const { spec } of manifests) expect(spec).toMatchObject({ connectionRef: { name: 'shared', namespace: 'authentik' } });
    },
  },
  {
    reason: 'names that Kubernetes would not take, and a market below a path',
    values: {
      ...GUIDE,
      market: { url: 'https://example.com/market/', application: 'm', callbackPath: '/oidc' },
      registration: {
        slug: 'Sign_Up',
        stageNames: { email: 'Confirm your address' },
        promptFields: ['username', { name: 'organisation' }],
      },
      output: { configMap: '' },
    },
    check: (manifests) => {
      expect(stages(manifests).map(([, name]) => name)).toEqual([
        'sign-up-prompt',
        'sign-up-write',
        'confirm-your-address',
        'sign-up-login',
        'after-signup-redirect',
      ]);
      expect(policies(manifests)).toMatchObject({
        'sign-up-password': { name: 'Sign_Up-password' },
        'sign-up-without-next': { name: 'Sign_Up-without-next' },
      });
      expect(flow(manifests).stages.at(-1)).toMatchObject({ policies: [{ policyRef: { name: 'sign-up-without-next' } }] });
      expect(stage(manifests, 'confirm-your-address')).toMatchObject({ name: 'Confirm your address' });
      expect(stage(manifests, 'sign-up-prompt')).toMatchObject({
        prompt: { fields: [{ external: 'username' }, { name: 'organisation' }], validationPolicies: [{ name: 'sign-up-password' }] },
      });
      expect(stage(manifests, 'after-signup-redirect')).toMatchObject({
        redirect: { targetStatic: 'https://example.com/market/auth/login' },
      });
      const binding = find(manifests, 'EnrollmentBinding', 'sign-up').spec;
      expect(binding).toMatchObject({ market: { callbackURL: 'https://example.com/market/oidc' } });
      expect(binding).not.toHaveProperty('configMap');
    },
  },
  {
    reason: "the market's application, whose logins are looked at",
    values: { ...GUIDE, market: { ...MARKET, application: 'ocean-market' } },
    check: (manifests) =>
      expect(find(manifests, 'EnrollmentBinding').spec).toEqual({
        flowRef: { name: 'self-service-registration' },
        identificationStageRef: { name: 'default-authentication-identification' },
        applicationRef: { external: 'ocean-market' },
        market: { callbackURL: 'https://market.example.com/auth/callback' },
        configMap: { name: 'market-sign-up' },
      }),
  },
  {
    reason: 'a market whose address has what ends a text in Python',
    values: { ...GUIDE, market: { url: "https://market.example.com'\\" } },
    check: (manifests) => {
      const { expression } = policies(manifests)['self-service-registration-without-next'] as { expression: { expression: string } };
      expect(expression.expression).toContain(`"https://market.example.com'\\\\/"`);
    },
  },
  {
    reason: 'names that YAML takes for numbers',
    values: { ...GUIDE, registration: { slug: '2026' }, output: { configMap: '1' } },
    check: (manifests) =>
      expect(find(manifests, 'EnrollmentBinding', '2026').spec).toMatchObject({ flowRef: { name: '2026' }, configMap: { name: '1' } }),
  },
];

describe('the market chart', () => {
  let controlPlane: ControlPlane;

  beforeAll(() => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
  });

  it.each(RENDER_CASES)('renders $reason, which the API server takes', async ({ values, check }) => {
    const namespace = await controlPlane.createNamespace('market');
    const manifests = await render(controlPlane, { chart: CHART, namespace, values });
    check(manifests);
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests });
    const { stdout } = await controlPlane.kubectl(['apply', '--server-side', '--dry-run=server', '--filename=-'], { input });
    expect(stdout.trim().split('\n')).toHaveLength(manifests.length);
  });
});
