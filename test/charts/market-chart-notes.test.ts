import { jest } from '@jest/globals';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import { install, type Values } from './charts.ts';

/** helm and kubectl take their time when other test files keep the machine busy (milliseconds). */
jest.setTimeout(60_000);

const CHART = 'market-enrollment';
const MARKET = { url: 'https://market.example.com' };
const GUIDE: Values = {
  market: MARKET,
  authentik: { url: 'https://auth.example.com' },
  email: { smtpSecretName: 'smtp' },
};

describe('what the market chart tells its user', () => {
  let controlPlane: ControlPlane;

  beforeAll(() => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
  });

  it('is what to wait for and what the market needs', async () => {
    const namespace = await controlPlane.createNamespace('market');
    const notes = await install(controlPlane, { chart: CHART, name: 'sign-up', namespace, values: GUIDE });
    expect(notes).toContain(
      `kubectl wait --for=condition=Ready --timeout=120s --namespace ${namespace} enrollmentbinding/self-service-registration`,
    );
    expect(notes).toContain('envFrom:\n    - configMapRef:\n        name: market-sign-up');
    expect(notes).not.toContain('CAUTION');
    expect(notes).not.toContain('Passwords are not judged');
    const { stdout } = await controlPlane.kubectl(['get', 'authentik', '--output=name'], { namespace });
    expect(stdout.trim().split('\n')).toHaveLength(11);
    await controlPlane.helm(['uninstall', 'sign-up', '--namespace', namespace]);
  });

  interface NotesCase {
    readonly reason: string;
    readonly registration?: Values;
    readonly market?: Values;
    readonly says: readonly string[];
  }
  const notesCases: readonly NotesCase[] = [
    {
      reason: 'where people end who are logged in',
      says: ['whom the market sent is back in the market', 'lands on https://market.example.com/auth/login.'],
    },
    {
      reason: 'what the market learns of its application',
      market: { application: 'ocean-market' },
      says: ['ConfigMap market-sign-up, and how to log people in by the application\nocean-market, but for the client secret'],
    },
    {
      reason: "that the guide's four stages log nobody in",
      registration: { autoLogin: false },
      says: ["the guide's four stages to the letter, and they log nobody in", 'https://market.example.com/auth/login and logs in there'],
    },
    {
      reason: 'what the shared stages do to sign-up through external providers',
      registration: { reuseSharedStages: true },
      says: ['CAUTION: registration.reuseSharedStages', 'start inactive WITHOUT a mail that would activate them'],
    },
    {
      reason: 'that any password will do',
      registration: { passwordPolicy: { enabled: false } },
      says: ['Passwords are not judged'],
    },
  ];

  it.each(notesCases)('is $reason', async ({ registration = {}, market = {}, says }) => {
    const namespace = await controlPlane.createNamespace('market');
    const notes = await install(
      controlPlane,
      { chart: CHART, namespace, values: { ...GUIDE, market: { ...MARKET, ...market }, registration } },
      '--dry-run=client',
    );
    for (const text of says) expect(notes).toContain(text);
  });
});
