/** Lists: filters, search, ordering and pages, with the server's rules: unknown filters are ignored, sizes capped in silence. */
import { OTHER_TARGET, PROMPT_STAGE } from './catalogue/core.ts';
import { POLICY_BINDING } from './catalogue/policies.ts';
import { answer, type Answer, detail, refuse } from './http.ts';
import { asText, ids, type Json, type JsonObject } from './json.ts';
import type { Row } from './model.ts';
import { isUuid } from './validate.ts';
import type { World } from './world.ts';

const DEFAULT_PAGE_SIZE = 20;
const MAX_PAGE_SIZE = 100;
export const NOT_A_CHOICE = 'Select a valid choice. That choice is not one of the available choices.';
const PK_FILTERS = new Set(['flow_uuid', 'fsb_uuid', 'stage_uuid', 'policy_uuid', 'brand_uuid']);
const SHARED = new Set(['page', 'page_size', 'ordering', 'search']);

type Test = (row: Row) => boolean;

function readBoolean(value: string): boolean | null {
  if (['true', 'True', '1'].includes(value)) return true;
  return ['false', 'False', '0'].includes(value) ? false : null;
}

function badFilter(name: string, message: string): never {
  return refuse(400, { [name]: [message] });
}

export const notAUuid = (value: string): string => `“${value}” is not a valid UUID.`;

/** Filters that aren't "the field equals the value". */
const SPECIAL: Record<string, (values: string[], world: World, name: string) => Test | null> = {
  policy__isnull: ([value = '']) =>
    ((wanted) => (wanted === null ? null : (row: Row) => (row.values.policy === null) === wanted))(readBoolean(value)),
  bindings__isnull: ([value = ''], world) =>
    isUsed(value, (row) => world.store.all(POLICY_BINDING).some((binding) => binding.values.policy === row.pk)),
  promptstage__isnull: ([value = ''], world) =>
    isUsed(value, (row) => world.store.all(PROMPT_STAGE).some((stage) => ids(stage.values.validation_policies).includes(row.pk))),
  target_in: (values, world, name) => {
    const pks = values.map((value) => targetByPtr(value, world, name));
    return (row) => pks.includes(row.values.target ?? null);
  },
  pbm_uuid: ([value = ''], _world, name) => (isUuid(value) ? (row) => row.ptr === value : badFilter(name, 'Enter a valid UUID.')),
  uuid: ([value = ''], _world, name) => (isUuid(value) ? (row) => row.values.uuid === value : badFilter(name, 'Enter a valid UUID.')),
};

function isUsed(value: string, used: Test): Test | null {
  const wanted = readBoolean(value);
  return wanted === null ? null : (row) => used(row) !== wanted;
}

/** The list of policy bindings knows targets by `policybindingmodel_ptr_id` only. */
function targetByPtr(value: string, world: World, name: string): Json {
  if (!isUuid(value)) badFilter(name, notAUuid(value));
  const target = world.store.target(value);
  if (target === null || (target.ptr !== value && target.model.key !== OTHER_TARGET)) return badFilter(name, NOT_A_CHOICE);
  return target.pk;
}

function filterOf(
  name: string,
  values: string[],
  schema: JsonObject,
  sample: Row | undefined,
  model: Row['model'] | null,
  world: World,
): Test | null {
  const [value = ''] = values;
  if (value === '') return null;
  const special = SPECIAL[name];
  if (special !== undefined) return special(values, world, name);
  if (PK_FILTERS.has(name)) return isUuid(value) ? (row) => row.pk === value.toLowerCase() : badFilter(name, 'Enter a valid UUID.');
  if (name === 'target' && model?.key === POLICY_BINDING) {
    const pk = targetByPtr(value, world, name);
    return (row) => row.values.target === pk;
  }
  const reference = model?.references[name];
  if (reference !== undefined) return referenceFilter(name, values, reference.to, world);
  // A parameter of the schema that the stand-in stores nothing for (such as `include_users`) filters nothing.
  if (sample !== undefined && !(name in sample.values)) return null;
  if (schema.type === 'boolean') {
    const wanted = readBoolean(value);
    return wanted === null ? null : (row) => row.values[name] === wanted;
  }
  if (schema.type === 'integer' || schema.type === 'number')
    return Number.isNaN(Number(value)) ? badFilter(name, 'Enter a number.') : (row) => row.values[name] === Number(value);
  if (Array.isArray(schema.enum) && !schema.enum.includes(value))
    return badFilter(name, `Select a valid choice. ${value} is not one of the available choices.`);
  return (row) => row.values[name] === value;
}

function referenceFilter(name: string, values: string[], to: string, world: World): Test {
  for (const value of values) {
    if (!isUuid(value)) badFilter(name, notAUuid(value));
    if (world.store.get(to, value) === null) badFilter(name, NOT_A_CHOICE);
  }
  return (row) => values.some((value) => row.values[name] === value || ids(row.values[name]).includes(value));
}

/** Sorted by one or more fields, each descending with a leading `-`; what is equal in all keeps the order of creation. */
function ordered(rows: Row[], fields: string[]): Row[] {
  const key = (row: Row, field: string): Json => (field === 'pk' ? row.pk : (row.values[field] ?? null));
  const compare = (a: Json, b: Json): number => {
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    return asText(a) < asText(b) ? -1 : asText(a) > asText(b) ? 1 : 0;
  };
  return rows.toSorted((a, b) => {
    for (const field of fields) {
      const name = field.replace(/^-/, '');
      const result = compare(key(a, name), key(b, name));
      if (result !== 0) return field.startsWith('-') ? -result : result;
    }
    return a.seq - b.seq;
  });
}

export interface ListOf {
  template: string;
  query: URLSearchParams;
  rows: Row[];
  /** The one model that the list holds; null for the lists of a base class. */
  model: Row['model'] | null;
}

/** The rows that a list request asks for, before paging. Ends the request with 400 on a filter value that can't be. */
export function select({ template, query, rows, model }: ListOf, world: World): Row[] {
  const sample = rows[0];
  const tests: Test[] = [];
  for (const [name, schema] of world.api.queryParameters(template)) {
    if (SHARED.has(name) || !query.has(name)) continue;
    const test = filterOf(name, query.getAll(name), schema, sample, model, world);
    if (test !== null) tests.push(test);
  }
  const terms = (query.get('search') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const search = model?.search ?? ['name'];
  tests.push((row) =>
    terms.every((term) =>
      search.some((field) =>
        asText(row.values[field] ?? '')
          .toLowerCase()
          .includes(term),
      ),
    ),
  );
  const isKnown = (field: string): boolean => sample !== undefined && (field in sample.values || field === 'pk');
  const asked = (query.get('ordering') ?? '').split(',').filter((field) => isKnown(field.trim().replace(/^-/, '')));
  const matching = rows.filter((row) => tests.every((test) => test(row)));
  return ordered(matching, asked.length > 0 ? asked : [model?.ordering ?? 'name']);
}

/** One page of `items`, in the server's envelope; 404 for a page that isn't there. */
export function page<T>(items: T[], query: URLSearchParams, show: (item: T) => Json): Answer {
  const asked = Number(query.get('page_size') ?? DEFAULT_PAGE_SIZE);
  const size = Number.isInteger(asked) && asked > 0 ? Math.min(asked, MAX_PAGE_SIZE) : DEFAULT_PAGE_SIZE;
  const totalPages = Math.max(1, Math.ceil(items.length / size));
  const current = Number(query.get('page') ?? 1);
  if (!Number.isInteger(current) || current < 1 || current > totalPages) return detail(404, 'Invalid page.');
  const start = (current - 1) * size;
  const results = items.slice(start, start + size);
  const pagination = {
    next: current < totalPages ? current + 1 : 0,
    previous: current - 1,
    count: items.length,
    current,
    total_pages: totalPages,
    start_index: items.length === 0 ? 0 : start + 1,
    end_index: start + results.length,
  };
  return answer(200, { pagination, results: results.map(show), autocomplete: {} });
}
