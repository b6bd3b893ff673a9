import type { Member } from './oidc-client.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

function page(title: string, body: string): string {
  return `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title></head>\n<body>\n${body}\n</body></html>\n`;
}

/** Labels of the market's buttons. */
export const BUTTONS = { logIn: 'Log in to OE Marketplace', signUp: 'Sign-up to OE Marketplace', logOut: 'Log out' } as const;

export function loginPage(error: string | null): string {
  const problem = error === null ? '' : `<p role="alert">${escape(error)}</p>\n`;
  const links = `<a href="/api/auth/login">${BUTTONS.logIn}</a>\n<a href="/api/auth/signup">${BUTTONS.signUp}</a>`;
  return page('Login', `${problem}${links}`);
}

export function profilePage({ name, email }: Member): string {
  return page('Profile', `<h1>${escape(name)}</h1>\n<p>${escape(email)}</p>\n<a href="/api/auth/logout">${BUTTONS.logOut}</a>`);
}
