import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { compareMinor, SUPPORTED } from '../../src/authentik/versions.ts';
import { POLICY_BINDING, STAGE_BINDING, type BindingTable } from '../../src/catalogue/bindings.ts';
import { enumValue, type Field } from '../../src/catalogue/field.ts';
import { FLOW } from '../../src/catalogue/flow.ts';
import { groupOn } from '../../src/catalogue/group.ts';
import { POLICIES } from '../../src/catalogue/policies.ts';
import { PROMPT } from '../../src/catalogue/prompt.ts';
import { STAGES } from '../../src/catalogue/stages.ts';
import { TARGETS } from '../../src/catalogue/references.ts';

const Schema = z.looseObject({
  type: z.string().optional(),
  format: z.string().optional(),
  nullable: z.boolean().optional(),
  writeOnly: z.boolean().optional(),
  minLength: z.number().optional(),
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

const TABLES: readonly (readonly [string, BindingTable])[] = [
  ['flow', FLOW],
  ['prompt', PROMPT],
  ['stage binding', STAGE_BINDING],
  ['policy binding', POLICY_BINDING],
  ...STAGES.map((entry) => [`stage ${entry.type}`, entry] as const),
  ...POLICIES.map((entry) => [`policy ${entry.type}`, entry] as const),
];

const CASES = SUPPORTED.flatMap((minor) =>
  [...TABLES, ['group', groupOn(minor)] as const].map(([name, table]) => ({ minor, name, table })),
);

/** Fields that every body carries and no table repeats. */
const IDENTITY = new Set(['name', 'slug', 'target', 'stage', 'order', 'policy', 'group', 'user']);

/** What our table says of a field, in the same form as {@link shapeIn}. */
function shapeOf(field: Field, minor: (typeof SUPPORTED)[number]): readonly unknown[] {
  switch (field.type) {
    case 'reference':
      return ['string', field.nullable];
    case 'secret':
      return ['string', true];
    case 'string':
      return ['string', field.minLength ?? (field.pattern === undefined || new RegExp(field.pattern).test('') ? 0 : 1)];
    case 'enum':
    case 'enumArray':
      return [
        field.type === 'enum' ? 'string' : 'array',
        field.values
          .filter((value) => typeof value === 'string' || compareMinor(minor, value.since) >= 0)
          .map(enumValue)
          .sort(),
      ];
    case 'duration':
      return ['string'];
    case 'referenceSet':
      return ['array'];
    case 'json':
      return ['object'];
    case 'integer':
    case 'boolean':
      return [field.type];
  }
}

/** What the official schema says of the same field. */
function shapeIn(document: Document, field: Field, raw: Schema, schema: Schema): readonly unknown[] {
  switch (field.type) {
    case 'reference':
      return [schema.type, raw.nullable === true];
    case 'secret':
      return [schema.type, schema.writeOnly];
    case 'string':
      return [schema.type, schema.minLength ?? 0];
    case 'enum':
    case 'enumArray': {
      const values = schema.enum ?? (schema.items?.$ref === undefined ? [] : (resolve(document, Schema.parse(schema.items)).enum ?? []));
      return [
        schema.type,
        values
          .map(String)
          .filter((value) => value !== '')
          .sort(),
      ];
    }
    case 'duration':
    case 'referenceSet':
    case 'json':
    case 'integer':
    case 'boolean':
      return [schema.type];
  }
}

describe('the catalogue against the official schema', () => {
  it.each(CASES)('$name has exactly the fields of $minor', ({ minor, table }) => {
    const properties = Object.keys(requestOf(documentOf(minor), table.path).properties ?? {}).filter((api) => !IDENTITY.has(api));
    const known = table.fields
      .filter((field) => field.since === undefined || compareMinor(minor, field.since) >= 0)
      .map((field) => field.api);
    // What a server knows and we don't is a gap; what we know and it doesn't is a request that it ignores in silence.
    const gaps = properties.filter((api) => !known.includes(api) && !LEFT_OUT.has(api));
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

  it.each(CASES)('$name asks for what $minor needs to create it', ({ minor, table }) => {
    const needed = (requestOf(documentOf(minor), table.path).required ?? []).filter((api) => !IDENTITY.has(api));
    const ours = table.fields.filter((field) => field.required === true && !IDENTITY.has(field.api)).map((field) => field.api);
    expect([...ours].sort()).toEqual(needed.sort());
  });

  it.each(SUPPORTED)('every list that references look at exists in %s', (minor) => {
    const paths = Object.keys(documentOf(minor).paths);
    expect(
      Object.values(TARGETS)
        .map((target) => target.path)
        .filter((endpoint) => !paths.includes(endpoint)),
    ).toEqual([]);
  });
});

/** Known to servers and left out here for a reason. */
const LEFT_OUT = new Set([
  // Of groups: for people, not for flows.
  'is_superuser',
  'users',
  'roles',
  // Of groups in 2025.10, the other side of `parent`.
  'children',
  // Lists WebAuthn devices by AAGUID, which nothing of ours refers to yet.
  'webauthn_allowed_device_types',
  // Seen in the schema of 2026.8 only, with unknown defaults.
  'email_otp_throttling_factor',
  'sms_otp_throttling_factor',
  'totp_otp_throttling_factor',
  'static_otp_throttling_factor',
  // Writable by mistake in 2025.10; echoing it back fails.
  'flow_set',
  'prompt_stages_obj',
  'promptstage_set',
]);
