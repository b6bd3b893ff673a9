/**
 * Compares an answer with the recorded one, by the rules in README.md beside this file. Pure but for what it learns: values of placeholders go
 * into the {@link Learned} that the caller keeps through a scenario.
 */
import { CLAIMED_TIMES, COMPARED_HEADERS, FORMS, NUMERIC_KEYS, UNORDERED, UUID, VOLATILE } from './rules.ts';
import type { Json } from './transcript.ts';

/** Values of `{{uuid:N}}`, and of numeric keys as `number:N`, learned so far. */
export type Learned = Map<string, string | number>;

export interface Answered {
  status: number;
  headers: Record<string, string | null>;
  body: Json;
  /** What an id token in the body says. */
  claims?: Json | undefined;
}

export interface Question {
  method: string;
  /** Below `/api/v3`, or from `{{host}}` on, with its query. */
  path: string;
}

type JsonObject = { [key: string]: Json };

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const escapeRegExp = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
const short = (value: Json | undefined): string => {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? 'nothing' : text.length > 160 ? `${text.slice(0, 160)}…` : text;
};

/** Keeps `value` for `placeholder`; false when it contradicts what is known. */
function learn(learned: Learned, placeholder: string, value: string | number): boolean {
  const known = learned.get(placeholder);
  if (known !== undefined) return known === value;
  const kind = placeholder.split(':')[0] ?? '';
  for (const [other, taken] of learned) if (other.startsWith(`${kind}:`) && taken === value) return false;
  learned.set(placeholder, value);
  return true;
}

/** A text with placeholders. `own`: a field of its own, from which an unknown UUID may be learned. */
function matchesText(expected: string, actual: string, learned: Learned, own: boolean): boolean {
  const found: string[] = [];
  const pattern = expected.split(/(\{\{[a-z]+(?::\d+)?\}\})/).map((part) => {
    const [, name, index] = /^\{\{([a-z]+)(?::(\d+))?\}\}$/.exec(part) ?? [];
    if (name === undefined) return escapeRegExp(part);
    if (name !== 'uuid') return FORMS[name] ?? '[\\s\\S]+';
    const known = learned.get(`uuid:${index ?? ''}`);
    if (known !== undefined) return escapeRegExp(String(known));
    found.push(`uuid:${index ?? ''}`);
    return `(${UUID})`;
  });
  const match = new RegExp(`^${pattern.join('')}$`).exec(actual);
  if (match === null) return false;
  const values = match.slice(1);
  if (own) return found.every((placeholder, index) => learn(learned, placeholder, values[index] ?? ''));
  const taken = new Set(learned.values());
  return values.every((value) => !taken.has(value));
}

interface Context {
  learned: Learned;
  /** Name of the field that holds the value. */
  field: string;
  /** Where it is, for messages. */
  at: string;
  own: boolean;
}

/** Used-by lists write numeric keys as texts. */
const NUMBER = /^\d+$/;
const words = (text: string): string => text.split(' ').sort().join(' ');

function compareText(expected: string, actual: Json | undefined, { learned, field, at, own }: Context): string[] {
  if (typeof actual !== 'string') return [`${at}: expected ${short(expected)}, got ${short(actual)}`];
  if (field === 'scope' && words(expected) === words(actual)) return [];
  if (field === 'pk' && NUMBER.test(expected) && NUMBER.test(actual) && learn(learned, `number:${expected}`, Number(actual))) return [];
  const taken = / with this name already exists\.$/;
  if (taken.test(expected) && taken.test(actual) && /^stage |ConsentStageView /.test(expected)) return [];
  const syntax = /^Expression Syntax Error:/;
  if (syntax.test(expected) && syntax.test(actual)) return [];
  return matchesText(expected, actual, learned, own) ? [] : [`${at}: expected ${short(expected)}, got ${short(actual)}`];
}

/** Pairs every expected item with another actual one, in whatever order; learns from the pairs that it settles on. */
function pair(expected: Json[], actual: Json[], context: Context): boolean {
  const [first, ...rest] = expected;
  if (first === undefined) return true;
  for (const [index, candidate] of actual.entries()) {
    const attempt: Learned = new Map(context.learned);
    if (compareValue(first, candidate, { ...context, learned: attempt }).length > 0) continue;
    if (!pair(rest, actual.toSpliced(index, 1), { ...context, learned: attempt })) continue;
    for (const [placeholder, value] of attempt) context.learned.set(placeholder, value);
    return true;
  }
  return false;
}

/** The differences of the pair that fits worst: of the first item that no other fits. */
function explain(expected: Json[], actual: Json[], context: Context): string[] {
  const lonely = expected.findIndex((item) =>
    actual.every((candidate) => compareValue(item, candidate, { ...context, learned: new Map(context.learned) }).length > 0),
  );
  if (lonely === -1) return [`${context.at}: the items don't fit together`];
  const nearest = actual
    .map((candidate) =>
      compareValue(expected[lonely] ?? null, candidate, { ...context, at: `${context.at}[${lonely}]`, learned: new Map(context.learned) }),
    )
    .sort((a, b) => a.length - b.length)[0];
  return nearest ?? [`${context.at}: no items`];
}

function compareList(expected: Json[], actual: Json | undefined, context: Context, ordered: boolean): string[] {
  if (!Array.isArray(actual)) return [`${context.at}: expected a list, got ${short(actual)}`];
  if (expected.length !== actual.length)
    return [`${context.at}: expected ${expected.length} items, got ${actual.length}: ${short(actual)}`];
  const item = { ...context, own: expected.some(isObject) };
  if (!ordered) return pair(expected, actual, item) ? [] : explain(expected, actual, item);
  return expected.flatMap((value, index) => compareValue(value, actual[index], { ...item, at: `${context.at}[${index}]` }));
}

function compareObject(expected: JsonObject, actual: Json | undefined, context: Context): string[] {
  if (!isObject(actual)) return [`${context.at}: expected an object, got ${short(actual)}`];
  const differences: string[] = [];
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const at = `${context.at}.${key}`;
    if (!(key in actual)) differences.push(`${at}: missing, expected ${short(expected[key])}`);
    else if (!(key in expected)) differences.push(`${at}: not expected, got ${short(actual[key])}`);
    else if (!VOLATILE.has(key))
      differences.push(...compareValue(expected[key] ?? null, actual[key], { ...context, field: key, at, own: true }));
  }
  return differences;
}

function compareValue(expected: Json, actual: Json | undefined, context: Context): string[] {
  const { field, learned, at } = context;
  if (Array.isArray(expected))
    return compareList(
      expected,
      actual,
      context,
      !(UNORDERED.has(field) || (field === 'fields' && !expected.some((item) => isObject(item) && 'field_key' in item))),
    );
  if (isObject(expected)) return compareObject(expected, actual, context);
  if (typeof expected === 'string') return compareText(expected, actual, context);
  if (
    typeof expected === 'number' &&
    typeof actual === 'number' &&
    NUMERIC_KEYS.has(field) &&
    learn(learned, `${field === 'num_pk' || field === 'id' ? field : 'number'}:${expected}`, actual)
  )
    return [];
  return expected === actual ? [] : [`${at}: expected ${short(expected)}, got ${short(actual)}`];
}

/** The form of a value: keys of objects, kinds of the rest. */
function form(value: Json | undefined): string {
  if (Array.isArray(value)) return 'list';
  if (!isObject(value)) return value === null ? 'null' : typeof value;
  return `{${Object.keys(value).sort().join(',')}}`;
}

function compareForm(expected: Json[], actual: Json[], at: string): string[] {
  const known = new Set(expected.map(form));
  return actual.flatMap((item, index) =>
    known.size === 0 || known.has(form(item)) ? [] : [`${at}[${index}]: expected one of ${[...known].join(' ')}, got ${form(item)}`],
  );
}

function resultsOf(body: Json): Json[] | null {
  return isObject(body) && Array.isArray(body.results) && isObject(body.pagination) ? body.results : null;
}

/** With `ordering`, ties may come in any order; the values that are ordered by may not. */
function compareOrdered(expected: Json[], actual: Json[], by: string, context: Context): string[] {
  const attempt: Learned = new Map(context.learned);
  if (compareList(expected, actual, { ...context, learned: attempt }, true).length === 0)
    return compareList(expected, actual, context, true);
  const key = (items: Json[]): string => JSON.stringify(items.map((item) => (isObject(item) ? (item[by] ?? null) : null)));
  if (key(expected) !== key(actual)) return [`${context.at}: expected ordered ${key(expected)}, got ${key(actual)}`];
  return compareList(expected, actual, context, false);
}

function compareListBody(expected: JsonObject, actual: JsonObject, question: Question, learned: Learned): string[] {
  const query = new URLSearchParams(question.path.split('?')[1] ?? '');
  const wanted = resultsOf(expected) ?? [];
  const got = resultsOf(actual) ?? [];
  const context: Context = { learned, field: 'results', at: 'body.results', own: true };
  if (question.path.startsWith('/events/events/')) return compareForm(wanted, got, context.at);
  const rest = compareObject({ ...expected, results: null }, { ...actual, results: null }, { learned, field: '', at: 'body', own: true });
  const pagination = expected.pagination as JsonObject;
  const by = (query.get('ordering') ?? '').replace(/^-/, '');
  const isOrdered = by !== '' && wanted.some((item) => isObject(item) && by in item);
  if (isOrdered) return [...rest, ...compareOrdered(wanted, got, by, context)];
  const isPart = Number(pagination.total_pages) > 1;
  return [
    ...rest,
    ...(isPart
      ? [...(wanted.length === got.length ? [] : ['body.results: another number of items']), ...compareForm(wanted, got, context.at)]
      : compareList(wanted, got, context, false)),
  ];
}

function compareBody(expected: Json, actual: Json, question: Question, learned: Learned): string[] {
  if (isObject(expected) && typeof expected.contentType === 'string' && typeof expected.text === 'string') return [];
  if (isObject(expected) && isObject(actual) && resultsOf(expected) !== null && resultsOf(actual) !== null)
    return compareListBody(expected, actual, question, learned);
  if (Array.isArray(expected) && question.path.endsWith('/assign/'))
    return Array.isArray(actual) && actual.length === expected.length
      ? []
      : [`body: expected ${expected.length} ids, got ${short(actual)}`];
  const context: Context = { learned, field: '', at: 'body', own: true };
  return Array.isArray(expected)
    ? compareList(expected, actual, context, !question.path.includes('/used_by/'))
    : compareValue(expected, actual, context);
}

/** A step with capitals in the names of its headers was recorded with just those. */
function compareHeaders(expected: Answered['headers'], actual: Answered['headers'], learned: Learned): string[] {
  const isWhole = Object.keys(expected).every((name) => name === name.toLowerCase());
  const recorded = Object.fromEntries(Object.entries(expected).map(([name, value]) => [name.toLowerCase(), value]));
  return COMPARED_HEADERS.filter((name) => isWhole || name in recorded).flatMap((name) => {
    const [wanted, got] = [recorded[name] ?? null, actual[name] ?? null];
    if (wanted === null && got === null) return [];
    return wanted !== null && got !== null && matchesText(wanted, got, learned, true)
      ? []
      : [`header ${name}: expected ${short(wanted)}, got ${short(got)}`];
  });
}

/** Times of a token are recorded as 0: any number will do. */
function timeless(claims: Json | undefined): Json | undefined {
  if (!isObject(claims)) return claims;
  return Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [name, CLAIMED_TIMES.includes(name) && typeof value === 'number' ? 0 : value]),
  );
}

/** Every difference, in words; none when the answer is as recorded. Learns into `learned`. */
export function compareAnswers(expected: Answered, actual: Answered, question: Question, learned: Learned): string[] {
  const status = expected.status === actual.status ? [] : [`status: expected ${expected.status}, got ${actual.status}`];
  return [
    ...status,
    ...compareHeaders(expected.headers, actual.headers, learned),
    ...compareBody(expected.body, actual.body, question, learned),
    ...(expected.claims === undefined
      ? []
      : compareValue(expected.claims, timeless(actual.claims), { learned, field: '', at: 'claims', own: true })),
  ];
}
