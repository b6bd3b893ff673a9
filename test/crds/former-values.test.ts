/** Values that were right two years ago, or in another tool (case 12): refused at once, with the field and what is wanted. */
import { connectControlPlane } from '../bed/control-plane.ts';
import { readCrds } from './crd-schema.ts';
import { DryRun } from './dry-run.ts';
import type { JsonObject } from './value-at.ts';

const crds = await readCrds();
let dryRun: DryRun;

beforeAll(async () => {
  const controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
  dryRun = new DryRun(controlPlane, await controlPlane.createNamespace('former-values'));
});

afterAll(() => dryRun.close());

const flow = { name: 'Sign-up', title: 'Sign-up', designation: 'enrollment' };
const email = (values: JsonObject): JsonObject => ({ type: 'Email', email: values });

it.each<{ reason: string; kind: string; spec: JsonObject; says: readonly string[] }>([
  {
    reason: 'minutes as a number',
    kind: 'AuthentikStage',
    spec: email({ useGlobalSettings: true, tokenExpiry: 30 }),
    says: ['spec.email.tokenExpiry', 'string'],
  },
  {
    reason: 'a sender with a name',
    kind: 'AuthentikStage',
    spec: email({ useGlobalSettings: false, host: 'mail.example.com', fromAddress: 'The Market <market@example.com>' }),
    says: ['spec.email.fromAddress', '@'],
  },
  { reason: 'a blank in a slug', kind: 'AuthentikFlow', spec: { ...flow, slug: 'sign up' }, says: ['spec.slug', 'a-z'] },
  {
    reason: 'configure without anything to configure',
    kind: 'AuthentikStage',
    spec: { type: 'AuthenticatorValidate', authenticatorValidate: { notConfiguredAction: 'configure', deviceClasses: ['totp', 'webauthn'] } },
    says: ['spec.authenticatorValidate', 'name at least one stage to set up a second factor'],
  },
  {
    reason: 'both kinds of TLS',
    kind: 'AuthentikStage',
    spec: email({ useGlobalSettings: false, host: 'mail.example.com', useTls: true, useSsl: true }),
    says: ['spec.email', 'exclude each other'],
  },
  {
    reason: 'a policy that would never be evaluated',
    kind: 'AuthentikFlow',
    spec: {
      ...flow,
      slug: 'never',
      stages: [{ order: 10, stageRef: { external: 'default-authentication-login' }, evaluateOnPlan: false, reEvaluatePolicies: false }],
    },
    says: ['spec.stages[0]', 'would never be evaluated'],
  },
])('$reason', async ({ kind, spec, says }) => {
  const crd = crds.find((each) => each.kind === kind);
  if (crd === undefined) throw new Error(`there is no CRD of ${kind}`);
  const { accepted, verdict } = await dryRun.create(crd, { spec });
  expect(accepted).toBe(false);
  for (const text of says) expect(verdict).toContain(text);
});
