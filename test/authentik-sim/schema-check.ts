/** Holds every request that the stand-in accepts, and every answer it gives, against the official schema of the same minor version. */
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { asText, isObject, type Json, type JsonObject, without } from './json.ts';
import type { OpenApi } from './openapi.ts';

export interface SchemaViolation {
  method: string;
  template: string;
  part: 'request' | 'response';
  /** Where, and what is wrong there. */
  message: string;
}

/** Where live servers answer other than their own schema says. Everything else that differs is a fault of the stand-in. */
const SCHEMA_LIES: readonly { field: RegExp; reason: string; allow: 'null' | 'any format' }[] = [
  { field: /_obj$/, allow: 'null', reason: 'nested objects are null when there is nothing to nest; up to 2026.2 the schema says never' },
  {
    field: /^(email|logout_uri|meta_launch_url)$/,
    allow: 'any format',
    reason: 'the empty string where there is no address, as for service accounts',
  },
];

function withNull(schema: JsonObject): JsonObject {
  if (typeof schema.type === 'string' && schema.enum === undefined) return { ...schema, type: [schema.type, 'null'] };
  return { anyOf: [schema, { type: 'null' }] };
}

/** One of several forms, told apart by the value of one property: judged by that one form, so that a violation names what is wrong in it. */
function byDiscriminator({ propertyName, mapping }: JsonObject): JsonObject {
  const name = asText(propertyName);
  const forms = Object.entries(isObject(mapping) ? mapping : {});
  return {
    type: 'object',
    required: [name],
    properties: { [name]: { enum: forms.map(([value]) => value) } },
    allOf: forms.map(([value, reference]) => ({
      if: { required: [name], properties: { [name]: { const: value } } },
      then: { $ref: reference },
    })),
  };
}

/** OpenAPI 3.0 → JSON Schema: `nullable`, and without what ajv doesn't know. */
function convert(node: Json, fieldName = ''): Json {
  if (Array.isArray(node)) return node.map((item) => convert(item));
  if (!isObject(node)) return node;
  if (isObject(node.discriminator)) return byDiscriminator(node.discriminator);
  const { nullable, ...rest } = without(node, 'readOnly', 'writeOnly');
  const converted: JsonObject = {};
  for (const [key, member] of Object.entries(rest)) {
    converted[key] =
      key === 'properties' && isObject(member)
        ? Object.fromEntries(Object.entries(member).map(([name, property]) => [name, convert(property, name)]))
        : convert(member);
  }
  const lie = SCHEMA_LIES.find(({ field }) => field.test(fieldName));
  if (lie?.allow === 'any format') delete converted.format;
  return nullable === true || lie?.allow === 'null' ? withNull(converted) : converted;
}

/** Compiled schemas of one version, shared by all stand-ins of that version. */
class Validators {
  private readonly ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
  private readonly compiled = new Map<string, ValidateFunction | null>();

  constructor(api: OpenApi) {
    formats.default(this.ajv);
    this.ajv.addSchema({ $id: 'api', components: convert(api.document.components ?? null) });
  }

  /** The validator of a request body or response of the schema; null when it has no JSON. */
  get(key: string, node: Json | undefined): ValidateFunction | null {
    let known = this.compiled.get(key);
    if (known === undefined) this.compiled.set(key, (known = this.compile(node)));
    return known;
  }

  private compile(node: Json | undefined): ValidateFunction | null {
    const content = isObject(node) && isObject(node.content) ? node.content['application/json'] : undefined;
    if (!isObject(content) || content.schema === undefined) return null;
    const text = JSON.stringify(convert(content.schema)).replaceAll('"#/components/', '"api#/components/');
    return this.ajv.compile(JSON.parse(text) as object);
  }
}

const validatorsByApi = new WeakMap<OpenApi, Validators>();

function validatorsOf(api: OpenApi): Validators {
  let known = validatorsByApi.get(api);
  if (known === undefined) validatorsByApi.set(api, (known = new Validators(api)));
  return known;
}

export class SchemaCheck {
  readonly violations: SchemaViolation[] = [];
  private readonly api: OpenApi;

  constructor(api: OpenApi) {
    this.api = api;
  }

  private check(part: SchemaViolation['part'], method: string, template: string, node: Json | undefined, value: Json): void {
    const validate = validatorsOf(this.api).get(`${part} ${method} ${template}`, node);
    if (validate === null || validate(value)) return;
    for (const error of validate.errors ?? [])
      this.violations.push({ method, template, part, message: `${error.instancePath} ${error.message ?? ''}`.trim() });
  }

  /** Records what in an accepted exchange contradicts the schema. */
  exchange(method: string, template: string, status: number, requestBody: Json | undefined, responseBody: Json): void {
    const operation = this.api.operation(template, method);
    if (operation === null || status < 200 || status > 299) return;
    if (requestBody !== undefined) this.check('request', method, template, operation.requestBody, requestBody);
    if (responseBody === null) return;
    const responses = isObject(operation.responses) ? operation.responses : {};
    if (!(String(status) in responses))
      this.violations.push({ method, template, part: 'response', message: `the schema has no ${status}` });
    this.check('response', method, template, responses[String(status)], responseBody);
  }
}
