/** Tokens and rights: who a request comes from and what that user may do. Rights come only through roles, on the user or on its groups. */
import { GROUP, ROLE, TOKEN, USER } from './catalogue/core.ts';
import { detail, FORBIDDEN, Refusal } from './http.ts';
import { ids, type Json } from './json.ts';
import type { ModelSpec, Row } from './model.ts';
import type { Store } from './store.ts';

/** Rights that belong to no one of add, change, delete, view; name as the permission list shows it. */
const EXTRA_PERMISSIONS: Record<string, string> = {
  'authentik_flows.clear_flow_cache': 'Can clear Flow cache',
  'authentik_flows.view_flow_cache': "View Flow's cache metrics",
  'authentik_flows.export_flow': 'Can export a Flow',
  'authentik_flows.inspect_flow': "Can inspect a Flow's execution",
  'authentik_policies.clear_policy_cache': "Clear Policy's cache metrics",
  'authentik_policies.view_policy_cache': "View Policy's cache metrics",
  'authentik_events.view_event': 'Can view Event',
  'authentik_flows.view_stage': 'Can view stage',
  'authentik_flows.delete_stage': 'Can delete stage',
  'authentik_policies.view_policy': 'Can view Policy',
  'authentik_policies.delete_policy': 'Can delete Policy',
  'authentik_policies.view_policybindingmodel': 'Can view Policy Binding Model',
  'authentik_core.view_provider': 'Can view provider',
  'authentik_core.reset_user_password': 'Reset Password',
  'authentik_core.view_token_key': "View token's key",
};
const ACTIONS = ['add', 'change', 'delete', 'view'];
const ACTION_OF: Record<string, string> = { GET: 'view', HEAD: 'view', POST: 'add', PUT: 'change', PATCH: 'change', DELETE: 'delete' };

export interface Permission {
  id: number;
  name: string;
  codename: string;
  model: string;
  app: string;
  modelVerbose: string;
}

export class Access {
  readonly permissions: readonly Permission[];
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
    this.permissions = catalogue(store.models);
  }

  /** The user behind an Authorization header. Ends the request when the token is wrong or expired. */
  authenticate(header: string): Row {
    const key = /^Bearer (.+)$/.exec(header)?.[1];
    const token =
      key === undefined ? undefined : this.store.all(TOKEN).find((row) => row.values.key === key && row.values.intent === 'api');
    const user = token === undefined ? null : this.store.get(USER, token.values.user);
    if (token === undefined || user === null || user.values.is_active !== true || isExpired(token))
      throw new Refusal(detail(403, 'Token invalid/expired'));
    return user;
  }

  isSuperuser(user: Row): boolean {
    return this.groupsOf(user).some((group) => group.values.is_superuser === true);
  }

  groupsOf(user: Row): Row[] {
    return this.store.all(GROUP).filter((group) => ids(group.values.users).includes(user.pk) || ids(user.values.groups).includes(group.pk));
  }

  rolesOf(user: Row): Row[] {
    const pks = [user, ...this.groupsOf(user)].flatMap((holder) => ids(holder.values.roles));
    return this.store.all(ROLE).filter((role) => pks.includes(role.pk));
  }

  /** Whether the user holds `app.codename`. */
  may(user: Row, permission: string): boolean {
    return this.isSuperuser(user) || this.rolesOf(user).some((role) => (role.values.permissions as Json[]).includes(permission));
  }

  /** Ends the request with 403 unless it comes from a user with the right. */
  demand(user: Row | null, permission: string | null): asserts user is Row {
    if (user === null) throw new Refusal(detail(403, 'Authentication credentials were not provided.'));
    if (permission !== null && !this.may(user, permission)) throw new Refusal(detail(403, FORBIDDEN));
  }

  /** Ends the request with 403 unless the user may do on `app.model` what the method does; reading is needed to find what is to be changed. */
  demandFor(user: Row | null, method: string, key: string): asserts user is Row {
    const [app = '', model = ''] = key.split('.');
    const action = ACTION_OF[method] ?? 'view';
    this.demand(user, `${app}.${action}_${model}`);
    if (action !== 'add') this.demand(user, `${app}.view_${model}`);
  }
}

function isExpired(token: Row): boolean {
  return token.values.expiring === true && typeof token.values.expires === 'string' && Date.parse(token.values.expires) < Date.now();
}

function catalogue(models: readonly ModelSpec[]): Permission[] {
  const ordinary = models.flatMap((model) =>
    ACTIONS.map((action) => ({
      name: `Can ${action} ${model.verboseName}`,
      codename: `${action}_${model.model}`,
      model: model.model,
      app: model.app,
      modelVerbose: model.verboseName,
    })),
  );
  const extra = Object.entries(EXTRA_PERMISSIONS).map(([permission, name]) => {
    const [app = '', codename = ''] = permission.split('.');
    const model = /_(flow|policybindingmodel|policy|stage|event|provider|token|user)/.exec(codename)?.[1] ?? '';
    return { name, codename, model, app, modelVerbose: model };
  });
  const known = new Set<string>();
  return [...ordinary, ...extra]
    .filter((permission) => !known.has(`${permission.app}.${permission.codename}`) && known.add(`${permission.app}.${permission.codename}`))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map((permission, index) => ({ id: index + 1, ...permission }));
}
