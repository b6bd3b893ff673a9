import { z } from 'zod';
import { STAGE_BINDING, POLICY_BINDING } from '../../../src/catalogue/bindings.ts';
import { FLOW } from '../../../src/catalogue/flow.ts';
import { POLICIES } from '../../../src/catalogue/policies.ts';
import { PROMPT } from '../../../src/catalogue/prompt.ts';
import { STAGES } from '../../../src/catalogue/stages.ts';
import type { AuthentikClient } from '../../../src/authentik/client.ts';
import { AuthentikError } from '../../../src/authentik/errors.ts';

/** Configuration as its API shows it, without identifiers: fields by object by list. References are names. */
export type AuthentikState = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;

/** What differs between two states. */
export interface Difference {
  /** Path of the list. */
  readonly list: string;
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Names of the fields that changed. */
  readonly fields: readonly string[];
}

/** Lists that are read, those first that others refer to. `/stages/all/` and `/policies/all/` stand for the types that the operator doesn't know. */
const LISTS = [
  FLOW.path,
  '/stages/all/',
  ...STAGES.map(({ path }) => path),
  PROMPT.path,
  '/policies/all/',
  ...POLICIES.map(({ path }) => path),
  '/core/groups/',
  '/sources/all/',
  '/core/brands/',
];

/** These have no name of their own: one is made of what they bind. */
const BINDING_LISTS = [STAGE_BINDING.path, POLICY_BINDING.path];

/** Computed by the server, or different in every installation. */
const LEFT_OUT =
  /^(pk|num_pk|\w+_uuid|policybindingmodel_ptr_id|\w+_obj|flow_set|\w+_url|\w+_urls|cache_count|bound_to|component|verbose_name\w*|meta_model_name|policies|users|last_updated|managed)$/;
const IDENTIFIERS = ['pk', 'policybindingmodel_ptr_id', 'pbm_uuid', 'brand_uuid'];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const Item = z.looseObject({});
type Item = z.infer<typeof Item>;

/** Reads the state: one request a list and page, a few at a time. People and tokens aren't configuration and are left out. */
export async function readState(client: AuthentikClient): Promise<AuthentikState> {
  const names = new Map<string, string>();
  const read = async (path: string): Promise<[string, readonly Item[]]> => [path, z.array(Item).parse(await listed(client, path))];
  const state: Record<string, Record<string, Record<string, unknown>>> = {};
  for (const paths of [LISTS, ...BINDING_LISTS.map((path) => [path])]) {
    const lists = await Promise.all(paths.map(read));
    for (const [, items] of lists) for (const item of items) remember(item, names);
    for (const [path, items] of lists) state[path] = byName(items.map((item) => [nameOf(item, names), plain(item, path, names)]));
  }
  return state;
}

/** Nothing where this version, or the stand-in, has no such list. */
async function listed(client: AuthentikClient, path: string): Promise<unknown> {
  try {
    return await client.list(path);
  } catch (error) {
    if (error instanceof AuthentikError && (error.status === 404 || error.status === 501)) return [];
    throw error;
  }
}

/** Objects and fields that differ, in no particular order. */
export function differences(before: AuthentikState, after: AuthentikState): readonly Difference[] {
  return keysOf(before, after).flatMap((list) => {
    const [old, now] = [before[list] ?? {}, after[list] ?? {}];
    return keysOf(old, now).flatMap((name): Difference[] => {
      const [left, right] = [old[name], now[name]];
      if (left === undefined) return [{ list, name, change: 'added', fields: [] }];
      if (right === undefined) return [{ list, name, change: 'removed', fields: [] }];
      const fields = keysOf(left, right).filter((field) => JSON.stringify(left[field]) !== JSON.stringify(right[field]));
      return fields.length === 0 ? [] : [{ list, name, change: 'changed', fields }];
    });
  });
}

function keysOf(...objects: readonly object[]): string[] {
  return [...new Set(objects.flatMap((object) => Object.keys(object)))];
}

/** Bindings to things that aren't configuration can't be told apart by name: they are numbered, in the order of their content. */
function byName(entries: readonly (readonly [string, Record<string, unknown>])[]): Record<string, Record<string, unknown>> {
  const result: Record<string, Record<string, unknown>> = {};
  for (const [name, fields] of [...entries].sort(([, left], [, right]) => JSON.stringify(left).localeCompare(JSON.stringify(right)))) {
    const same = Object.keys(result).filter((other) => other === name || other.startsWith(`${name} (`)).length;
    result[same === 0 ? name : `${name} (${same + 1})`] = fields;
  }
  return result;
}

function remember(item: Item, names: Map<string, string>): void {
  for (const field of IDENTIFIERS) {
    const value = item[field];
    if (typeof value === 'string') names.set(value, nameOf(item, names));
  }
}

function nameOf(item: Item, names: ReadonlyMap<string, string>): string {
  if ('target' in item) {
    const bound = [item['stage'], item['policy'], item['group'], item['user']].find((value) => value !== undefined && value !== null);
    return `${text(named(item['target'], names))} #${text(item['order'])} ${text(named(bound, names))}`;
  }
  return text(item['slug'] ?? item['domain'] ?? item['name']);
}

function plain(item: Item, path: string, names: ReadonlyMap<string, string>): Record<string, unknown> {
  const isFlow = path === FLOW.path;
  const kept = Object.entries(item).filter(([field]) => !LEFT_OUT.test(field) && !(isFlow && field === 'stages'));
  return Object.fromEntries(kept.map(([field, value]) => [field, named(value, names)]));
}

function named(value: unknown, names: ReadonlyMap<string, string>): unknown {
  // Lists of references are sets; all other lists keep their order.
  if (Array.isArray(value)) {
    const members = value.map((member: unknown) => named(member, names));
    return value.some((member) => typeof member === 'string' && UUID.test(member)) ? members.sort() : members;
  }
  if (typeof value !== 'string' || !UUID.test(value)) return value;
  return names.get(value) ?? 'an object that is not configuration';
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value ?? null);
}
