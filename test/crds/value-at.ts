import { isReference, nodeAt, type SchemaNode, type SchemaPath } from './crd-schema.ts';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The value at a path of a schema; of a list the first entry, of a map any. `undefined` when nothing is there. */
export function valueAt(value: Json | undefined, at: SchemaPath): Json | undefined {
  const [name, ...rest] = at;
  if (name === undefined) return value;
  if (isList(value)) return valueAt(value[0], rest);
  if (!isObject(value)) return undefined;
  return valueAt(name === '*' ? Object.values(value)[0] : value[name], rest);
}

/**
 * A copy with another value at a path, `undefined` for none. A member of a reference takes the place of its siblings, since only one of
 * them may be there.
 *
 * @throws when the way there isn't in `value`: the samples must show every field.
 */
export function withValueAt(schema: SchemaNode, value: Json, at: SchemaPath, replacement: Json | undefined, walked: SchemaPath = []): Json {
  const [name, ...rest] = at;
  if (name === undefined) {
    if (replacement === undefined) throw new Error('nothing is left of the value');
    return replacement;
  }
  const deeper = (child: Json | undefined): Json | undefined => {
    if (rest.length === 0) return replacement;
    if (child === undefined) throw new Error(`the sample has nothing at ${[...walked, name].join('.')}`);
    return withValueAt(schema, child, rest, replacement, [...walked, name]);
  };
  if (isList(value)) {
    const first = deeper(value[0]);
    return first === undefined ? value.slice(1) : [first, ...value.slice(1)];
  }
  if (!isObject(value)) throw new Error(`the sample has no object at ${walked.join('.')}`);
  const key = name === '*' ? (Object.keys(value)[0] ?? 'key') : name;
  const child = deeper(value[key]);
  const others = Object.fromEntries(Object.entries(value).filter(([field]) => field !== key));
  const siblings = isReference(nodeAt(schema, walked)) ? {} : others;
  return child === undefined ? siblings : { ...siblings, [key]: child };
}

/** How the API server names the first value at a path: `spec.stages[0].stageRef`; a map's key stands for itself. */
export function fieldPath(schema: SchemaNode, sample: Json, at: SchemaPath): string {
  let text = '';
  for (const [index, name] of at.entries()) {
    if (name !== '*') text += text === '' ? name : `.${name}`;
    else if (nodeAt(schema, at.slice(0, index)).items !== undefined) text += '[0]';
    else {
      const map = valueAt(sample, at.slice(0, index));
      text += `.${isObject(map) ? (Object.keys(map)[0] ?? '') : ''}`;
    }
  }
  return text;
}
