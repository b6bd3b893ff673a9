/** What the tables say beyond the form of single fields, and what objects say of themselves when it is broken. */
import { startAuthentikSim, type AuthentikSim } from '../../authentik-sim/sim.ts';
import { EngineBed } from '../engine-bed.ts';
import { somebodyElse } from '../requests.ts';

let sim: AuthentikSim;
let bed: EngineBed;

beforeAll(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim);
  bed.apply('AuthentikStage', 'captcha', { type: 'Deny', deny: {} });
  bed.sources.set('Secret', 'market', 'google', { key: 'no json' });
});

afterAll(async () => {
  await bed.stop();
  await sim.stop();
});

it.each([
  {
    reason: 'a stage of ours of another type',
    kind: 'AuthentikStage',
    spec: { type: 'Identification', identification: { userFields: ['email'], captchaStage: { name: 'captcha' } } },
    ready: 'False/InvalidSpec',
    message: 'AuthentikStage "captcha" is of type Deny, and a stage of type Captcha is needed here',
  },
  {
    reason: 'a stage of another type that is there already',
    kind: 'AuthentikStage',
    spec: {
      type: 'Identification',
      identification: { userFields: ['email'], passwordStage: { external: 'default-authentication-login' } },
    },
    ready: 'False/InvalidSpec',
    message: 'stage "default-authentication-login" is of type UserLogin, and a stage of type Password is needed here',
  },
  {
    reason: 'nothing to match events by',
    kind: 'AuthentikPolicy',
    spec: { type: 'EventMatcher', eventMatcher: { executionLogging: true } },
    ready: 'False/InvalidSpec',
    message: 'needs one of action, clientIp, app, model: add to the spec',
  },
  {
    reason: 'a field that came later',
    kind: 'AuthentikPolicy',
    spec: { type: 'EventMatcher', eventMatcher: { query: 'action = "login"' } },
    ready: 'False/UnsupportedVersion',
    message: 'query needs Authentik 2026.5 or later, this is 2026.2',
  },
  {
    reason: 'a value that came later',
    kind: 'AuthentikPrompt',
    spec: { fieldKey: 'note', label: 'Note', type: 'alert_info' },
    ready: 'False/UnsupportedVersion',
    message: 'type: alert_info needs Authentik 2026.5 or later, this is 2026.2',
  },
  {
    reason: 'a Secret that should hold JSON',
    kind: 'AuthentikStage',
    spec: { type: 'AuthenticatorEndpointGdtc', authenticatorEndpointGdtc: { credentialsSecretRef: { name: 'google', key: 'key' } } },
    ready: 'False/SecretInvalid',
    message: 'key "key" of Secret "google" is no JSON object',
  },
  {
    reason: 'no licence',
    kind: 'AuthentikPolicy',
    spec: { type: 'UniquePassword', uniquePassword: {} },
    ready: 'False/InvalidSpec',
    message: 'Enterprise is required to create/update this object.',
  },
  {
    reason: 'a make of authenticators that is not there',
    kind: 'AuthentikStage',
    spec: {
      type: 'AuthenticatorWebauthn',
      authenticatorWebauthn: { deviceTypeRestrictions: [{ external: '00000000-0000-4000-8000-000000000000' }] },
    },
    ready: 'False/ReferenceNotFound',
    message: 'there is no WebAuthn device type with description "00000000-0000-4000-8000-000000000000" in Authentik',
  },
])('$reason: says so', async ({ reason, kind, spec, ready, message }) => {
  const name = reason.replaceAll(' ', '-').toLowerCase();
  bed.apply(kind, name, spec);
  await bed.until(kind, name, ready);
  expect(bed.condition(kind, name, 'Ready')?.message).toContain(message);
});

it('a policy on reputation that looks at the address alone', async () => {
  bed.apply('AuthentikPolicy', 'lock-out', { type: 'Reputation', reputation: { checkUsername: false } });
  await bed.until('AuthentikPolicy', 'lock-out', 'True/Reconciled');
  const { results } = await somebodyElse(sim, 'GET', '/policies/reputation/?name=lock-out');
  expect(results).toMatchObject([{ check_ip: true, check_username: false, threshold: -5 }]);
});

it('clears what Authentik calls null with an empty text', async () => {
  const spec = (clientIp: string): object => ({ type: 'EventMatcher', eventMatcher: { action: 'login', clientIp } });
  bed.apply('AuthentikPolicy', 'logins', spec('192.0.2.1'));
  await bed.until('AuthentikPolicy', 'logins', 'True/Reconciled');
  bed.apply('AuthentikPolicy', 'logins', spec(''));
  await bed.until('AuthentikPolicy', 'logins', 'True/Reconciled');
  const { results } = await somebodyElse(sim, 'GET', '/policies/event_matcher/?name=logins');
  expect(results).toMatchObject([{ action: 'login', client_ip: null, app: null, model: null }]);
});
