/** Judges a request body as Django REST framework does, by the official schema and the catalogue. */
import { asText, isObject, type Json } from './json.ts';
import { type Errors, type ModelSpec, type Row, ServerCrash } from './model.ts';
import type { Field, OpenApi } from './openapi.ts';
import type { Store } from './store.ts';

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const EMAIL = /^[^\s@<>"]+@([a-z0-9-]+\.)*[a-z0-9-]+$/i;
const DURATION_KEYS = new Set(['microseconds', 'milliseconds', 'seconds', 'minutes', 'hours', 'days', 'weeks']);
const TRUE = new Set<Json>([true, 'true', 'True', 'TRUE', 't', 'y', 'yes', 'on', '1', 1]);
const FALSE = new Set<Json>([false, 'false', 'False', 'FALSE', 'f', 'n', 'no', 'off', '0', 0]);
const DICTIONARY = 'Value must be a dictionary, and not have any duplicate keys.';

export type Verdict = { attributes: Record<string, Json> } | { errors: Errors };
type Judged = { value: Json } | { errors: string[] | Record<string, string[]> };

const wrong = (message: string): Judged => ({ errors: [message] });

export function isUuid(value: Json | undefined): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** What Python calls the type of a parsed JSON value. */
function pythonType(value: Json): string {
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'dict';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  return Number.isInteger(value) ? 'int' : 'float';
}

/** Whether `hours=1;minutes=2` is a duration that the server takes. */
function isDuration(value: string): boolean {
  return value.split(';').every((part) => {
    const [key = '', amount = '', ...rest] = part.split('=');
    return rest.length === 0 && DURATION_KEYS.has(key.toLowerCase()) && /^-?\d+(\.\d+)?$/.test(amount);
  });
}

const BLANK = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';

/** Python's `strip`, which every text field goes through. */
function stripped(text: string): string {
  return text.replace(new RegExp(`^${BLANK}|${BLANK}$`, 'g'), '');
}

function judgeString(field: Field, value: Json): Judged {
  if (typeof value !== 'string' && typeof value !== 'number') return wrong('Not a valid string.');
  const text = stripped(String(value));
  if (text === '' && !field.blank) return wrong('This field may not be blank.');
  if (field.maxLength !== null && text.length > field.maxLength)
    return wrong(`Ensure this field has no more than ${field.maxLength} characters.`);
  if (field.format === 'email' && text !== '' && !EMAIL.test(text)) return wrong('Enter a valid email address.');
  if (field.pattern?.includes('a-zA-Z0-9_') === true && text !== '' && !/^[-a-zA-Z0-9_]+$/.test(text)) {
    return wrong('Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.');
  }
  if (field.format === 'date-time' && Number.isNaN(Date.parse(text))) {
    return wrong('Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].');
  }
  return { value: text };
}

function judgeNumber(field: Field, value: Json): Judged {
  const whole = field.kind === 'integer';
  const text = typeof value === 'number' || typeof value === 'string' ? stripped(String(value)) : '';
  if (!(whole ? /^-?\d+(\.0*)?$/ : /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i).test(text))
    return wrong(whole ? 'A valid integer is required.' : 'A valid number is required.');
  const number = Number(text);
  if (field.maximum !== null && number > field.maximum) return wrong(`Ensure this value is less than or equal to ${field.maximum}.`);
  if (field.minimum !== null && number < field.minimum) return wrong(`Ensure this value is greater than or equal to ${field.minimum}.`);
  return { value: number };
}

function judgeList(field: Field, value: Json, model: ModelSpec): Judged {
  if (!Array.isArray(value)) return wrong(`Expected a list of items but got type "${pythonType(value)}".`);
  if (value.length === 0 && model.nonEmpty.includes(field.name)) return wrong('This list may not be empty.');
  const errors: Record<string, string[]> = {};
  const values = value.map((item, index) => {
    const judged = judgeScalar(field.items ?? field, item);
    if ('value' in judged) return judged.value;
    errors[index] = Array.isArray(judged.errors) ? judged.errors : [];
    return null;
  });
  return Object.keys(errors).length > 0 ? { errors } : { value: values };
}

function judgeScalar(field: Field, value: Json): Judged {
  if (value === null) return field.nullable ? { value } : wrong('This field may not be null.');
  if (field.choices !== null) {
    const chosen = typeof value === 'string' || typeof value === 'number' ? String(value) : null;
    return chosen !== null && field.choices.includes(chosen)
      ? { value: chosen }
      : wrong(`"${typeof value === 'string' ? value : JSON.stringify(value)}" is not a valid choice.`);
  }
  if (field.kind === 'boolean')
    return TRUE.has(value) ? { value: true } : FALSE.has(value) ? { value: false } : wrong('Must be a valid boolean.');
  if (field.kind === 'integer' || field.kind === 'number') return judgeNumber(field, value);
  if (field.kind === 'string') return judgeString(field, value);
  return isObject(value) ? { value } : wrong(DICTIONARY);
}

/** One reference by pk. Rights don't matter: an object that the caller can't see may be referred to. */
function judgeReference(model: ModelSpec, name: string, value: Json, store: Store): Judged {
  const to = name === 'target' && model.className === 'PolicyBinding' ? null : (model.references[name]?.to ?? null);
  const integer = to !== null && store.models.some((candidate) => (candidate.key === to || candidate.base === to) && candidate.integerPk);
  if (integer && typeof value !== 'number') return wrong(`Incorrect type. Expected pk value, received ${pythonType(value)}.`);
  if (!integer && !isUuid(value)) return wrong(`“${typeof value === 'string' ? value : JSON.stringify(value)}” is not a valid UUID.`);
  const row =
    to === null
      ? store.target(value)
      : store.models.some((candidate) => candidate.key === to || candidate.base === to)
        ? store.get(to, value)
        : null;
  return row === null ? wrong(`Invalid pk "${asText(value)}" - object does not exist.`) : { value: row.pk };
}

function judgeReferences(model: ModelSpec, field: Field, value: Json, store: Store): Judged {
  if (!Array.isArray(value)) return wrong(`Expected a list of items but got type "${pythonType(value)}".`);
  if (value.length === 0 && model.nonEmpty.includes(field.name)) return wrong('This list may not be empty.');
  const values = new Set<Json>();
  for (const item of value) {
    const judged = judgeReference(model, field.name, item, store);
    if (!('value' in judged)) return judged;
    values.add(judged.value);
  }
  return { value: [...values] };
}

function isReference(model: ModelSpec, name: string): boolean {
  return name in model.references || (name === 'target' && model.className === 'PolicyBinding');
}

function judgeField(model: ModelSpec, field: Field, value: Json, store: Store): Judged {
  if (isReference(model, field.name)) {
    if (field.kind === 'array') return judgeReferences(model, field, value, store);
    if (value === null) return field.nullable ? { value } : wrong('This field may not be null.');
    return judgeReference(model, field.name, value, store);
  }
  if (field.kind === 'array')
    return value === null && field.nullable
      ? { value }
      : value === null
        ? wrong('This field may not be null.')
        : judgeList(field, value, model);
  const judged = judgeScalar(field, value);
  if (!('value' in judged) || typeof judged.value !== 'string' || !model.durations.includes(field.name) || isDuration(judged.value))
    return judged;
  return wrong(`${judged.value} is not in the correct format of 'hours=3;minutes=1'.`);
}

function isTaken(model: ModelSpec, field: string, value: Json, instance: Row | null, store: Store): boolean {
  const scope = model.uniqueWithinModel || model.base === null ? model.key : model.base;
  return store.all(scope).some((row) => row !== instance && row.values[field] === value);
}

function breaksUniqueSet(model: ModelSpec, attributes: Record<string, Json>, instance: Row | null, store: Store): boolean {
  const fields = model.uniqueTogether;
  if (fields === null || (instance !== null && !fields.some((field) => field in attributes))) return false;
  const wanted = fields.map((field) => attributes[field] ?? (field in attributes ? null : instance?.values[field]) ?? null);
  if (wanted.includes(null)) return false;
  return store.all(model.key).some((row) => row !== instance && fields.every((field, index) => row.values[field] === wanted[index]));
}

export interface Body {
  model: ModelSpec;
  body: Json;
  /** PATCH: what is left out is not required. */
  partial: boolean;
  instance: Row | null;
}

function judgeFields(
  { model, body, partial, instance }: Body & { body: Record<string, Json> },
  fields: Field[],
  store: Store,
): { attributes: Record<string, Json>; errors: Errors } {
  const errors: Errors = {};
  const attributes: Record<string, Json> = {};
  for (const field of fields) {
    const value = body[field.name];
    if (value === undefined) {
      if (field.required && !partial) errors[field.name] = ['This field is required.'];
      continue;
    }
    const judged = judgeField(model, field, value, store);
    const message = model.unique[field.name];
    if (!('value' in judged)) errors[field.name] = judged.errors;
    else if (message !== undefined && isTaken(model, field.name, judged.value, instance, store)) errors[field.name] = [message];
    else attributes[field.name] = judged.value;
  }
  return { attributes, errors };
}

/** Rules across fields; a crash counts only when the fields alone were fine, because the real server stops there. */
function judgeRules(
  model: ModelSpec,
  attributes: Record<string, Json>,
  instance: Row | null,
  store: Store,
  fieldsAreFine: boolean,
): Errors {
  try {
    return model.validate(attributes, { store, instance }) ?? {};
  } catch (error) {
    if (error instanceof ServerCrash && !fieldsAreFine) return {};
    throw error;
  }
}

/** Attributes to store, or the errors as the API words them. Throws {@link ServerCrash} where the real server fails. */
export function judge(request: Body, api: OpenApi, store: Store): Verdict {
  const { model, body, partial, instance } = request;
  if (!isObject(body))
    return {
      errors: {
        non_field_errors: [body === null ? 'No data provided' : `Invalid data. Expected a dictionary, but got ${pythonType(body)}.`],
      },
    };
  const { attributes, errors } = judgeFields({ ...request, body }, api.fields(`${model.schema}Request`), store);
  const fieldsAreFine = Object.keys(errors).length === 0;
  const { non_field_errors: acrossFields, ...ofFields } =
    fieldsAreFine && breaksUniqueSet(model, { ...(partial ? {} : model.resetByPut), ...attributes }, instance, store)
      ? { non_field_errors: [`The fields ${(model.uniqueTogether ?? []).join(', ')} must make a unique set.`] }
      : judgeRules(model, attributes, instance, store, fieldsAreFine);
  Object.assign(errors, ofFields);
  if (Object.keys(errors).length > 0) return { errors };
  if (acrossFields !== undefined) return { errors: { non_field_errors: acrossFields } };
  if (model.enterprise && !store.isLicensed)
    return { errors: { non_field_errors: ['Enterprise is required to create/update this object.'] } };
  return { attributes: partial ? attributes : { ...model.resetByPut, ...attributes } };
}
