import { z } from 'zod';
import { DURATION_PATTERN } from '../../src/api/v1alpha1/common.ts';

/** The part of an OpenAPI schema that the pages show. */
export interface SchemaNode {
  readonly type?: string | undefined;
  readonly format?: string | undefined;
  readonly description?: string | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly pattern?: string | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly minItems?: number | undefined;
  readonly required?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, SchemaNode>> | undefined;
  readonly items?: SchemaNode | undefined;
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[] | undefined;
}

/** Checks a schema that comes untyped. */
export const SchemaNode: z.ZodType<SchemaNode> = z.looseObject({
  type: z.string().optional(),
  format: z.string().optional(),
  description: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  pattern: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minItems: z.number().optional(),
  required: z.array(z.string()).optional(),
  get properties(): z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodType<SchemaNode>>> {
    return z.record(z.string(), SchemaNode).optional();
  },
  get items(): z.ZodOptional<z.ZodType<SchemaNode>> {
    return SchemaNode.optional();
  },
  'x-kubernetes-validations': z.array(z.looseObject({ message: z.string() })).optional(),
});

/** One row of a table of fields: name, type, required, the server's default, since, description. */
export type FieldRow = readonly [name: string, type: string, required: string, serverDefault: string, since: string, description: string];

export const FIELD_HEADINGS = ['Field', 'Type', 'Required', "Authentik's default", 'Since', 'Description'] as const;

/** What `field-schema.ts` appends to descriptions, which the table shows in columns of their own. */
const TO_CREATE = ' Authentik needs it to create the object.';
/** What a reference says of its own form, which the type says already. */
const CHOICES = /^(An? \w+): \{.*\}\.$/;
const DEFAULT = / Authentik's default: (``.*``|`[^`]*`)\./;
const SINCE = / Since Authentik (\d+\.\d+)\./;

const INT32 = 2147483647;

/** Every field below an object, parents before their members. `skip` leaves members of the object itself out. */
export function fieldRows(object: SchemaNode, prefix = '', skip: ReadonlySet<string> = new Set()): FieldRow[] {
  return Object.entries(object.properties ?? {})
    .filter(([name]) => !skip.has(name))
    .flatMap(([name, node]) => {
      const required = object.required?.includes(name) === true;
      const inner = node.type === 'array' ? node.items : node;
      const path = `${prefix}${name}`;
      const members = inner === undefined || isWord(inner) ? [] : fieldRows(inner, node.type === 'array' ? `${path}[].` : `${path}.`);
      return [row(path, node, required), ...members];
    });
}

function row(path: string, node: SchemaNode, required: boolean): FieldRow {
  const text = node.description ?? '';
  const toCreate = text.includes(TO_CREATE);
  const description = text.replace(TO_CREATE, '').replace(DEFAULT, '').replace(SINCE, '').replace(CHOICES, '$1.');
  return [
    `\`${path}\``,
    typeOf(node),
    required ? 'yes' : toCreate ? 'to create' : '',
    DEFAULT.exec(text)?.[1] ?? '',
    SINCE.exec(text)?.[1] ?? '',
    description,
  ];
}

/** Objects that read as one word in the table: references to objects and to keys of Secrets. */
function isWord(node: SchemaNode): boolean {
  return isReference(node) || isSecretKey(node);
}

function isReference(node: SchemaNode): boolean {
  return node.properties?.['external'] !== undefined;
}

function isSecretKey(node: SchemaNode): boolean {
  return Object.keys(node.properties ?? {}).join() === 'name,key';
}

/** The type in words, with the values and limits that matter. */
export function typeOf(node: SchemaNode): string {
  if (node.enum !== undefined) return node.enum.map((value) => (value === '' ? '`""`' : `\`${String(value)}\``)).join(', ');
  if (isReference(node))
    return Object.keys(node.properties ?? {})
      .map(choice)
      .join(' or ');
  if (isSecretKey(node)) return '`{name, key}` of a Secret';
  switch (node.type) {
    case 'array':
      return `list of ${typeOf(node.items ?? {})}`;
    case 'string':
      return textType(node);
    case 'integer':
    case 'number':
      return `${node.type}${range(node)}`;
    default:
      return node.type ?? 'object';
  }
}

function choice(member: string): string {
  return member === 'none' ? '`{none: true}`' : `\`{${member}: …}\``;
}

function textType(node: SchemaNode): string {
  if (node.pattern === DURATION_PATTERN) return 'duration, such as `hours=1;minutes=30`';
  if (node.pattern?.includes('ms|s|m|h') === true) return 'interval, such as `1h30m`';
  return node.format === 'date-time' ? 'time' : 'string';
}

function range({ minimum, maximum }: SchemaNode): string {
  const least = minimum === undefined || minimum <= -INT32 ? undefined : minimum;
  const most = maximum === undefined || maximum >= INT32 ? undefined : maximum;
  if (least !== undefined && most !== undefined) return `, ${least} to ${most}`;
  return least === undefined ? '' : `, at least ${least}`;
}

/** What the schema's rules say to whoever breaks them, here and below. References explain themselves. */
export function rulesOf(node: SchemaNode, skip: ReadonlySet<string> = new Set()): readonly string[] {
  const own = isReference(node) ? [] : (node['x-kubernetes-validations'] ?? []).map(({ message }) => message);
  const members = Object.entries(node.properties ?? {}).filter(([name]) => !skip.has(name));
  const below = [...members.map(([, member]) => member), ...(node.items === undefined ? [] : [node.items])];
  return [...new Set([...own, ...below.flatMap((member) => rulesOf(member))])];
}
