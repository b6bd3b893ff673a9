/* eslint-disable jest/no-standalone-expect -- the checks in the tables run inside the tests */
import { jest } from '@jest/globals';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import { find, install, kindsOf, render, type Manifest, type Values } from './charts.ts';

/** helm and kubectl take their time when other test files keep the machine busy (milliseconds). */
jest.setTimeout(60_000);

const CHART = 'market-enrollment';

const MARKET = { url: 'https://market.example.com' };
const AUTHENTIK = { url: 'https://auth.example.com' };
const SMTP = { smtpSecretName: 'smtp' };
const GUIDE: Values = { market: MARKET, authentik: AUTHENTIK, email: SMTP };

interface Flow {
  readonly stages: readonly { readonly order: number; readonly stageRef: { readonly name: string } }[];
}
const stages = (manifests: readonly Manifest[]): readonly (readonly [number, string])[] =>
  (find(manifests, 'AuthentikFlow').spec as Flow).stages.map(({ order, stageRef }) => [order, stageRef.name]);
const stage = (manifests: readonly Manifest[], name: string): unknown => find(manifests, 'AuthentikStage', name).spec;

interface RenderCase {
  readonly reason: string;
  readonly values: Values;
  readonly check: (manifests: readonly Manifest[]) => void;
}

const RENDER_CASES: readonly RenderCase[] = [
  {
    reason: 'the guide, with stages of its own',
    values: GUIDE,
    check: (manifests) => {
      expect(kindsOf(manifests)).toEqual(['AuthentikConnection', 'AuthentikFlow', 'AuthentikStage', 'EnrollmentBinding']);
      expect(find(manifests, 'AuthentikConnection', 'default').spec).toEqual({
        url: 'https://auth.example.com',
        tokenSecretRef: { name: 'authentik-token', key: 'token' },
      });
      expect(find(manifests, 'AuthentikFlow').spec).toEqual({
        slug: 'self-service-registration',
        name: 'self-service-registration',
        title: 'Sign-up',
        designation: 'enrollment',
        stages: [
          { order: 10, stageRef: { name: 'self-service-registration-prompt' } },
          { order: 20, stageRef: { name: 'self-service-registration-write' } },
          { order: 30, stageRef: { name: 'email-account-confirmation' } },
          { order: 40, stageRef: { name: 'after-signup-redirect' } },
        ],
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
    reason: 'the guide to the letter, with the stages that Authentik has',
    values: { ...GUIDE, registration: { reuseSharedStages: true } },
    check: (manifests) => {
      expect(stages(manifests).slice(0, 2)).toEqual([
        [10, 'default-source-enrollment-prompt'],
        [20, 'default-source-enrollment-write'],
      ]);
      for (const name of ['default-source-enrollment-prompt', 'default-source-enrollment-write']) {
        expect(stage(manifests, name)).toMatchObject({ name, adoptionPolicy: 'Always' });
      }
    },
  },
  {
    reason: 'people are logged in before they are sent on',
    values: { ...GUIDE, registration: { autoLogin: true } },
    check: (manifests) => {
      expect(stages(manifests).slice(-2)).toEqual([
        [35, 'self-service-registration-login'],
        [40, 'after-signup-redirect'],
      ]);
      expect(stage(manifests, 'self-service-registration-login')).toMatchObject({ type: 'UserLogin' });
    },
  },
  {
    reason: 'no e-mail, and active at once',
    values: { ...GUIDE, registration: { inactiveUntilConfirmed: false }, email: { enabled: false } },
    check: (manifests) => {
      expect(stages(manifests).map(([order]) => order)).toEqual([10, 20, 40]);
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
      market: { url: 'https://example.com/market/' },
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
        'after-signup-redirect',
      ]);
      expect(stage(manifests, 'confirm-your-address')).toMatchObject({ name: 'Confirm your address' });
      expect(stage(manifests, 'sign-up-prompt')).toMatchObject({
        prompt: { fields: [{ external: 'username' }, { name: 'organisation' }] },
      });
      expect(stage(manifests, 'after-signup-redirect')).toMatchObject({
        redirect: { targetStatic: 'https://example.com/market/auth/login' },
      });
      expect(find(manifests, 'EnrollmentBinding', 'sign-up').spec).not.toHaveProperty('configMap');
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

  it('installs, and says what to wait for and what the market needs', async () => {
    const namespace = await controlPlane.createNamespace('market');
    const notes = await install(controlPlane, { chart: CHART, name: 'sign-up', namespace, values: GUIDE });
    expect(notes).toContain(
      `kubectl wait --for=condition=Ready --timeout=120s --namespace ${namespace} enrollmentbinding/self-service-registration`,
    );
    expect(notes).toContain('envFrom:\n    - configMapRef:\n        name: market-sign-up');
    expect(notes).not.toContain('CAUTION');
    const { stdout } = await controlPlane.kubectl(['get', 'authentik', '--output=name'], { namespace });
    expect(stdout.trim().split('\n')).toHaveLength(8);
    await controlPlane.helm(['uninstall', 'sign-up', '--namespace', namespace]);
  });

  it('says what the guide to the letter does to sign-up through external providers', async () => {
    const namespace = await controlPlane.createNamespace('market');
    const values = { ...GUIDE, registration: { reuseSharedStages: true } };
    const notes = await install(controlPlane, { chart: CHART, namespace, values }, '--dry-run=client');
    expect(notes).toContain('CAUTION: registration.reuseSharedStages');
    expect(notes).toContain('start inactive WITHOUT a mail that would activate them');
  });
});
