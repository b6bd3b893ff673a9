import { randomBytes } from 'node:crypto';
import { describe } from '../../test/visitor/market-visitor.ts';
import { requestCounts } from '../request-counts.ts';
import { applySecret, smtpSettings } from '../secrets.ts';
import type { Shown, Step } from '../runner.ts';
import type { Scene } from '../scene.ts';
import { demandName, linkIn, signUp, visitorAs } from './sign-up.ts';

/** The SMTP settings change while everything runs; nobody tells the operator. */
export const rotationSteps: readonly Step[] = [
  { act: 'The SMTP Secret changes', doing: 'change the SMTP Secret', run: rotate },
  { doing: 'sign up a second person, who came without the market', run: signUpAgain },
];

async function rotate(scene: Scene): Promise<Shown> {
  const controlPlane = scene.get('controlPlane');
  const names = scene.get('names');
  const operator = scene.get('operator');
  const namespace = names.marketNamespace;
  const { what, settings } = change(scene);
  const before = requestCounts(await operator.metrics());
  const resourceVersion = await applySecret(scene, names.smtpSecret, { ...smtpSettings(scene), ...settings });
  // The stage's status names the version of the Secret whose values Authentik holds.
  const sent = `jsonpath={.status.secrets[?(@.name=="${names.smtpSecret}")].resourceVersion}=${resourceVersion}`;
  await controlPlane.kubectl(['wait', `akstage/${names.emailStage}`, `--for=${sent}`, '--timeout=60s'], { namespace });
  const writes = requestCounts(await operator.metrics()).writes - before.writes;
  return { said: `${what}; the operator noticed the new Secret and sent it to Authentik (${writes} ${writes === 1 ? 'write' : 'writes'})` };
}

/** A new password at both ends where the mail server is ours, else a new sender. */
function change(scene: Scene): { readonly what: string; readonly settings: Readonly<Record<string, string>> } {
  const mail = scene.get('mail');
  if (mail.setCredentials === undefined || mail.username === undefined) {
    const from = 'welcome@market.example.com';
    return { what: `The Secret names another sender, ${from}`, settings: { from } };
  }
  const password = randomBytes(12).toString('base64url');
  mail.setCredentials(mail.username, password);
  return { what: 'The mail server takes a new password only', settings: { password } };
}

async function signUpAgain(scene: Scene): Promise<Shown> {
  const [, person] = scene.get('names').people;
  const visitor = visitorAs(scene, person);
  const mail = await signUp(scene, person, async () => visitor.signUpAt(scene.get('signUpURL')));
  const end = describe(await visitor.openMail(linkIn(mail)));
  await visitor.logIn();
  await demandName(visitor, person);
  const sender = mail.from === undefined ? '' : ` from ${mail.from}`;
  return { said: `${person.name} came by herself: the mail arrived${sender}, its link leads to ${end}, and one click there lets her in` };
}
