/** Fills a stand-in with what a fresh installation holds, from the recorded transcripts of the same version. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stockOf } from './blueprints.ts';
import { GROUP, OTHER_TARGET, ROLE, TOKEN } from './catalogue/core.ts';
import { KEY_PAIR } from './catalogue/oauth2.ts';
import { POLICY_BINDING } from './catalogue/policies.ts';
import { isObject, type Json, type JsonObject, text } from './json.ts';
import type { ModelSpec } from './model.ts';
import { addPerson } from './people.ts';
import type { World } from './world.ts';

const FIXED = ['/admin/version/', '/root/config/', '/stages/email/templates/'];
const COMPUTED = new Set([
  'pk',
  'brand_uuid',
  'policybindingmodel_ptr_id',
  'component',
  'verbose_name',
  'verbose_name_plural',
  'meta_model_name',
  'flow_set',
  'stages',
  'policies',
  'cache_count',
  'background_url',
  'background_themed_urls',
  'export_url',
  'stage_obj',
  'bound_to',
  'policy_obj',
  'group_obj',
  'user_obj',
  'prompt_stages_obj',
  'users_obj',
  'parents_obj',
  'roles_obj',
  'inherited_roles_obj',
  'children',
  'children_obj',
  'icon_url',
  'icon_themed_urls',
  'countries_obj',
  'webauthn_allowed_device_types_obj',
  'device_type_restrictions_obj',
]);
export const ADMIN = 3;

/** `{{uuid:N}}` → the same fresh UUID everywhere; `{{time}}` → now. */
function filled(value: Json, uuids: Map<string, string>): Json {
  if (typeof value === 'string') {
    const concrete = value.replaceAll(/\{\{uuid:\d+\}\}/g, (placeholder) => {
      const known = uuids.get(placeholder) ?? randomUUID();
      uuids.set(placeholder, known);
      return known;
    });
    return concrete.replaceAll('{{time}}', new Date().toISOString());
  }
  if (Array.isArray(value)) return value.map((item) => filled(item, uuids));
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, filled(member, uuids)])) : value;
}

interface Step {
  request: { method: string; path: string };
  response: { body: Json };
}

function recorded(version: string, scenario: string): Step[] {
  const path = join(import.meta.dirname, '..', 'transcripts', version, `${scenario}.json`);
  return (JSON.parse(readFileSync(path, 'utf8')) as { steps: Step[] }).steps;
}

/** `stock` is silent about scope mappings; whoever makes a provider lists them first. */
function stock(version: string): Step[] {
  const mappings = recorded(version, 'oidc-login').filter(({ request }) => request.path.startsWith('/propertymappings/'));
  return [
    ...recorded(version, 'stock'),
    // The placeholders of another scenario stand for other UUIDs.
    ...mappings.map((step) => JSON.parse(JSON.stringify(step).replaceAll('{{uuid:', '{{uuid:9000')) as Step),
  ];
}

function addItem(model: ModelSpec, item: JsonObject, world: World): void {
  const stored = Object.fromEntries(Object.entries(item).filter(([key]) => !COMPUTED.has(key)));
  world.store.add(
    model,
    { ...structuredClone(model.defaults), ...stored },
    { pk: text(item[model.idField]), ptr: model.bindable ? text(item.policybindingmodel_ptr_id, randomUUID()) : null },
  );
}

/** Notification rules have policies bound to them; only their identity is known. */
function addOtherTargets(world: World): void {
  for (const binding of world.store.all(POLICY_BINDING)) {
    const target = text(binding.values.target);
    if (world.store.target(target) === null)
      world.store.add(world.store.spec(OTHER_TARGET), { name: 'notification rule' }, { pk: target, ptr: target });
  }
}

function addPeople(world: World, token: string): void {
  const { store } = world;
  const now = new Date().toISOString();
  addPerson(
    store,
    { username: 'akadmin', name: 'authentik Default Admin', email: 'admin@example.com', password: randomUUID() },
    { pk: ADMIN },
  );
  for (const group of store.all(GROUP)) {
    for (const pk of group.values.roles as string[])
      if (store.get(ROLE, pk) === null) store.add(store.spec(ROLE), { name: group.values.name ?? '', permissions: [] }, { pk });
  }
  store.add(store.spec(TOKEN), {
    identifier: 'authentik-bootstrap-token',
    intent: 'api',
    user: ADMIN,
    key: token,
    expiring: false,
    managed: null,
    description: '',
    expires: now,
  });
}

/** The key pair that every installation makes for itself. */
function addKeyPair(world: World): void {
  const name = 'authentik Self-signed Certificate';
  const colons = (length: number): string => Array.from({ length }, () => '00').join(':');
  const pk = randomUUID();
  const address = (what: string): string => `/api/v3/crypto/certificatekeypairs/${pk}/view_${what}/?download`;
  world.store.add(
    world.store.spec(KEY_PAIR),
    {
      name,
      fingerprint_sha256: colons(32),
      fingerprint_sha1: colons(20),
      cert_expiry: new Date(Date.now() + 365 * 24 * 3600 * 1000).toISOString(),
      cert_subject: `OU=Self-signed,O=authentik,CN=${name}`,
      private_key_available: true,
      key_type: 'rsa',
      certificate_download_url: address('certificate'),
      private_key_download_url: address('private_key'),
      managed: null,
    },
    { pk },
  );
}

/** Seeds `world`; `token` is the administrator's. */
export function seed(world: World, token: string): void {
  const uuids = new Map<string, string>();
  for (const step of stock(world.version)) {
    const path = step.request.path.split('?')[0] ?? '';
    const body = filled(step.response.body, uuids);
    if (FIXED.includes(path)) world.fixed.set(path, body);
    const model =
      world.store.models.find((candidate) => candidate.path === path) ??
      (path === '/sources/all/' ? world.store.spec('authentik_core.source') : undefined);
    if (model === undefined || !isObject(body) || !Array.isArray(body.results)) continue;
    for (const item of body.results) if (isObject(item)) addItem(model, item, world);
  }
  world.stock = stockOf(world);
  addOtherTargets(world);
  addKeyPair(world);
  addPeople(world, token);
}
