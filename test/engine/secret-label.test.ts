/** Secrets that say whether the operator may use them. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';

const ALLOW_USE = 'authentik.oceanenterprise.io/allow-use';
const ALLOWED = { [ALLOW_USE]: 'true' };
const SMTP = { host: 'smtp.example.com', port: '587', username: 'market', password: 'quartz-Otter-48' };
const MAIL = { type: 'Email', email: { smtpSecretRef: { name: 'smtp' } } };

let sim: AuthentikSim;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
});

afterEach(async () => {
  await bed.stop();
  await sim.stop();
});

/** `connect` gives the token without a label. */
function start(requireSecretLabel: boolean): void {
  bed = new EngineBed({ requireSecretLabel });
  bed.engine.work();
  bed.connect(sim);
}

const token = (labels: Readonly<Record<string, string>>): void =>
  bed.sources.set('Secret', 'market', 'authentik-token', { token: sim.token }, labels);
const smtp = (labels: Readonly<Record<string, string>>): void => bed.sources.set('Secret', 'market', 'smtp', SMTP, labels);

it('are used without a label when none is asked for', async () => {
  start(false);
  smtp({});
  bed.apply('AuthentikStage', 'mail', MAIL);
  await bed.until('AuthentikStage', 'mail', 'True/Reconciled');
});

it.each([
  { reason: 'no label', labels: {} },
  { reason: 'a label that says no', labels: { [ALLOW_USE]: 'false' } },
  { reason: "somebody else's label", labels: { 'example.com/allow-use': 'true' } },
])('with $reason a token is sent nowhere, and the message says which label to set', async ({ labels }) => {
  start(true);
  token(labels);
  await bed.until('AuthentikConnection', 'default', 'False/SecretNotAllowed');
  expect(bed.condition('AuthentikConnection', 'default', 'Ready')?.message).toBe(
    'Secret "authentik-token" doesn\'t have the label that this operator asks for: kubectl label secret authentik-token --namespace market authentik.oceanenterprise.io/allow-use=true',
  );
  await bed.quiet();
  expect(sim.requests).toEqual([]);
});

it('are used as soon as they have it, and not any more once it is taken away', async () => {
  start(true);
  token(ALLOWED);
  await bed.until('AuthentikConnection', 'default', 'True/Reconciled');
  smtp({});
  bed.apply('AuthentikStage', 'mail', MAIL);
  await bed.until('AuthentikStage', 'mail', 'False/SecretNotAllowed');
  expect(bed.condition('AuthentikStage', 'mail', 'SecretsResolved')).toMatchObject({ status: 'False', reason: 'SecretNotAllowed' });
  smtp(ALLOWED);
  await bed.until('AuthentikStage', 'mail', 'True/Reconciled');
  token({});
  await bed.until('AuthentikConnection', 'default', 'False/SecretNotAllowed');
});

it('taken from it keep nobody from deleting what was made', async () => {
  start(true);
  token(ALLOWED);
  bed.apply('AuthentikPrompt', 'email', { fieldKey: 'email', label: 'E-mail', type: 'email' });
  await bed.until('AuthentikPrompt', 'email', 'True/Reconciled');
  token({});
  await bed.until('AuthentikConnection', 'default', 'False/SecretNotAllowed');
  bed.delete('AuthentikPrompt', 'email');
  await bed.until('AuthentikPrompt', 'email', 'gone');
});
