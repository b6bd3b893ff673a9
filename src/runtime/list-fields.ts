import type { Change } from './external.ts';

const SHOWN_FIELDS = 5;
const SHOWN_CHARACTERS = 60;
const KEY = /^((policy|group|user):)?[0-9a-f-]{36}$/;

/** `a, b and 3 more`: what differs, short enough for a condition. */
export function listFields(changes: readonly Change[]): string {
  return list(changes.map(({ field }) => field));
}

/** What a write did: `set a, b; added stages[10]; removed stage "x" at order 20`. */
export function deeds(changes: readonly Change[], isDrift: boolean): string {
  const verbs = [
    [isDrift ? 'put back' : 'set', changes.filter(({ kind }) => kind === undefined || (isDrift && kind === 'added'))],
    ['added', changes.filter(({ kind }) => !isDrift && kind === 'added')],
    ['removed', changes.filter(({ kind }) => kind === 'removed')],
  ] as const;
  return verbs.flatMap(([verb, some]) => (some.length === 0 ? [] : [`${verb} ${listFields(some)}`])).join('; ');
}

/** The same with both values, blanks visible: for whoever has to find the difference. Keys say nothing to people and are left out. */
export function listValues(changes: readonly Change[], words: { readonly from: string; readonly to: string }): string {
  return list(
    changes.map(({ field, from, to, kind }) => {
      if (kind === 'added') return `${field} (missing)`;
      if (kind === 'removed') return `${field} (not declared)`;
      const both = [shown(from), shown(to)] as const;
      return both[0] === undefined || both[1] === undefined ? field : `${field} (${both[0]} ${words.from}, ${both[1]} ${words.to})`;
    }),
  );
}

function list(items: readonly string[]): string {
  const more = items.length - SHOWN_FIELDS;
  return more > 0 ? `${items.slice(0, SHOWN_FIELDS).join(', ')} and ${more} more` : items.join(', ');
}

/** A value as it can be read, or undefined where there is none to show. */
function shown(value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && KEY.test(value))) return undefined;
  if (Array.isArray(value) && value.some((item) => typeof item === 'string' && KEY.test(item))) return undefined;
  const text = JSON.stringify(typeof value === 'string' ? value.replace(/^ +| +$/g, (blanks) => '␣'.repeat(blanks.length)) : value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS - 1)}…` : text;
}
