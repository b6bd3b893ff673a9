import type { SchemaNode, SchemaPath } from './crd-schema.ts';
import type { Json } from './value-at.ts';

/** A value that a schema must refuse, and what the API server says then. */
export interface Violation {
  readonly at: SchemaPath;
  readonly constraint: string;
  /** `undefined`: without the field. */
  readonly value: Json | undefined;
  readonly message: RegExp;
}

/** Fits no pattern of ours: no name, URL, duration, slug or address looks so, and it isn't ASCII. */
const FITS_NO_PATTERN = ' ö? ';

/** One violation per constraint of a node, apart from its CEL rules. `sample` is an accepted value of the node. */
export function violations(node: SchemaNode, at: SchemaPath, sample: Json | undefined): readonly Violation[] {
  const found: Violation[] = [];
  const add = (constraint: string, value: Json | undefined, message: RegExp, where = at): void =>
    void found.push({ at: where, constraint, value, message });
  if (node.enum !== undefined && node.type === 'string')
    add('enum', 'not-a-choice', new RegExp(`supported values: .*"${String(node.enum[0])}"`));
  if (node.enum !== undefined && node.type === 'boolean') add('enum', node.enum[0] !== true, /supported values: /);
  if (node.pattern !== undefined) add('pattern', FITS_NO_PATTERN, /should match '/);
  if (node.minLength !== undefined) add('minLength', '', /should be at least 1 chars long/);
  if (node.maxLength !== undefined)
    add('maxLength', tooLong(node, sample), new RegExp(`may not be more than ${node.maxLength} bytes|Too long: `));
  if (node.minimum !== undefined) add('minimum', node.minimum - 1, new RegExp(`should be greater than or equal to ${node.minimum}`));
  if (node.maximum !== undefined) add('maximum', node.maximum + 1, new RegExp(`should be less than or equal to ${node.maximum}`));
  if (node.minItems !== undefined) add('minItems', [], new RegExp(`should have at least ${node.minItems} items`));
  if (node.maxItems !== undefined)
    add('maxItems', tooMany(node, sample, node.maxItems), new RegExp(`must have at most ${node.maxItems} items`));
  if (node['x-kubernetes-list-type'] === 'map' && Array.isArray(sample))
    add('list map', [...(sample as Json[]), ...(sample as Json[])], /Duplicate value/);
  for (const name of node.required ?? []) add('required', undefined, /Required value/, [...at, name]);
  if (node.type !== undefined) add('type', wrongType(node.type), new RegExp(`must be of type ${node.type}`));
  return found;
}

/** The sample, which fits all else, made too long. */
function tooLong(node: SchemaNode, sample: Json | undefined): string {
  const text = typeof sample === 'string' && sample !== '' ? sample : 'a';
  return text + (text.at(-1) ?? 'a').repeat(node.maxLength ?? 0);
}

/** Entries that differ in the key of a list map, if it is one. */
function tooMany(node: SchemaNode, sample: Json | undefined, maxItems: number): Json {
  const first: Json = Array.isArray(sample) ? ((sample as Json[])[0] ?? '') : '';
  const [key] = node['x-kubernetes-list-map-keys'] ?? [];
  return Array.from({ length: maxItems + 1 }, (_, index) =>
    key === undefined ? first : { ...(first as Record<string, Json>), [key]: index },
  );
}

function wrongType(type: string): Json {
  if (type === 'string') return 1;
  if (type === 'object' || type === 'array') return 'neither an object nor a list';
  return 'neither a number nor a boolean';
}
