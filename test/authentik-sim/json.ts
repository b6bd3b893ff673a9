/** JSON as it travels. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member when it is a string, else the fallback. */
export function text(value: Json | undefined, fallback = ''): string {
  return typeof value === 'string' ? value : fallback;
}

/** Any value in words: what it is, or nothing for null. */
export function asText(value: Json | undefined): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The object without these members. */
export function without(object: JsonObject, ...keys: string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/** The strings and numbers of a list; anything else gives none. */
export function ids(value: Json | undefined): (string | number)[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string' || typeof item === 'number') : [];
}
