/** The endpoints that aren't a collection: who am I, versions, caches, rights, tokens, the audit log. */
import { randomBytes } from 'node:crypto';
import type { Permission } from './access.ts';
import { applyBlueprint } from './blueprints.ts';
import { BLUEPRINT, BRAND, ROLE, TOKEN, USER } from './catalogue/core.ts';
import { KEY_PAIR } from './catalogue/oauth2.ts';
import { POLICY } from './catalogue/policies.ts';
import { FLOW } from './catalogue/stages.ts';
import { diagram } from './diagram.ts';
import { literal } from './executor/expressions.ts';
import { judgePolicy } from './executor/policy-engine.ts';
import { answer, type Answer, detail, type Request } from './http.ts';
import { isObject, type Json, type JsonObject, text } from './json.ts';
import { NOT_A_CHOICE, notAUuid, page } from './listing.ts';
import { type Row, ServerCrash } from './model.ts';
import { addPerson, changePerson } from './people.ts';
import { represent, SHALLOW } from './represent.ts';
import { isUuid, judge } from './validate.ts';
import type { World } from './world.ts';

type Handler = (request: Request & { user: Row }, id: string, world: World) => Answer;

interface Special {
  /** Right that the caller needs; null for any token. */
  permission: string | null;
  handle: Handler;
}

const fixed = (path: string): Special => ({
  permission: null,
  handle: (_request, _id, world) => answer(200, world.fixed.get(path) ?? null),
});

function me({ user }: { user: Row }, world: World): Answer {
  const self = represent(user, world, SHALLOW, 'UserSelf');
  const named = (rows: Row[]): Json => rows.map((row) => ({ name: row.values.name ?? '', pk: row.pk }));
  const shown = {
    ...self,
    ...('is_current' in self ? { is_current: true } : {}),
    groups: named(world.access.groupsOf(user)),
    roles: named(world.access.rolesOf(user)),
    settings: {},
    system_permissions: [],
  };
  // The accounts that a browser is signed in with; a token has one.
  const several = world.api.fields('SessionUser').some(({ name }) => name === 'users');
  return answer(200, { user: shown, ...(several ? { users: [shown] } : {}) });
}

const showPermission = ({ id, name, codename, model, app, modelVerbose }: Permission): Json => ({
  id,
  name,
  codename,
  model,
  app_label: app,
  app_label_verbose: `authentik ${app
    .replace('authentik_', '')
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('.')
    .replace('User.', 'User ')}`,
  model_verbose: modelVerbose,
});

function permissions(request: Request, world: World): Answer {
  const role = request.query.get('role');
  const row = role === null ? null : world.store.get(ROLE, role);
  if (role !== null && row === null) return answer(400, { role: [isUuid(role) ? NOT_A_CHOICE : notAUuid(role)] });
  const held = (row?.values.permissions ?? []) as Json[];
  const codename = request.query.get('codename');
  const found = world.access.permissions.filter(
    (permission) =>
      (row === null || held.includes(`${permission.app}.${permission.codename}`)) &&
      (codename === null || permission.codename === codename),
  );
  return page(found, request.query, showPermission);
}

function assign(request: Request, id: string, world: World): Answer {
  const role = world.store.get(ROLE, id);
  const body = request.body as { permissions?: string[] };
  if (role === null) return detail(404, 'No Role matches the given query.');
  const wanted = body.permissions ?? [];
  const held = role.values.permissions as Json[];
  for (const permission of wanted) {
    if (!world.access.permissions.some(({ app, codename }) => `${app}.${codename}` === permission))
      throw new ServerCrash('Permission matching query does not exist.');
  }
  role.values.permissions = [...new Set([...held, ...wanted])];
  return answer(
    200,
    wanted.map((_permission, index) => ({ id: String(index + 1) })),
  );
}

function addUser(request: Request, id: string, world: World): Answer {
  const role = world.store.get(ROLE, id);
  const user = world.store.get(USER, (request.body as { pk?: number }).pk ?? null);
  if (role === null) return detail(404, 'No Role matches the given query.');
  if (user === null) return detail(404, 'No User matches the given query.');
  user.values.roles = [...new Set([...(user.values.roles as Json[]), role.pk])];
  return answer(204, null);
}

/** A service account comes with an app password, which is no API token. */
function serviceAccount(request: Request, world: World): Answer {
  const body = request.body as { name?: string; expiring?: boolean };
  if (typeof body.name !== 'string' || body.name === '') return answer(400, { name: ['This field is required.'] });
  if (world.store.find(USER, 'username', body.name) !== null) return answer(400, { non_field_errors: ['Unable to create user'] });
  const user = addPerson(world.store, {
    username: body.name,
    name: body.name,
    type: 'service_account',
    path: 'goauthentik.io/service-accounts',
    attributes: { 'goauthentik.io/user/token-expires': body.expiring ?? true },
  });
  const key = randomBytes(30).toString('hex');
  world.store.add(world.store.spec(TOKEN), {
    identifier: `service-account-${body.name}-password`,
    intent: 'app_password',
    user: user.pk,
    key,
    expiring: body.expiring ?? true,
    expires: new Date().toISOString(),
    managed: null,
    description: '',
  });
  world.audit.record('model_created', user, request, world);
  return answer(200, { username: body.name, user_uid: represent(user, world).uid ?? '', user_pk: user.pk, token: key });
}

function setPassword(request: Request, id: string, world: World): Answer {
  const user = world.store.get(USER, Number(id));
  if (user === null) return detail(404, 'No User matches the given query.');
  const { password } = isObject(request.body) ? request.body : {};
  if (typeof password !== 'string') return answer(400, { password: ['This field is required.'] });
  if (password === '') return answer(400, { password: ['This field may not be blank.'] });
  changePerson(user, { password });
  world.audit.note('password_set', {}, { ...request, user }, world);
  world.audit.record('model_updated', user, request, world);
  return answer(204, null);
}

/** Answers with the blueprint as it was before. */
function apply(request: Request & { user: Row }, id: string, world: World): Answer {
  world.access.demand(request.user, 'authentik_blueprints.view_blueprintinstance');
  if (!isUuid(id)) return detail(404, 'Not found.');
  const instance = world.store.get(BLUEPRINT, id);
  if (instance === null) return detail(404, 'No BlueprintInstance matches the given query.');
  const before = represent(instance, world);
  applyBlueprint(instance, world);
  return answer(200, before);
}

function viewKey(id: string, world: World): Answer {
  const token = world.store.find(TOKEN, 'identifier', id);
  return token === null ? detail(404, 'No Token matches the given query.') : answer(200, { key: text(token.values.key) });
}

function preview(request: Request, world: World): Answer {
  const model = world.store.spec('authentik_stages_prompt.prompt');
  const verdict = judge(
    { model: { ...model, unique: {} }, body: request.body ?? {}, partial: false, instance: null },
    world.api,
    world.store,
  );
  if ('errors' in verdict) return answer(400, verdict.errors);
  const prompt: Record<string, Json> = { ...model.defaults, ...verdict.attributes };
  const value = (field: string): Json => (prompt[`${field}_expression`] === true ? literal(text(prompt[field])) : (prompt[field] ?? ''));
  try {
    const placeholder = value('placeholder');
    const choices = Array.isArray(placeholder) ? placeholder.map((choice) => ({ value: choice, label: choice })) : null;
    const { field_key, label, type, required, order, sub_text } = prompt;
    const shown = {
      field_key,
      label,
      type,
      required,
      order,
      sub_text,
      placeholder: Array.isArray(placeholder) ? '' : placeholder,
      initial_value: value('initial_value'),
      choices,
    };
    return answer(200, { component: 'ak-stage-prompt', fields: [shown as Json] }, { rest: false });
  } catch (error) {
    return answer(400, { non_field_errors: [`Traceback (most recent call last):\n${String(error)}`] });
  }
}

function testPolicy(request: Request, id: string, world: World): Answer {
  const policy = world.store.get(POLICY, id);
  if (policy === null) return detail(404, 'No Policy matches the given query.');
  const { user: pk, context } = request.body as { user?: number; context?: { prompt_data?: JsonObject } };
  const user = world.store.get(USER, pk ?? null);
  if (user === null)
    return answer(400, { user: [pk === undefined ? 'This field is required.' : `Invalid pk "${String(pk)}" - object does not exist.`] });
  const asked = { authenticatedBy: null, promptData: context?.prompt_data ?? {}, user: user.values, page: null, leadTo: () => undefined };
  const { passes, messages } = judgePolicy(policy, asked);
  return answer(200, { passing: passes, messages, log_messages: [] });
}

/** By method and path template of the official schema. */
const SPECIAL: Record<string, Special> = {
  'GET /admin/version/': fixed('/admin/version/'),
  'GET /stages/email/templates/': fixed('/stages/email/templates/'),
  'GET /core/users/me/': { permission: null, handle: (request, _id, world) => me(request, world) },
  'GET /rbac/permissions/': { permission: null, handle: (request, _id, world) => permissions(request, world) },
  'POST /rbac/permissions/assigned_by_roles/{uuid}/assign/': { permission: 'authentik_rbac.change_role', handle: assign },
  'POST /rbac/roles/{uuid}/add_user/': { permission: 'authentik_rbac.change_role', handle: addUser },
  'POST /core/users/service_account/': {
    permission: 'authentik_core.add_user',
    handle: (request, _id, world) => serviceAccount(request, world),
  },
  'POST /core/users/{id}/set_password/': { permission: 'authentik_core.reset_user_password', handle: setPassword },
  'POST /managed/blueprints/{instance_uuid}/apply/': { permission: 'authentik_blueprints.add_blueprintinstance', handle: apply },
  'GET /core/tokens/{identifier}/view_key/': {
    permission: 'authentik_core.view_token_key',
    handle: (_request, id, world) => viewKey(id, world),
  },
  'GET /events/events/': {
    permission: 'authentik_events.view_event',
    handle: (request, _id, world) => page(world.audit.select(request.query), request.query, (event) => event),
  },
  'GET /flows/instances/cache_info/': {
    permission: 'authentik_flows.view_flow_cache',
    handle: (_request, _id, world) => answer(200, { count: world.plans.count() }),
  },
  'POST /flows/instances/cache_clear/': {
    permission: 'authentik_flows.clear_flow_cache',
    handle: (_request, _id, world) => (world.plans.clear(), answer(204, null)),
  },
  'GET /policies/all/cache_info/': { permission: 'authentik_policies.view_policy_cache', handle: () => answer(200, { count: 0 }) },
  'POST /policies/all/cache_clear/': {
    permission: 'authentik_policies.clear_policy_cache',
    handle: (_request, _id, world) => (world.plans.clear(), answer(204, null)),
  },
  'GET /flows/instances/{slug}/diagram/': {
    permission: 'authentik_flows.view_flow',
    handle: (_request, slug, world) => {
      const flow = world.store.find(FLOW, 'slug', slug);
      return flow === null ? detail(404, 'No Flow matches the given query.') : answer(200, { diagram: diagram(flow, world) });
    },
  },
  'GET /crypto/certificatekeypairs/': {
    permission: 'authentik_crypto.view_certificatekeypair',
    handle: ({ query }, _id, world) => page(world.store.all(KEY_PAIR), query, (row) => represent(row, world)),
  },
  'POST /stages/prompt/prompts/preview/': {
    permission: 'authentik_stages_prompt.view_prompt',
    handle: (request, _id, world) => preview(request, world),
  },
  'POST /policies/all/{policy_uuid}/test/': { permission: 'authentik_policies.view_policy', handle: testPolicy },
};

/** The brand of whoever asks, by the longest domain that the host ends with; what is empty is left out. */
function currentBrand({ headers }: Request, world: World): Answer {
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  const brands = world.store.all(BRAND);
  const domain = (row: Row): string => text(row.values.domain);
  const [matched] = brands.filter((row) => host.endsWith(domain(row))).sort((a, b) => domain(b).length - domain(a).length);
  const brand = matched ?? brands.find((row) => row.values.default === true);
  const values = brand?.values ?? {};
  const flows = Object.entries(values).flatMap(([field, pk]) => {
    const slug = field.startsWith('flow_') ? world.store.get(FLOW, pk)?.values.slug : undefined;
    return slug === undefined ? [] : [[field, slug] as const];
  });
  return answer(200, {
    matched_domain: values.domain ?? 'fallback',
    branding_title: values.branding_title ?? '',
    branding_logo: values.branding_logo ?? '',
    branding_logo_themed_urls: null,
    branding_favicon: values.branding_favicon ?? '',
    branding_favicon_themed_urls: null,
    branding_custom_css: values.branding_custom_css ?? '',
    ui_footer_links: [],
    ui_theme: 'automatic',
    ...Object.fromEntries(flows),
    default_locale: '',
    flags: { policies_buffered_access_view: false, flows_refresh_others: false, enterprise_audit_include_expanded_diff: false },
  });
}

/** Serves what isn't a collection; null when `template` isn't one of these. Anonymous callers get the configuration only. */
export function serveSpecial(template: string, request: Request, id: string, world: World): Answer | null {
  if (template === '/root/config/') return answer(200, world.fixed.get(template) ?? null);
  if (template === '/core/brands/current/' && request.method === 'GET') return currentBrand(request, world);
  const special = SPECIAL[`${request.method} ${template}`];
  if (special === undefined) return null;
  world.access.demand(request.user, special.permission);
  return special.handle({ ...request, user: request.user }, id, world);
}
