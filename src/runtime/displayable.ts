import { stripVTControlCharacters } from 'node:util';

/** Control characters, line separators, and what turns the direction of text around (CVE-2021-42574). */
// eslint-disable-next-line no-control-regex
const UNDISPLAYABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]+/g;

/**
 * One line that a terminal shows as it reads: names in specs and in Authentik are other people's text, and end up in conditions, events
 * and `kubectl describe`.
 */
export function displayable(text: string): string {
  return stripVTControlCharacters(text).replace(UNDISPLAYABLE, ' ');
}
