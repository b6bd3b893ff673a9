import type { Difference } from './external.ts';

const SHOWN_FIELDS = 5;

/** `a, b and 3 more`: what differs, short enough for a condition. */
export function listFields(differences: readonly Difference[]): string {
  const names = differences.map((difference) => difference.field);
  const more = names.length - SHOWN_FIELDS;
  return more > 0 ? `${names.slice(0, SHOWN_FIELDS).join(', ')} and ${more} more` : names.join(', ');
}
