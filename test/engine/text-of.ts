import type { JsonObject } from '../authentik-sim/json.ts';

/** A field of a row that is text. @throws when it is something else. */
export function textOf(row: JsonObject, field = 'pk'): string {
  const value = row[field];
  if (typeof value !== 'string') throw new Error(`${field} is no text: ${JSON.stringify(value)}`);
  return value;
}
