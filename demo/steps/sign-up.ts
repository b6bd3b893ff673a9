import type { ReceivedMail } from '../../test/e2e/environment/mail-target.ts';
import { describe, MarketVisitor } from '../../test/visitor/market-visitor.ts';
import type { Shown as Page } from '../../test/visitor/web-browser.ts';
import type { Visitor } from '../names.ts';
import type { Shown, Step } from '../runner.ts';
import type { Scene } from '../scene.ts';

/** A person signs up at the market and is in it, with browsers that know nothing but what a person would press and fill in. */
export const signUpSteps: readonly Step[] = [
  { act: 'A person signs up at the market', doing: "press the market's button and fill in the form", run: fillIn },
  { doing: 'receive the mail', run: receiveMail },
  { doing: 'log in before confirming', run: logInTooEarly },
  { doing: "open the mail's link in another browser", run: confirm },
  { doing: 'log out', run: logOut },
  { doing: 'log in by username', run: async (scene) => logIn(scene, 'username') },
  { doing: 'log in by e-mail address', run: async (scene) => logIn(scene, 'email') },
];

/** Somebody with a browser of their own, who goes by that name on login forms. */
export function visitorAs(scene: Scene, person: Visitor, uid: string = person.username): MarketVisitor {
  const site = { market: scene.get('market').url, authentik: scene.get('authentik').url };
  return new MarketVisitor(site, { ...person, username: uid });
}

/** Signs somebody up as told and answers the mail that they get. */
export async function signUp(scene: Scene, person: Visitor, way: () => Promise<Page>): Promise<ReceivedMail> {
  await beginSignUp(scene, person, way);
  return scene.get('mail').waitForMail(person.email);
}

async function beginSignUp(scene: Scene, person: Visitor, way: () => Promise<Page>): Promise<void> {
  scene.undoLater(`remove ${person.username}`, async () => scene.get('authentik').deleteUser(person.username));
  const shown = describe(await way());
  if (shown !== 'ak-stage-email') throw new Error(`Authentik announced no mail, but ${shown}`);
}

/** The link that a mail asks to open. */
export function linkIn({ text }: ReceivedMail): string {
  const link = /https?:\/\/\S*flow_token=[^\s"<>)]+/.exec(text)?.[0];
  if (link === undefined) throw new Error(`the mail holds no link:\n${text}`);
  return link;
}

/** Fails unless the market knows who sits at that browser. */
export async function demandName(visitor: MarketVisitor, { name }: Visitor): Promise<void> {
  const known = await visitor.name();
  if (known !== name) throw new Error(`the market knows ${known ?? 'nobody'} here, not ${name}`);
}

async function fillIn(scene: Scene): Promise<Shown> {
  const [person] = scene.get('names').people;
  const visitor = visitorAs(scene, person);
  await beginSignUp(scene, person, async () => visitor.signUp());
  scene.put('visitor', visitor);
  return {
    said: `${person.name} pressed "Sign-up" there and filled in the form as ${person.username}; Authentik says a mail is on its way`,
  };
}

async function receiveMail(scene: Scene): Promise<Shown> {
  const [person] = scene.get('names').people;
  const mail = await scene.get('mail').waitForMail(person.email);
  scene.put('link', linkIn(mail));
  const headers = [
    mail.from === undefined ? '' : `From: ${mail.from}`,
    `To: ${mail.to}`,
    mail.subject === undefined ? '' : `Subject: ${mail.subject}`,
  ];
  return { said: 'The mail has arrived:', quote: `${headers.filter((header) => header !== '').join('\n')}\n\n${mail.text.trim()}` };
}

async function logInTooEarly(scene: Scene): Promise<Shown> {
  const early = scene.get('visitor').elsewhere();
  const shown = await early.logIn();
  if (shown.kind === 'page' || (await early.name()) !== undefined) throw new Error('somebody is in whose address is not confirmed');
  return { said: `Not confirmed, not let in: ${describe(shown)}` };
}

/** As people do who sign up at a desk and read their mail on a phone. */
async function confirm(scene: Scene): Promise<Shown> {
  const [person] = scene.get('names').people;
  const visitor = scene.get('visitor').elsewhere();
  const shown = describe(await visitor.openMail(scene.get('link')));
  await demandName(visitor, person);
  scene.put('visitor', visitor);
  return { said: `The mail's link, opened in another browser, confirms the address and ends in the market, as ${person.name}: ${shown}` };
}

async function logOut(scene: Scene): Promise<Shown> {
  const visitor = scene.get('visitor');
  await visitor.logOut();
  const known = await visitor.name();
  if (known !== undefined) throw new Error(`the market still knows ${known}`);
  return { said: 'Logged out, of the market and of Authentik' };
}

async function logIn(scene: Scene, by: 'username' | 'email'): Promise<Shown> {
  const [person] = scene.get('names').people;
  const visitor = visitorAs(scene, person, person[by]);
  const shown = await visitor.logIn();
  if (shown.kind === 'flow') throw new Error(`the login ended at ${describe(shown)}`);
  await demandName(visitor, person);
  return { said: `By the market's button "Log in", as ${person[by]}: in again, as ${person.name}` };
}
