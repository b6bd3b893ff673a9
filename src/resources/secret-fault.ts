import { keptText } from './kept-text.ts';

/**
 * Why a value of a Secret can't arrive as it is, or undefined when it can: Authentik drops blanks around every text, and its SMTP client
 * (Python's smtplib) fails on user names and passwords beyond ASCII when the mail is sent, while the visitor is told that it is under way
 * (both seen live). The words hold nothing of the value.
 */
export function secretFault(value: string, options: { readonly ascii?: boolean | undefined } = {}): string | undefined {
  if (keptText(value) !== value) return 'begins or ends with a blank, which Authentik drops: take it out, or choose another value';
  if (options.ascii === true && !/^[\x20-\x7e]*$/.test(value))
    return 'holds a character beyond ASCII, with which Authentik can send no mail: use letters without accents, digits and plain signs only';
  return undefined;
}
