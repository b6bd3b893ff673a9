/**
 * Turns a stored object into what the API answers. Exactly the fields of the official schema's component, so a field that a version lacks
 * isn't answered; what isn't stored is computed here.
 */
import { createHash } from 'node:crypto';
import { BRAND, FLOW_BINDING, GROUP, PROMPT_STAGE, ROLE, USER } from './catalogue/core.ts';
import { APPLICATION, PROVIDER } from './catalogue/oauth2.ts';
import { POLICY, POLICY_BINDING } from './catalogue/policies.ts';
import { FLOW, STAGE } from './catalogue/stages.ts';
import { asText, ids, type Json, type JsonObject, text } from './json.ts';
import type { Row } from './model.ts';
import type { World } from './world.ts';

const FLOW_BACKGROUND = '/static/dist/assets/images/flow_background.jpg';
const AVATAR = 'data:image/svg+xml;base64,';
const REGIONS = new Intl.DisplayNames(['en'], { type: 'region' });

/** How a request asked for nested objects; the recorded lists of groups leave out users. */
export interface Depth {
  /** Query parameters of the request. */
  query: URLSearchParams;
  /** The stage object of a binding comes as the bare base class when the request itself named the stage. */
  bareStage: boolean;
}

export const SHALLOW: Depth = { query: new URLSearchParams(), bareStage: false };

type Computed = (row: Row, world: World, depth: Depth) => Json;

/** A stage's bindings to flows, in order. */
export function bindingsOf(world: World, field: 'target' | 'stage', pk: Json): Row[] {
  return world.store
    .all(FLOW_BINDING)
    .filter((row) => row.values[field] === pk)
    .sort((a, b) => Number(a.values.order) - Number(b.values.order) || a.seq - b.seq);
}

function flowSet(stage: Row, world: World): Json {
  return bindingsOf(world, 'stage', stage.pk).flatMap((binding) => {
    const flow = world.store.get(FLOW, binding.values.target);
    return flow === null ? [] : [represent(flow, world, SHALLOW, 'FlowSet')];
  });
}

/** A stage as its base class, as a binding shows it right after a request that named the stage. */
function bareStage(stage: Row, world: World): JsonObject {
  return {
    pk: stage.pk,
    name: stage.values.name ?? null,
    component: '',
    verbose_name: 'stage',
    verbose_name_plural: 'stages',
    meta_model_name: 'authentik_flows.stage',
    flow_set: flowSet(stage, world),
  };
}

function background(row: Row): Json {
  const value = text(row.values.background);
  if (value === '') return FLOW_BACKGROUND;
  return /^(https?:|\/)/.test(value) ? value : `/files/media/public/${value}`;
}

function nested(world: World, key: string, pk: Json | undefined, component: string): Json {
  const row = world.store.get(key, pk);
  return row === null ? null : represent(row, world, SHALLOW, component);
}

function nestedList(world: World, key: string, pks: Json | undefined, component: string): Json {
  return ids(pks).flatMap((pk) => nested(world, key, pk, component) ?? []);
}

const policiesBoundTo = (row: Row, world: World): Row[] =>
  world.store.all(POLICY_BINDING).filter((binding) => binding.values.target === row.pk);
const wants = (depth: Depth, parameter: string, unlessSaid: boolean): boolean =>
  depth.query.has(parameter) ? depth.query.get(parameter) === 'true' : unlessSaid;

/** A provider type of OAuth sources; the addresses that the real server knows are left out. */
function oauthType({ values }: Row): Json {
  const name = text(values.provider_type);
  return {
    name,
    verbose_name: name,
    urls_customizable: false,
    request_token_url: null,
    authorization_url: null,
    access_token_url: null,
    profile_url: null,
    oidc_well_known_url: null,
    oidc_jwks_url: null,
  };
}

const applicationOf = (provider: Row, world: World): Row | null => world.store.find(APPLICATION, 'provider', provider.pk);

/** Where an application is opened: its own address, else the origin of its provider's first redirect address. */
function launchURL({ values }: Row, world: World): Json {
  const [first] = (world.store.get(PROVIDER, values.provider)?.values.redirect_uris ?? []) as JsonObject[];
  return text(values.meta_launch_url) || (URL.parse(text(first?.url))?.origin ?? null);
}

const DEVICE_TYPE = 'authentik_stages_authenticator_webauthn.webauthndevicetype';

/** Values that aren't stored, by field name; the ones that mean different things in different models are by model. */
const COMPUTED: Record<string, Computed> = {
  pk: (row) => row.pk,
  brand_uuid: (row) => row.pk,
  connector_uuid: (row) => row.pk,
  aaguid: (row) => row.pk,
  connector_obj: (row, world) => nested(world, 'authentik_endpoints.connector', row.values.connector, 'Connector'),
  policybindingmodel_ptr_id: (row) => row.ptr,
  component: (row) => row.model.component,
  verbose_name: (row) => row.model.verboseName,
  verbose_name_plural: (row) => row.model.verboseNamePlural,
  meta_model_name: (row) => row.model.key,
  flow_set: flowSet,
  stages: (row, world) => bindingsOf(world, 'target', row.pk).map((binding) => binding.values.stage ?? null),
  policies: (row, world) => policiesBoundTo(row, world).flatMap((binding) => binding.values.policy ?? []),
  background_url: background,
  background_themed_urls: () => null,
  cache_count: (row, world) => world.plans.count(row.pk),
  export_url: (row) => `/api/v3/flows/instances/${asText(row.values.slug)}/export/`,
  stage_obj: (row, world, depth) => {
    const stage = world.store.get(STAGE, row.values.stage);
    if (stage === null) return null;
    return depth.bareStage ? bareStage(stage, world) : represent(stage, world, SHALLOW, 'Stage');
  },
  prompt_stages_obj: (row, world) =>
    world.store
      .all(PROMPT_STAGE)
      .filter((stage) => ids(stage.values.fields).includes(row.pk))
      .map((stage) => represent(stage, world)),
  bound_to: (row, world) =>
    world.store.all(POLICY_BINDING).filter((binding) => binding.values.policy === row.pk).length +
    world.store.all(PROMPT_STAGE).filter((stage) => ids(stage.values.validation_policies).includes(row.pk)).length,
  policy_obj: (row, world) => nested(world, POLICY, row.values.policy, ''),
  group_obj: (row, world) => nested(world, GROUP, row.values.group, 'PartialGroup'),
  user_obj: (row, world) => nested(world, USER, row.values.user, row.model.key === POLICY_BINDING ? 'PartialUser' : 'User'),
  flow_obj: (row, world) => nested(world, FLOW, row.values.flow, 'Flow'),
  countries_obj: (row) => ids(row.values.countries).map((code) => ({ code, name: REGIONS.of(String(code)) ?? '' })),
  device_type_restrictions_obj: (row, world) => nestedList(world, DEVICE_TYPE, row.values.device_type_restrictions, 'WebAuthnDeviceType'),
  webauthn_allowed_device_types_obj: (row, world) =>
    nestedList(world, DEVICE_TYPE, row.values.webauthn_allowed_device_types, 'WebAuthnDeviceType'),
  icon_url: () => null,
  icon_themed_urls: () => null,
  callback_url: (row) => `/source/oauth/callback/${asText(row.values.slug)}/`,
  type: oauthType,
  assigned_application_slug: (row, world) => applicationOf(row, world)?.values.slug ?? null,
  assigned_application_name: (row, world) => applicationOf(row, world)?.values.name ?? null,
  assigned_backchannel_application_slug: () => null,
  assigned_backchannel_application_name: () => null,
  provider_obj: (row, world) => nested(world, PROVIDER, row.values.provider, 'Provider'),
  backchannel_providers_obj: () => [],
  launch_url: launchURL,
  meta_icon_url: () => null,
  meta_icon_themed_urls: () => null,
  avatar: () => AVATAR,
  uid: (row) => createHash('sha256').update(asText(row.values.uuid)).digest('hex'),
  is_superuser: (row, world) => (row.model.key === USER ? world.access.isSuperuser(row) : (row.values.is_superuser ?? false)),
  groups_obj: (row, world, depth) =>
    wants(depth, 'include_groups', true)
      ? world.access.groupsOf(row).map((group) => represent(group, world, SHALLOW, 'PartialGroup'))
      : null,
  roles_obj: (row, world) => nestedList(world, ROLE, row.values.roles, 'Role'),
  parents_obj: () => null,
  users_obj: (row, world, depth) => (wants(depth, 'include_users', true) ? nestedList(world, USER, row.values.users, 'PartialUser') : null),
  inherited_roles_obj: () => null,
  children: (row, world) =>
    world.store
      .all(GROUP)
      .filter((group) => group.values.parent === row.pk || ids(group.values.parents).includes(row.pk))
      .map((group) => group.pk),
  children_obj: () => null,
};

/** Values that are shown otherwise than they are stored: membership is stored on either side and shown on both, a creator comes whole. */
const SHOWN: Record<string, Computed> = {
  [`${USER}.groups`]: (row, world) => world.access.groupsOf(row).map((group) => group.pk),
  'authentik_stages_invitation.invitation.created_by': (row, world) => nested(world, USER, row.values.created_by, 'PartialUser'),
  [`${GROUP}.users`]: (row, world) =>
    world.store
      .all(USER)
      .filter((user) => world.access.groupsOf(user).includes(row))
      .map((user) => user.pk),
};

/** The object as the named component of the official schema, by default the model's own. */
export function represent(row: Row, world: World, depth: Depth = SHALLOW, component = row.model.schema): JsonObject {
  const result: JsonObject = {};
  for (const field of world.api.fields(component === '' ? row.model.schema : component)) {
    if (field.writeOnly) continue;
    const value =
      SHOWN[`${row.model.key}.${field.name}`]?.(row, world, depth) ?? row.values[field.name] ?? COMPUTED[field.name]?.(row, world, depth);
    if (value !== undefined) result[field.name] = value;
    else if (field.name in row.values || field.required) result[field.name] = null;
  }
  return result;
}

/** The default brand as the audit log names it. */
export function brandContext(world: World): Json {
  const brand = world.store.all(BRAND).find((row) => row.values.default === true);
  return brand === undefined ? null : { pk: hex(brand.pk), app: 'authentik_brands', name: 'Default brand', model_name: 'brand' };
}

/** A UUID without dashes, as the audit log writes pks; numbers stay numbers. */
export function hex(pk: string | number): string | number {
  return typeof pk === 'string' ? pk.replaceAll('-', '') : pk;
}
