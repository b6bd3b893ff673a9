/** What Python counts as white space; JavaScript's `trim` leaves some of it standing and takes U+FEFF, which Authentik keeps (seen live). */
const BLANK = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const AROUND = new RegExp(`^${BLANK}|${BLANK}$`, 'g');

/**
 * What Authentik makes of a text that it is sent: it drops white space around every one, names, secrets and source code included
 * (Django REST framework's `trim_whitespace`, seen live on every kind of object). What is in its database by other ways, such as the
 * defaults of its models, may have some.
 */
export function keptText(text: string): string {
  return text.replace(AROUND, '');
}

/** Whether two values are the same to whoever can write through the API only: there a blank around a text can't be added. */
export function sameText(a: unknown, b: unknown): boolean {
  return typeof a === 'string' && typeof b === 'string' ? keptText(a) === keptText(b) : a === b;
}
