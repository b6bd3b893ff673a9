import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { compareMinor, SUPPORTED } from '../../src/authentik/versions.ts';
import { POLICY_BINDING, STAGE_BINDING, type BindingTable } from '../../src/catalogue/bindings.ts';
import { enumValue, type Field } from '../../src/catalogue/field.ts';
import { FLOW } from '../../src/catalogue/flow.ts';
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

const Operation = z.looseObject({ requestBody: z.looseObject({ content: z.looseObject({ 'application/json': z.looseObject({ schema: z.looseObject({ $ref: z.string() }) }) }) }) });

const documents = new Map(SUPPORTED.map((minor) => [minor, Document.parse(JSON.parse(readFileSync(path.join(import.meta.dirname, `../schema/${minor}.json`), 'utf8')))]));

function documentOf(minor: (typeof SUPPORTED)[number]): Document {
  const document = documents.get(minor);
  if (document === undefined) throw new Error(`no schema of ${minor}`);
  return document;
}

function resolve(document: Document, schema: Schema): Schema {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref ?? schema.oneOf?.[0]?.$ref;
  return ref === undefined ? schema : Schema.parse({ ...document.components.schemas[ref.split('/').at(-1) ?? ''], nullable: schema.nullable });
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

const CASES = SUPPORTED.flatMap((minor) => TABLES.map(([name, table]) => ({ minor, name, table })));

/** Fields that every body carries and no table repeats. */
const IDENTITY = new Set(['name', 'slug', 'target', 'stage', 'order', 'policy', 'group', 'user']);

function expectedTypes(field: Field): readonly string[] {
  switch (field.type) {
    case 'integer':
      return ['integer'];
    case 'boolean':
      return ['boolean'];
    case 'enumArray':
    case 'referenceSet':
      return ['array'];
    case 'string':
    case 'enum':
    case 'duration':
    case 'reference':
    case 'secret':
      return ['string'];
  }
}

describe('the catalogue against the official schema', () => {
  it.each(CASES)('$name has exactly the fields of $minor', ({ minor, table }) => {
    const properties = Object.keys(requestOf(documentOf(minor), table.path).properties ?? {}).filter((api) => !IDENTITY.has(api));
    const known = table.fields.filter((field) => field.since === undefined || compareMinor(minor, field.since) >= 0).map((field) => field.api);
    // What a server knows and we don't is a gap; what we know and it doesn't is a request that it ignores in silence.
    const gaps = properties.filter((api) => !known.includes(api) && !LEFT_OUT.has(api));
    const inventions = known.filter((api) => !properties.includes(api) && !IDENTITY.has(api));
    expect({ gaps, inventions }).toEqual({ gaps: [], inventions: [] });
  });

  it.each(CASES)('$name takes the kinds of values of $minor', ({ minor, table }) => {
    const document = documentOf(minor);
    const body = requestOf(document, table.path);
    for (const field of table.fields) {
      const raw = body.properties?.[field.api];
      if (raw === undefined) continue;
      const schema = resolve(document, Schema.parse(raw));
      expect([field.api, expectedTypes(field)]).toEqual([field.api, expect.arrayContaining([schema.type])]);
      if (field.type === 'reference') expect([field.api, Schema.parse(raw).nullable === true]).toEqual([field.api, field.nullable]);
      if (field.type === 'secret') expect([field.api, schema.writeOnly]).toEqual([field.api, true]);
      if (field.type === 'string') expect([field.api, field.minLength ?? (field.pattern === undefined ? 0 : 1)]).toEqual([field.api, schema.minLength ?? 0]);
      const values = schema.enum ?? (schema.items?.$ref === undefined ? undefined : resolve(document, Schema.parse(schema.items)).enum);
      if (field.type === 'enum' || field.type === 'enumArray') {
        const ours = field.values.filter((value) => typeof value === 'string' || compareMinor(minor, value.since) >= 0).map(enumValue);
        expect([field.api, [...ours].sort()]).toEqual([field.api, (values ?? []).map(String).filter((value) => value !== '').sort()]);
      }
    }
  });

  it.each(CASES)('$name asks for what $minor needs to create it', ({ minor, table }) => {
    const needed = (requestOf(documentOf(minor), table.path).required ?? []).filter((api) => !IDENTITY.has(api));
    const ours = table.fields.filter((field) => field.required === true && !IDENTITY.has(field.api)).map((field) => field.api);
    expect([...ours].sort()).toEqual(needed.sort());
  });

  it.each(SUPPORTED)('every list that references look at exists in %s', (minor) => {
    const paths = Object.keys(documentOf(minor).paths);
    expect(Object.values(TARGETS).map((target) => target.path).filter((endpoint) => !paths.includes(endpoint))).toEqual([]);
  });
});

/** Known to servers and left out here for a reason. */
const LEFT_OUT = new Set([
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
