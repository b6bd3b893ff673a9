/**
 * Reads the official schema of one minor version: which paths and methods exist, which query parameters a list knows, which fields a body
 * has and of what kind. So a field that the real server of that version lacks is unknown to the stand-in too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from './json.ts';

/** One field of a request body, as the official schema describes it. */
export interface Field {
  name: string;
  kind: 'string' | 'boolean' | 'integer' | 'number' | 'array' | 'any';
  format: string | null;
  required: boolean;
  nullable: boolean;
  writeOnly: boolean;
  /** Whether the empty string is allowed. */
  blank: boolean;
  maxLength: number | null;
  pattern: string | null;
  minimum: number | null;
  maximum: number | null;
  choices: string[] | null;
  items: Field | null;
}

/** A path template of the schema and the methods that it has. */
export interface Route {
  template: string;
  methods: string[];
  pattern: RegExp;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

function number(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

/** Read access to one stored schema document; take it from {@link openApi}, which reads each file once. */
export class OpenApi {
  private readonly fieldsByComponent = new Map<string, Field[]>();
  readonly document: JsonObject;
  readonly routes: readonly Route[];

  constructor(minor: string) {
    const path = join(import.meta.dirname, '..', 'schema', `${minor}.json`);
    this.document = JSON.parse(readFileSync(path, 'utf8')) as JsonObject;
    this.routes = Object.entries(this.paths()).map(([template, operations]) => ({
      template,
      methods: METHODS.filter((method) => isObject(operations) && method in operations).map((method) => method.toUpperCase()),
      pattern: new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '([^/]+)')}$`),
    }));
    // A literal path shadows one with a parameter, as `cache_info` shadows the flow of that slug.
    (this.routes as Route[]).sort((a, b) => a.template.split('{').length - b.template.split('{').length);
  }

  private paths(): JsonObject {
    return isObject(this.document.paths) ? this.document.paths : {};
  }

  /** The first route that the path fits, with the values of its parameters. */
  match(path: string): { route: Route; parameters: string[] } | null {
    for (const route of this.routes) {
      const found = route.pattern.exec(path);
      if (found !== null) return { route, parameters: found.slice(1).map(decodeURIComponent) };
    }
    return null;
  }

  /** The operation object, or null when the path has no such method. */
  operation(template: string, method: string): JsonObject | null {
    const path = this.paths()[template];
    const operation = isObject(path) ? path[method.toLowerCase()] : undefined;
    return isObject(operation) ? operation : null;
  }

  /** Query parameters of a list: name → schema of the value. */
  queryParameters(template: string): Map<string, JsonObject> {
    const parameters = this.operation(template, 'get')?.parameters;
    const result = new Map<string, JsonObject>();
    for (const entry of Array.isArray(parameters) ? parameters : []) {
      const parameter = this.resolve(entry);
      if (parameter.in === 'query' && typeof parameter.name === 'string') result.set(parameter.name, this.resolve(parameter.schema ?? {}));
    }
    return result;
  }

  /** Follows `$ref`, and an `allOf` of one. */
  resolve(node: Json): JsonObject {
    if (!isObject(node)) return {};
    if (typeof node.$ref === 'string') {
      const [section = '', name = ''] = node.$ref.replace('#/components/', '').split('/');
      const components = isObject(this.document.components) ? this.document.components[section] : undefined;
      return this.resolve(isObject(components) ? (components[name] ?? {}) : {});
    }
    if (Array.isArray(node.allOf) && node.allOf.length === 1) {
      const { allOf, ...rest } = node;
      return { ...this.resolve(allOf[0] ?? null), ...rest };
    }
    return node;
  }

  has(component: string): boolean {
    const schemas = isObject(this.document.components) ? this.document.components.schemas : undefined;
    return isObject(schemas) && component in schemas;
  }

  /** The fields of a component; none when this version lacks it. */
  fields(component: string): Field[] {
    let known = this.fieldsByComponent.get(component);
    if (known === undefined) this.fieldsByComponent.set(component, (known = this.readFields(component)));
    return known;
  }

  private readFields(component: string): Field[] {
    if (!this.has(component)) return [];
    const schema = this.resolve({ $ref: `#/components/schemas/${component}` });
    const required = new Set(Array.isArray(schema.required) ? schema.required : []);
    return Object.entries(isObject(schema.properties) ? schema.properties : {}).map(([name, node]) =>
      this.field(name, node, required.has(name)),
    );
  }

  private field(name: string, node: Json, required: boolean): Field {
    const schema = this.resolve(node);
    const type = typeof schema.type === 'string' ? schema.type : 'any';
    const choices = this.choices(schema);
    return {
      name,
      kind:
        type === 'string' || type === 'boolean' || type === 'integer' || type === 'number' || type === 'array'
          ? type
          : choices !== null
            ? 'string'
            : 'any',
      format: typeof schema.format === 'string' ? schema.format : null,
      required,
      nullable: schema.nullable === true,
      writeOnly: schema.writeOnly === true,
      blank: schema.minLength === undefined && (choices === null || choices.includes('')),
      maxLength: number(schema.maxLength),
      pattern: typeof schema.pattern === 'string' ? schema.pattern : null,
      minimum: number(schema.minimum),
      maximum: number(schema.maximum),
      choices,
      items: schema.items === undefined ? null : this.field(name, schema.items, true),
    };
  }

  private choices(schema: JsonObject): string[] | null {
    if (Array.isArray(schema.enum)) return schema.enum.filter((value) => typeof value === 'string');
    if (!Array.isArray(schema.oneOf)) return null;
    return schema.oneOf.flatMap((option) => this.choices(this.resolve(option)) ?? []);
  }
}

const documents = new Map<string, OpenApi>();

/** The official schema of a minor version, such as `2026.2`. */
export function openApi(minor: string): OpenApi {
  let known = documents.get(minor);
  if (known === undefined) documents.set(minor, (known = new OpenApi(minor)));
  return known;
}
