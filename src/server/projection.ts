import { primaryKey, type ApiObject } from '../authentik/api-object.ts';

/** What is kept of an object inside a row: enough to name it. */
const NAMING = ['pk', 'name', 'username', 'slug', 'designation', 'component'];
/** Longer arrays outside of the catalogue are what nobody here asks for, such as the members of a group. */
const MAX_KEPT = 1000;

/**
 * A row without what nobody looks at. Fields of the catalogue and plain values stay as they are; of nested objects, in which Authentik
 * repeats half of its database (the binding its stage, the stage its flows), what names them stays. Undefined without a primary key.
 */
export function project(row: unknown, whole: ReadonlySet<string>): ApiObject | undefined {
  const pk = primaryKey(row);
  if (pk === undefined || typeof row !== 'object' || row === null) return undefined;
  const kept: Record<string, unknown> & { pk: string } = { pk };
  for (const [field, value] of Object.entries(row as Readonly<Record<string, unknown>>)) {
    if (field === 'pk') continue;
    const short = whole.has(field) ? value : shortened(value);
    if (short !== undefined) kept[field] = short;
  }
  return kept;
}

function shortened(value: unknown): unknown {
  if (!Array.isArray(value)) return naming(value);
  return value.length > MAX_KEPT ? undefined : (value as unknown[]).map(naming);
}

function naming(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([field]) => NAMING.includes(field)));
}

/** About how much memory a row takes, in bytes. */
export function weightOf(row: ApiObject): number {
  return weigh(row);
}

function weigh(value: unknown): number {
  if (typeof value === 'string') return 24 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.entries(value).reduce((sum, [, member]) => sum + 16 + weigh(member), 32);
}
