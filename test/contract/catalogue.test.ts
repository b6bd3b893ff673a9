import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { compareMinor, SUPPORTED, type MinorVersion } from '../../src/authentik/versions.ts';
import { POLICY_BINDING, STAGE_BINDING, type BindingTable } from '../../src/catalogue/bindings.ts';
import { enumValue, isKnownTo, type EnumValue, type Field, type ReferenceTarget } from '../../src/catalogue/field.ts';
import { FLOW } from '../../src/catalogue/flow.ts';
import { groupOn } from '../../src/catalogue/group.ts';
import { INVITATION } from '../../src/catalogue/invitation.ts';
import { POLICIES } from '../../src/catalogue/policies.ts';
import { PROMPT } from '../../src/catalogue/prompt.ts';
import { STAGES } from '../../src/catalogue/stages.ts';
import { TARGETS, targetOf } from '../../src/catalogue/references.ts';

const Schema = z.looseObject({
  type: z.string().optional(),
  format: z.string().optional(),
  nullable: z.boolean().optional(),
  writeOnly: z.boolean().optional(),
  readOnly: z.boolean().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  enum: z.array(z.unknown()).optional(),
  $ref: z.string().optional(),
  allOf: z.array(z.looseObject({ $ref: z.string().optional() })).optional(),
  oneOf: z.array(z.looseObject({ $ref: z.string().optional() })).optional(),
  items: z.looseObject({ $ref: z.string().optional(), type: z.string().optional(), format: z.string().optional() }).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
});
type Schema = z.infer<typeof Schema>;

const Document = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.looseObject({ schemas: z.record(z.string(), Schema) }),
});
type Document = z.infer<typeof Document>;

const Operation = z.looseObject({
  requestBody: z.looseObject({
    content: z.looseObject({ 'application/json': z.looseObject({ schema: z.looseObject({ $ref: z.string() }) }) }),
  }),
});

const documents = new Map(
  SUPPORTED.map((minor) => [
    minor,
    Document.parse(JSON.parse(readFileSync(path.join(import.meta.dirname, `../schema/${minor}.json`), 'utf8'))),
  ]),
);

function documentOf(minor: (typeof SUPPORTED)[number]): Document {
  const document = documents.get(minor);
  if (document === undefined) throw new Error(`no schema of ${minor}`);
  return document;
}

function resolve(document: Document, schema: Schema): Schema {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref ?? schema.oneOf?.[0]?.$ref;
  return ref === undefined
    ? schema
    : Schema.parse({ ...document.components.schemas[ref.split('/').at(-1) ?? ''], nullable: schema.nullable });
}

/** The body that a POST to the endpoint takes. */
function requestOf(document: Document, endpoint: string): Schema {
  const operation = Operation.parse(document.paths[endpoint]?.['post']);
  return resolve(document, Schema.parse(operation.requestBody.content['application/json'].schema));
}

type Table = BindingTable & { readonly since?: MinorVersion };

const TABLES: readonly (readonly [string, Table])[] = [
  ['flow', FLOW],
  ['prompt', PROMPT],
  ['invitation', INVITATION],
  ['stage binding', STAGE_BINDING],
  ['policy binding', POLICY_BINDING],
  ...STAGES.map((entry) => [`stage ${entry.type}`, entry] as const),
  ...POLICIES.map((entry) => [`policy ${entry.type}`, entry] as const),
];

const TYPED = [...STAGES, ...POLICIES];

const CASES = SUPPORTED.flatMap((minor) =>
  [...TABLES, ['group', groupOn(minor) as Table] as const]
    .filter(([, { since }]) => since === undefined || compareMinor(minor, since) >= 0)
    .map(([name, table]) => ({ minor, name, table })),
);

/** Fields that every body carries and no table repeats. */
const IDENTITY = new Set(['name', 'slug', 'target', 'stage', 'order', 'policy', 'group', 'user']);

/** What our table says of a field, in the same form as {@link shapeIn}. */
function shapeOf(field: Field, minor: (typeof SUPPORTED)[number]): readonly unknown[] {
  switch (field.type) {
    case 'reference':
      return ['string', field.nullable];
    case 'secret': {
      const isHidden = field.readable === undefined || (field.readable !== 'always' && compareMinor(minor, field.readable.before) >= 0);
      return [field.json === true ? 'object' : 'string', false, isHidden];
    }
    case 'string': {
      // The empty text is null, so that the schema's own least length says nothing.
      if (field.nullable === true) return ['string', true];
      return ['string', false, field.minLength ?? (field.pattern === undefined || new RegExp(field.pattern).test('') ? 0 : 1)];
    }
    case 'enum':
      return ['string', field.nullable === true, valuesOf(field.values, minor)];
    case 'enumArray':
      return ['array', false, valuesOf(field.values, minor)];
    case 'duration':
      return ['string', false];
    case 'referenceSet':
    case 'integerSet':
    case 'codeSet':
      return ['array', false];
    case 'json':
      return ['object', false];
    case 'integer':
    case 'number':
    case 'boolean':
      return [field.type, false];
  }
}

function valuesOf(values: readonly EnumValue[], minor: (typeof SUPPORTED)[number]): readonly string[] {
  return values
    .filter((value) => typeof value === 'string' || compareMinor(minor, value.since) >= 0)
    .map(enumValue)
    .sort();
}

/** What the official schema says of the same field. */
function shapeIn(document: Document, field: Field, raw: Schema, schema: Schema): readonly unknown[] {
  const nullable = raw.nullable === true;
  switch (field.type) {
    case 'secret':
      return [schema.type, nullable, schema.writeOnly === true];
    case 'string':
      return field.nullable === true ? [schema.type, nullable] : [schema.type, nullable, schema.minLength ?? 0];
    case 'enum':
    case 'enumArray': {
      const values = schema.enum ?? (schema.items?.$ref === undefined ? [] : (resolve(document, Schema.parse(schema.items)).enum ?? []));
      return [
        schema.type,
        nullable,
        values
          .map(String)
          .filter((value) => value !== '' && value !== 'null')
          .sort(),
      ];
    }
    case 'reference':
    case 'duration':
    case 'referenceSet':
    case 'json':
    case 'integerSet':
    case 'codeSet':
    case 'integer':
    case 'number':
    case 'boolean':
      return [schema.type, nullable];
  }
}

/** Bounds of ours that the server would refuse. Ours may be narrower: some of what it takes makes no sense. */
function tooWide(field: Field, { minimum = -Infinity, maximum = Infinity, maxLength = Infinity }: Schema): readonly string[] {
  if (field.type === 'integer' || field.type === 'number')
    return field.minimum < minimum || field.maximum > maximum ? [`${field.api} ${field.minimum}..${field.maximum}`] : [];
  if (field.type !== 'string' || maxLength === Infinity) return [];
  return (field.maxLength ?? Infinity) > maxLength ? [`${field.api} up to ${field.maxLength ?? 'any'} characters`] : [];
}

describe('the catalogue against the official schema', () => {
  it.each(CASES)('$name has exactly the fields of $minor', ({ minor, table }) => {
    const properties = Object.keys(requestOf(documentOf(minor), table.path).properties ?? {}).filter((api) => !IDENTITY.has(api));
    const known = table.fields.filter((field) => isKnownTo(minor, field)).map((field) => field.api);
    // What a server knows and we don't is a gap; what we know and it doesn't is a request that it ignores in silence.
    const gaps = properties.filter((api) => !known.includes(api) && !(api in EXCEPTIONS));
    const inventions = known.filter((api) => !properties.includes(api) && !IDENTITY.has(api));
    expect({ gaps, inventions }).toEqual({ gaps: [], inventions: [] });
  });

  it.each(CASES)('$name takes the kinds of values of $minor', ({ minor, table }) => {
    const document = documentOf(minor);
    const body = requestOf(document, table.path);
    const declared = table.fields.flatMap((field) => {
      const raw = body.properties?.[field.api];
      return raw === undefined ? [] : [{ field, raw: Schema.parse(raw), schema: resolve(document, Schema.parse(raw)) }];
    });
    expect(declared.map(({ field }) => [field.api, ...shapeOf(field, minor)])).toEqual(
      declared.map(({ field, raw, schema }) => [field.api, ...shapeIn(document, field, raw, schema)]),
    );
  });

  it.each(CASES)('$name keeps within the bounds of $minor', ({ minor, table }) => {
    const document = documentOf(minor);
    const { properties = {} } = requestOf(document, table.path);
    const wide = table.fields.flatMap((field) => {
      const raw = properties[field.api];
      return raw === undefined ? [] : tooWide(field, resolve(document, Schema.parse(raw)));
    });
    expect(wide.filter((bounds) => !(bounds in EXCEPTIONS))).toEqual([]);
  });

  it.each(CASES)('$name has nothing that $minor only shows', ({ minor, table }) => {
    const { properties = {} } = requestOf(documentOf(minor), table.path);
    expect(table.fields.filter(({ api }) => Schema.safeParse(properties[api]).data?.readOnly === true)).toEqual([]);
  });

  it.each(TYPED.flatMap(({ type, path: endpoint, since }) => SUPPORTED.map((minor) => ({ type, endpoint, minor, since }))))(
    '$type is in $minor exactly when the table says so',
    ({ endpoint, minor, since }) => {
      const isThere = documentOf(minor).paths[endpoint] !== undefined;
      expect(isThere).toBe(since === undefined || compareMinor(minor, since) >= 0);
    },
  );

  it.each(SUPPORTED)('no type of %s is missing', (minor) => {
    const typed = Object.keys(documentOf(minor).paths).flatMap(
      (endpoint) => /^(\/(?:stages|policies)\/.+\/)\{(?:stage|policy)_uuid\}\/$/.exec(endpoint)?.[1] ?? [],
    );
    const known: readonly string[] = TYPED.map((entry) => entry.path);
    expect(typed.filter((endpoint) => !endpoint.endsWith('/all/') && !known.includes(endpoint))).toEqual([]);
  });

  it.each(TYPED)('$type is called as its endpoint, $path', ({ type, path: endpoint }) => {
    const words = endpoint.replace(/^\/(stages|policies)\/(.+?)\/(stages\/)?$/, '$2').split(/[/_]/);
    expect(type).toBe(words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(''));
  });

  it('references to stages of one type name a type of the table', () => {
    const wanted = STAGES.flatMap(({ fields }) => fields.flatMap((field) => (field.type === 'reference' ? (field.ofType ?? []) : [])));
    expect(wanted).not.toEqual([]);
    expect(wanted.filter((type) => !STAGES.some((entry) => entry.type === type))).toEqual([]);
  });

  it.each(CASES)('$name asks for what $minor needs to create it', ({ minor, table }) => {
    const needed = (requestOf(documentOf(minor), table.path).required ?? []).filter((api) => !IDENTITY.has(api));
    const ours = table.fields.filter((field) => field.required === true && !IDENTITY.has(field.api)).map((field) => field.api);
    expect([...ours].sort()).toEqual(needed.sort());
  });

  it.each(SUPPORTED)('every list that references look at exists in %s', (minor) => {
    const paths = Object.keys(documentOf(minor).paths);
    expect(
      (Object.keys(TARGETS) as ReferenceTarget[])
        .map(targetOf)
        .filter(({ since }) => since === undefined || compareMinor(minor, since) >= 0)
        .map((target) => target.path)
        .filter((endpoint) => !paths.includes(endpoint)),
    ).toEqual([]);
  });
});

/** Where we differ from a schema on purpose, each with its reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  flow_set: 'writable by mistake in 2025.10; echoing it back fails',
  is_superuser: 'of groups: for people, not for flows',
  users: 'of groups: for people, not for flows',
  roles: 'of groups: for people, not for flows',
  children: 'of groups in 2025.10: the other side of `parent`',
  prompt_stages_obj: 'shown only',
  promptstage_set: 'writable by mistake; a form names its prompts',
};
