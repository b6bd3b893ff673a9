/** An object as Authentik's API returns it. Numeric keys (of users) appear as text. */
export type ApiObject = Record<string, unknown> & { readonly pk: string };

/** What an answer calls the primary key; brands have a word of their own. */
const KEY_FIELDS = ['pk', 'brand_uuid'] as const;

/** The primary key of a row as it came, as text; undefined when it has none. */
export function primaryKey(row: unknown): string | undefined {
  if (typeof row !== 'object' || row === null) return undefined;
  const fields = row as Readonly<Record<string, unknown>>;
  const key = KEY_FIELDS.map((field) => fields[field]).find((value) => typeof value === 'string' || typeof value === 'number');
  return key === undefined ? undefined : String(key);
}
