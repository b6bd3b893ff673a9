import { redirectTarget } from '../../src/authentik/challenge.ts';
import { EnrollmentWalk } from '../../test/visitor/enrollment-walk.ts';
import type { ReceivedMail } from '../../test/e2e/environment/mail-target.ts';
import type { Visitor } from '../names.ts';
import type { Shown, Step } from '../runner.ts';
import type { Scene } from '../scene.ts';

/** A person signs up, as a browser would: anonymous, with cookies and forms, through the flow that the operator made. */
export const signUpSteps: readonly Step[] = [
  { act: 'A person signs up', doing: 'fill in the sign-up form', run: fillIn },
  { doing: 'receive the mail', run: receiveMail },
  { doing: 'log in before confirming', run: logInTooEarly },
  { doing: "open the mail's link", run: confirm },
  { doing: 'log in by username', run: async (scene) => logIn(scene, 'username') },
  { doing: 'log in by e-mail address', run: async (scene) => logIn(scene, 'email') },
];

function walk(scene: Scene): EnrollmentWalk {
  const { url } = scene.get('authentik');
  return new EnrollmentWalk({ url, enrollmentSlug: scene.get('names').slug, loginSlug: scene.get('loginSlug') });
}

/** Signs somebody up and answers the mail that they get. */
export async function signUp(scene: Scene, person: Visitor): Promise<ReceivedMail> {
  await beginSignUp(scene, person);
  return scene.get('mail').waitForMail(person.email);
}

async function beginSignUp(scene: Scene, person: Visitor): Promise<void> {
  scene.undoLater(`remove ${person.username}`, async () => scene.get('authentik').deleteUser(person.username));
  const challenge = await walk(scene).signUp({ ...person });
  if (challenge.component !== 'ak-stage-email') throw new Error(`Authentik announced no mail, but ${challenge.component}`);
}

async function fillIn(scene: Scene): Promise<Shown> {
  const [person] = scene.get('names').people;
  await beginSignUp(scene, person);
  return { said: `${person.name} filled in the form as ${person.username}; Authentik says a mail is on its way` };
}

async function receiveMail(scene: Scene): Promise<Shown> {
  const [person] = scene.get('names').people;
  const mail = await scene.get('mail').waitForMail(person.email);
  const link = /https?:\/\/\S*flow_token=\S+/.exec(mail.text)?.[0];
  if (link === undefined) throw new Error(`the mail holds no link:\n${mail.text}`);
  scene.put('link', link);
  const headers = [
    mail.from === undefined ? '' : `From: ${mail.from}`,
    `To: ${mail.to}`,
    mail.subject === undefined ? '' : `Subject: ${mail.subject}`,
  ];
  return { said: 'The mail has arrived:', quote: `${headers.filter((header) => header !== '').join('\n')}\n\n${mail.text.trim()}` };
}

async function logInTooEarly(scene: Scene): Promise<Shown> {
  const [{ username, password }] = scene.get('names').people;
  const refusal = await walk(scene)
    .login(username, password)
    .then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  if (refusal === undefined) throw new Error('Authentik let somebody in whose address is not confirmed');
  return { said: `Not confirmed, not let in: ${refusal}` };
}

async function confirm(scene: Scene): Promise<Shown> {
  const end = redirectTarget(await walk(scene).confirm(scene.get('link')));
  return { said: `The mail's link confirms the address, and leads on to ${end ?? 'nowhere'}` };
}

async function logIn(scene: Scene, by: 'username' | 'email'): Promise<Shown> {
  const [person] = scene.get('names').people;
  await walk(scene).login(person[by], person.password);
  return { said: `Logged in as ${person[by]} by the login flow ${scene.get('loginSlug')}` };
}
