/**
 * Reduces Authentik's OpenAPI document to what flows touch. Pure: the same document always gives the same text, so a stored file can be
 * compared with one fetched again.
 */
import { createHash } from 'node:crypto';

/** JSON as it is parsed. */
type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** Where a stored schema came from. `integrity` is npm's hash of the whole package, `content` the SHA-256 of the trimmed document. */
export interface SchemaOrigin {
  package: string;
  version: string;
  integrity: string;
  content: string;
}

/** Path prefixes that are kept, below `/api/v3`. One that ends in `$` is kept alone. */
const KEPT_PATHS = [
  '/flows/',
  '/stages/',
  '/policies/',
  '/core/users/$',
  '/core/users/{id}/$',
  '/core/users/me/$',
  '/core/users/service_account/$',
  '/core/users/{id}/set_password/$',
  '/core/groups/$',
  '/core/groups/{group_uuid}/$',
  '/core/groups/{group_uuid}/used_by/$',
  '/core/groups/{group_uuid}/add_user/$',
  '/core/groups/{group_uuid}/remove_user/$',
  '/core/tokens/$',
  '/core/tokens/{identifier}/view_key/$',
  '/core/brands/',
  '/core/applications/$',
  '/core/applications/{slug}/$',
  '/core/applications/{slug}/used_by/$',
  '/providers/all/$',
  '/providers/all/{id}/$',
  '/providers/oauth2/$',
  '/providers/oauth2/{id}/$',
  '/providers/oauth2/{id}/used_by/$',
  '/crypto/certificatekeypairs/$',
  '/crypto/certificatekeypairs/{kp_uuid}/$',
  '/endpoints/connectors/$',
  '/endpoints/connectors/{connector_uuid}/$',
  '/propertymappings/notification/$',
  '/propertymappings/notification/{pm_uuid}/$',
  '/propertymappings/provider/scope/$',
  '/propertymappings/provider/scope/{pm_uuid}/$',
  '/sources/all/$',
  '/sources/all/{slug}/',
  '/sources/oauth/$',
  '/sources/oauth/{slug}/$',
  '/sources/saml/$',
  '/sources/saml/{slug}/$',
  '/managed/blueprints/$',
  '/managed/blueprints/{instance_uuid}/$',
  '/managed/blueprints/{instance_uuid}/apply/$',
  '/admin/version/$',
  '/root/config/$',
  '/events/events/$',
  '/rbac/permissions/$',
  '/rbac/roles/$',
  '/rbac/roles/{uuid}/$',
  '/rbac/roles/{uuid}/add_user/$',
  '/rbac/permissions/assigned_by_roles/{uuid}/assign/$',
];

/** Keys that say nothing about the form of data. */
const DROPPED_KEYS = new Set(['tags', 'security', 'operationId', 'description', 'x-enum-varnames']);

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keeps(path: string): boolean {
  return KEPT_PATHS.some((kept) => (kept.endsWith('$') ? path === kept.slice(0, -1) : path.startsWith(kept)));
}

/** Without prose. Inside `properties` every key is a field's name, so `description` and `tags` stay there. */
function stripped(value: Json, insideProperties = false): Json {
  if (Array.isArray(value)) return value.map((item) => stripped(item));
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    if (insideProperties || !DROPPED_KEYS.has(key)) result[key] = stripped(member, key === 'properties' && !insideProperties);
  }
  return result;
}

function* references(value: Json): Generator<string> {
  if (Array.isArray(value)) for (const item of value) yield* references(item);
  else if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      if (typeof member === 'string' && (key === '$ref' || member.startsWith('#/components/'))) yield member;
      else yield* references(member);
    }
  }
}

/** Every component that the paths reach, as `schemas/Flow` and the like. */
function reachable(roots: Json, components: JsonObject): JsonObject {
  const kept: JsonObject = {};
  const queue = [...references(roots)];
  for (let reference = queue.pop(); reference !== undefined; reference = queue.pop()) {
    const [section, name] = reference.replace('#/components/', '').split('/');
    if (section === undefined || name === undefined) throw new Error(`unexpected reference ${reference}`);
    const target = isObject(components[section]) ? components[section][name] : undefined;
    if (target === undefined) throw new Error(`dangling reference ${reference}`);
    const keptSection = (kept[section] ??= {});
    if (!isObject(keptSection) || keptSection[name] !== undefined) continue;
    keptSection[name] = stripped(target);
    queue.push(...references(keptSection[name]));
  }
  return kept;
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

/** What flows touch of `document`: paths, and the components they reach. Throws when a reference leads nowhere. */
export function trimSchema(document: JsonObject): JsonObject {
  const { paths, components, info } = document;
  if (!isObject(paths) || !isObject(components) || !isObject(info)) throw new Error('not an OpenAPI document');
  const keptPaths = stripped(Object.fromEntries(Object.entries(paths).filter(([path]) => keeps(path))));
  const trimmed = {
    openapi: document.openapi ?? '',
    info: { version: info.version ?? '' },
    paths: keptPaths,
    components: reachable(keptPaths, components),
  };
  return sorted(trimmed) as JsonObject;
}

/** SHA-256 of the document without its `x-origin`, as kept in `x-origin.content`. */
export function contentHash(document: JsonObject): string {
  const content = Object.fromEntries(Object.entries(document).filter(([key]) => key !== 'x-origin'));
  return createHash('sha256')
    .update(JSON.stringify(sorted(content)))
    .digest('hex');
}

/** `2025.12.6` → `2025.12`. */
export function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** The text of the stored file: one line per path and component, so that a change can be read in a diff. */
export function schemaText(document: JsonObject, origin: Omit<SchemaOrigin, 'content'>): string {
  const { paths, components, ...head } = document;
  if (!isObject(paths) || !isObject(components)) throw new Error('not a trimmed schema');
  const lines = (members: JsonObject): string =>
    Object.entries(members)
      .map(([key, member]) => `${JSON.stringify(key)}:${JSON.stringify(member)}`)
      .join(',\n');
  const sections = Object.entries(components).map(([key, members]) => `${JSON.stringify(key)}:{\n${lines(members as JsonObject)}\n}`);
  const start = JSON.stringify({ 'x-origin': { ...origin, content: contentHash(document) }, ...head }).slice(0, -1);
  return `${start},\n"paths":{\n${lines(paths)}\n},\n"components":{${sections.join(',\n')}}}\n`;
}
