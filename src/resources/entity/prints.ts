import type { EntityType } from '../../catalogue/entity.ts';
import { isSet } from '../../catalogue/field.ts';
import type { Prints } from '../../runtime/ownership.ts';
import { printOf } from '../../runtime/print.ts';
import { keptText } from '../kept-text.ts';
import type { Body } from './desired.ts';

/** The print of each value, by field. */
export function printsOf(entity: EntityType, body: Body): Prints {
  return Object.fromEntries(Object.entries(body).map(([field, value]) => [field, printOfField(entity, field, value)]));
}

/** The print of one field's value; the order of a set's members says nothing, and neither do blanks around a text. */
export function printOfField(entity: EntityType, field: string, value: unknown): string {
  const unordered = entity.fields.some((candidate) => candidate.api === field && isSet(candidate));
  if (typeof value === 'string') return printOf(keptText(value));
  return printOf(unordered && Array.isArray(value) ? [...new Set(value as readonly unknown[])].sort() : value);
}
