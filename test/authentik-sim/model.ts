/** What the stand-in knows about one kind of object beyond the official schema. Tables of these are in `catalogue/`. */
import type { Json, JsonObject } from './json.ts';
import type { Store } from './store.ts';

/** What happens to the object that refers, when the one referred to is deleted. `many`: it is dropped from the list. */
export type OnDelete = 'cascade' | 'set_null' | 'set_default' | 'many';

export interface Reference {
  /** Model or base model, `app.model`. */
  to: string;
  onDelete: OnDelete;
  /** The base model that has the field, where `used_by` names that instead of the model itself. */
  holder?: string;
}

/** Field errors as the API words them: a list of messages per field, or per index of a list. */
export type Errors = Record<string, string[] | Record<string, string[]>>;

export interface Row {
  model: ModelSpec;
  pk: string | number;
  /** The second identity of what policies can be bound to; null for all else. */
  ptr: string | null;
  /** Order of creation. */
  seq: number;
  values: JsonObject;
}

export interface ValidationContext {
  store: Store;
  /** The object being changed; null while creating. */
  instance: Row | null;
}

export interface ModelSpec {
  key: string;
  app: string;
  model: string;
  /** The name in "No … matches the given query." */
  className: string;
  verboseName: string;
  verboseNamePlural: string;
  base: string | null;
  /** List path below `/api/v3`; null when the model has none of its own. */
  path: string | null;
  component: string;
  /** Component of the official schema; its request is the same with `Request`. */
  schema: string;
  idField: 'pk' | 'brand_uuid' | 'aaguid' | 'connector_uuid';
  lookup: 'pk' | 'slug';
  bindable: boolean;
  integerPk: boolean;
  /** What the server fills in; the schema is silent about it. */
  defaults: JsonObject;
  /** Fields that the full update sets too when they are left out (they have a serializer default). */
  resetByPut: JsonObject;
  references: Record<string, Reference>;
  durations: readonly string[];
  nonEmpty: readonly string[];
  /** Field → message of a value that another object has. */
  unique: Record<string, string>;
  /** Whether `name` is checked against this model only, though the database wants it unique among all of the base. */
  uniqueWithinModel: boolean;
  uniqueTogether: readonly string[] | null;
  enterprise: boolean;
  ordering: string;
  search: readonly string[];
  /** Rules across fields, judged by what was sent. Throws {@link ServerCrash} where the real server does. */
  validate: (attributes: Record<string, Json>, context: ValidationContext) => Errors | null;
  /** How the server names the object in `used_by`; the audit log uses {@link ModelSpec.auditName}. */
  title: (row: Row, store: Store) => string;
  auditName: (row: Row, store: Store) => string;
}

/** An unhandled error of the real server: empty 405 on a write, an HTML page on a read. */
export class ServerCrash extends Error {}

const NAME = (row: Row): string => (typeof row.values.name === 'string' ? row.values.name : String(row.pk));

type Needed = Pick<ModelSpec, 'app' | 'className' | 'verboseName' | 'path' | 'schema'>;

/** A spec with the usual values for all that isn't said. */
export function model(spec: Needed & Partial<ModelSpec>): ModelSpec {
  const name = spec.model ?? spec.className.toLowerCase();
  return {
    model: name,
    key: `${spec.app}.${name}`,
    verboseNamePlural: `${spec.verboseName}s`,
    base: null,
    component: '',
    idField: 'pk',
    lookup: 'pk',
    bindable: false,
    integerPk: false,
    defaults: {},
    resetByPut: {},
    references: {},
    durations: [],
    nonEmpty: [],
    unique: {},
    uniqueWithinModel: false,
    uniqueTogether: null,
    enterprise: false,
    ordering: 'name',
    search: ['name'],
    validate: () => null,
    title: NAME,
    auditName: NAME,
    ...spec,
  };
}
