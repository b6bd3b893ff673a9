import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { FlowExecutor } from '../../../src/authentik/flow-executor.ts';
import type { Person } from '../../visitor/enrollment-walk.ts';
import type { AuthentikTarget } from '../environment/authentik-target.ts';
import type { MailTarget } from '../environment/mail-target.ts';
import type { Scenario } from './scenario.ts';

/** Somebody whom nobody knows yet, with all that the guide's form asks for. */
export type NewPerson = Person & { readonly username: string; readonly email: string };

/** Makes somebody up; whoever is known to Authentik by that name in the end is removed with the scenario. */
export function newPerson(scenario: Scenario): NewPerson {
  const username = `ada-${randomBytes(4).toString('hex')}`;
  scenario.afterwards(async () => scenario.target.deleteUser(username));
  return { username, name: 'Ada Lovelace', email: `${username}@example.org`, password: randomBytes(12).toString('hex') };
}

const Users = z.array(z.looseObject({ pk: z.number(), username: z.string() }));

/** The whole account, as an administrator sees it; undefined when there is none of that name. */
export async function account({ client }: AuthentikTarget, username: string): Promise<unknown> {
  const found = Users.parse(await client.list('/core/users/', { username })).find((user) => user.username === username);
  return found === undefined ? undefined : client.get(`/core/users/${found.pk}/`);
}

/** Waits for the confirmation mail to somebody, and answers the link in it. */
export async function confirmationLink(mail: MailTarget, to: string): Promise<string> {
  const { text } = await mail.waitForMail(to);
  const link = /https?:\/\/\S+\/if\/flow\/\S+flow_token=[^\s"<>)]+/.exec(text)?.[0];
  if (link === undefined) throw new Error(`the mail to ${to} holds no link: ${text}`);
  return link;
}

/** Whether somebody is signed in with that browser: Authentik shows its own settings form to nobody else. */
export async function isSignedIn(browser: FlowExecutor): Promise<boolean> {
  const { component } = await browser.open('default-user-settings-flow');
  return component === 'ak-stage-prompt';
}

/** Lends a browser that has been nowhere yet. */
export async function withBrowser<T>(target: AuthentikTarget, use: (browser: FlowExecutor) => Promise<T>): Promise<T> {
  const browser = new FlowExecutor({ url: target.url });
  try {
    return await use(browser);
  } finally {
    browser.close();
  }
}
