/** Create, read, update, delete and `used_by` for every kind of object, by its catalogue entry. */
import { randomBytes } from 'node:crypto';
import { BLUEPRINT, FLOW_BINDING, GROUP, SOURCE, TOKEN, USER } from './catalogue/core.ts';
import { PROVIDER } from './catalogue/oauth2.ts';
import { POLICY } from './catalogue/policies.ts';
import { STAGE } from './catalogue/stages.ts';
import { answer, type Answer, detail, type Request } from './http.ts';
import type { Json, JsonObject } from './json.ts';
import { page, select } from './listing.ts';
import { type ModelSpec, type Row, ServerCrash } from './model.ts';
import { bornNow, changePerson } from './people.ts';
import { removeWithDependents, usedBy } from './references.ts';
import { represent } from './represent.ts';
import { isUuid, judge } from './validate.ts';
import type { World } from './world.ts';

/** A list path and what it lists: one model, or all that share a base. */
interface Collection {
  path: string;
  key: string;
  model: ModelSpec | null;
  className: string;
  /** Schema component of an item; empty for the item's own. */
  component: string;
  lookup: 'pk' | 'slug';
}

const BASES: readonly Collection[] = [
  { path: '/stages/all/', key: STAGE, model: null, className: 'Stage', component: 'Stage', lookup: 'pk' },
  { path: '/policies/all/', key: POLICY, model: null, className: 'Policy', component: '', lookup: 'pk' },
  { path: '/providers/all/', key: PROVIDER, model: null, className: 'Provider', component: 'Provider', lookup: 'pk' },
  { path: '/sources/all/', key: SOURCE, model: null, className: 'Source', component: 'Source', lookup: 'slug' },
];

export type Target = { collection: Collection; kind: 'list' | 'detail' | 'used_by' };

/** What a path template of the schema addresses, or null when it's none of the ordinary collections. */
export function resolve(template: string, world: World): Target | null {
  const [, listPath = '', suffix] = /^(.*?\/)(?:\{[^}]+\}\/(used_by\/)?)?$/.exec(template) ?? [];
  const model = world.store.models.find((candidate) => candidate.path === listPath) ?? null;
  const collection =
    BASES.find((base) => base.path === listPath) ??
    (model === null ? null : { path: listPath, key: model.key, model, className: model.className, component: '', lookup: model.lookup });
  if (collection === null) return null;
  return { collection, kind: !template.endsWith('}/') && suffix === undefined ? 'list' : suffix === undefined ? 'detail' : 'used_by' };
}

function find(collection: Collection, id: string, world: World): Row | Answer {
  const integer = collection.model?.integerPk === true || collection.key === PROVIDER;
  if (collection.lookup === 'pk' && !integer && !isUuid(id)) return detail(404, 'Not found.');
  const row =
    collection.lookup === 'slug'
      ? world.store.find(collection.key, 'slug', id)
      : world.store.get(collection.key, integer ? Number(id) : id.toLowerCase());
  return row ?? detail(404, `No ${collection.className} matches the given query.`);
}

/** What a new object holds beside its body and the defaults. */
function born(model: ModelSpec, request: Request): JsonObject {
  const now = new Date();
  const later = new Date(now.getTime() + 30 * 24 * 3600 * 1000).toISOString();
  const soon = new Date(now.getTime() + 30 * 60_000).toISOString();
  if (model.key === USER) return bornNow();
  if (model.key === GROUP) return { num_pk: 1000 + Math.floor(Math.random() * 60_000) };
  if (model.key === TOKEN) return { key: randomBytes(30).toString('hex'), expires: later };
  if (model.className === 'OAuth2Provider')
    return { client_id: randomBytes(20).toString('hex'), client_secret: randomBytes(64).toString('hex') };
  if (model.className === 'Invitation') return { created_by: request.user?.pk ?? null, expires: soon };
  if (model.className === 'BlueprintInstance')
    return { status: 'unknown', last_applied: now.toISOString(), last_applied_hash: '', managed_models: [], metadata: {} };
  return {};
}

/** The database wants stage names unique among all types; where only the own type is checked before, the insert fails. */
function failOnHiddenClash(model: ModelSpec, attributes: Record<string, Json>, instance: Row | null, world: World): void {
  if (!model.uniqueWithinModel || model.base === null || attributes.name === undefined) return;
  if (world.store.all(model.base).some((row) => row !== instance && row.values.name === attributes.name)) throw new ServerCrash('name');
}

const show = (row: Row, request: Request, world: World, component = ''): JsonObject => {
  const body = request.body;
  const bareStage =
    row.model.key === FLOW_BINDING && request.method !== 'GET' && typeof body === 'object' && body !== null && 'stage' in body;
  return represent(row, world, { query: request.query, bareStage }, component === '' ? row.model.schema : component);
};

function create(model: ModelSpec, request: Request, world: World): Answer {
  const verdict = judge({ model, body: request.body ?? {}, partial: false, instance: null }, world.api, world.store);
  if ('errors' in verdict) return answer(400, verdict.errors);
  failOnHiddenClash(model, verdict.attributes, null, world);
  const row = world.store.add(model, { ...structuredClone(model.defaults), ...born(model, request), ...verdict.attributes });
  world.audit.record('model_created', row, request, world);
  world.changed(model);
  return answer(201, show(row, request, world));
}

function update(row: Row, request: Request, world: World): Answer {
  const { model } = row;
  const verdict = judge({ model, body: request.body ?? {}, partial: request.method === 'PATCH', instance: row }, world.api, world.store);
  if ('errors' in verdict) return answer(400, verdict.errors);
  failOnHiddenClash(model, verdict.attributes, row, world);
  if (model.key === BLUEPRINT) row.values.last_applied = new Date().toISOString();
  if (model.key === USER) changePerson(row, verdict.attributes);
  else Object.assign(row.values, verdict.attributes);
  world.audit.record('model_updated', row, request, world);
  world.changed(model);
  return answer(200, show(row, request, world));
}

function remove(row: Row, request: Request, world: World): Answer {
  if (row.model.className === 'Source') return detail(400, 'Built-in sources cannot be deleted');
  for (const gone of removeWithDependents(row, world)) {
    world.audit.record('model_deleted', gone, request, world);
    world.changed(gone.model);
  }
  return answer(204, null);
}

function detailOf(collection: Collection, id: string, request: Request, world: World): Answer {
  const found = find(collection, id, world);
  if ('status' in found) return found;
  if (request.method === 'DELETE') return remove(found, request, world);
  return request.method === 'GET' ? answer(200, show(found, request, world, collection.component)) : update(found, request, world);
}

/** Serves one request to a collection. The method is one that the schema has for the path. */
export function serve({ collection, kind }: Target, id: string, request: Request, template: string, world: World): Answer {
  world.access.demandFor(request.user, request.method, collection.key);
  const { user } = request;
  if (kind === 'list') {
    if (request.method === 'POST' && collection.model !== null) return create(collection.model, request, world);
    const rows = select({ template, query: request.query, rows: world.store.all(collection.key), model: collection.model }, world);
    return page(rows, request.query, (row) => show(row, request, world, collection.component));
  }
  if (kind === 'detail') return detailOf(collection, id, request, world);
  const found = find(collection, id, world);
  if ('status' in found) return found;
  return answer(
    200,
    usedBy(found, world, (app, model) => world.access.may(user, `${app}.view_${model}`)),
  );
}
