/** Policy types and policy bindings: what the server fills in and refuses. Source: the recorded transcript `policies`. */
import { asText, type Json, type JsonObject } from '../json.ts';
import { type Errors, model, type ModelSpec, ServerCrash } from '../model.ts';
import { syntaxError } from '../python-syntax.ts';

export const POLICY = 'authentik_policies.policy';
export const POLICY_BINDING = 'authentik_policies.policybinding';

interface PolicyRow {
  className: string;
  verboseName: string;
  component: string;
  app?: string;
  defaults: JsonObject;
  enterprise?: true;
  validate?: (attributes: Record<string, Json>) => Errors | null;
}

const CRITERIA = ['action', 'client_ip', 'app', 'model'];

/** The real validator reads one criterion after the other from the body until one isn't empty, and fails on one that is missing. */
function validateEventMatcher(sent: Record<string, Json>): Errors | null {
  for (const criterion of CRITERIA) {
    if (sent[criterion] === undefined) throw new ServerCrash(criterion);
    if (sent[criterion] !== '') return null;
  }
  return { non_field_errors: ['At least one criteria must be set.'] };
}

function validateExpression(sent: Record<string, Json>): Errors | null {
  const problem = typeof sent.expression === 'string' ? syntaxError(sent.expression) : null;
  return problem === null ? null : { expression: [`Expression Syntax Error: ${problem} (temp-policy, line 2)`] };
}

function validateReputation(sent: Record<string, Json>): Errors | null {
  return sent.check_ip === true || sent.check_username === true ? null : { non_field_errors: ['Either IP or Username must be checked'] };
}

const PASSWORD_DEFAULTS: JsonObject = {
  password_field: 'password',
  amount_digits: 0,
  amount_uppercase: 0,
  amount_lowercase: 0,
  amount_symbols: 0,
  length_min: 0,
  symbol_charset: '!\\"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ ',
  error_message: '',
  check_static_rules: true,
  check_have_i_been_pwned: false,
  check_zxcvbn: false,
  hibp_allowed_count: 0,
  zxcvbn_score_threshold: 2,
};
const GEOIP_DEFAULTS: JsonObject = {
  asns: [],
  check_history_distance: false,
  history_max_distance_km: 100,
  distance_tolerance_km: 50,
  history_login_count: 5,
  check_impossible_travel: false,
  impossible_tolerance_km: 100,
};

const ROWS: Record<string, PolicyRow> = {
  dummy: {
    className: 'DummyPolicy',
    verboseName: 'Dummy Policy',
    component: 'ak-policy-dummy-form',
    defaults: { result: false, wait_min: 5, wait_max: 30 },
  },
  event_matcher: {
    className: 'EventMatcherPolicy',
    verboseName: 'Event Matcher Policy',
    component: 'ak-policy-event-matcher-form',
    defaults: { action: null, client_ip: null, app: null, model: null },
    validate: validateEventMatcher,
  },
  expression: {
    className: 'ExpressionPolicy',
    verboseName: 'Expression Policy',
    component: 'ak-policy-expression-form',
    defaults: {},
    validate: validateExpression,
  },
  geoip: { className: 'GeoIPPolicy', verboseName: 'GeoIP Policy', component: 'ak-policy-geoip-form', defaults: GEOIP_DEFAULTS },
  password: {
    className: 'PasswordPolicy',
    verboseName: 'Password Policy',
    component: 'ak-policy-password-form',
    defaults: PASSWORD_DEFAULTS,
  },
  password_expiry: {
    className: 'PasswordExpiryPolicy',
    verboseName: 'Password Expiry Policy',
    component: 'ak-policy-password-expiry-form',
    app: 'authentik_policies_expiry',
    defaults: { deny_only: false },
  },
  reputation: {
    className: 'ReputationPolicy',
    verboseName: 'Reputation Policy',
    component: 'ak-policy-reputation-form',
    defaults: { check_ip: true, check_username: true, threshold: -5 },
    validate: validateReputation,
  },
  unique_password: {
    className: 'UniquePasswordPolicy',
    verboseName: 'Password Uniqueness Policy',
    component: 'ak-policy-password-uniqueness-form',
    defaults: { password_field: 'password', num_historical_passwords: 1 },
    enterprise: true,
  },
};

/** Every policy type of the recorded versions. */
export const POLICIES: readonly ModelSpec[] = Object.entries(ROWS).map(([path, row]) => {
  const { validate, ...rest } = row;
  return model({
    ...rest,
    app: row.app ?? `authentik_policies_${path}`,
    path: `/policies/${path}/`,
    schema: row.className,
    base: POLICY,
    verboseNamePlural: row.verboseName.replace(/y$/, 'ies'),
    defaults: { execution_logging: false, ...row.defaults },
    unique: { name: 'Policy with this name already exists.' },
    validate: (attributes) => validate?.(attributes) ?? null,
  });
});

const SUBJECTS = ['policy', 'group', 'user'];

/** Judged by the body alone, whatever is stored; without `target` the real validator fails on a missing object. */
function validateBinding(sent: Record<string, Json>): Errors | null {
  if (sent.target === undefined) throw new ServerCrash('target');
  const set = SUBJECTS.filter((subject) => sent[subject] !== undefined && sent[subject] !== null);
  if (set.length > 1) return { non_field_errors: ["Only one of 'group', 'policy', 'user' can be set."] };
  return set.length === 1 ? null : { non_field_errors: ["One of 'group', 'policy', 'user' must be set."] };
}

export const POLICY_BINDINGS = model({
  app: 'authentik_policies',
  className: 'PolicyBinding',
  verboseName: 'Policy Binding',
  path: '/policies/bindings/',
  schema: 'PolicyBinding',
  defaults: { policy: null, group: null, user: null, negate: false, enabled: true, timeout: 30, failure_result: false, expiring: false },
  resetByPut: { policy: null },
  references: {
    policy: { to: POLICY, onDelete: 'cascade' },
    group: { to: 'authentik_core.group', onDelete: 'cascade' },
    user: { to: 'authentik_core.user', onDelete: 'cascade' },
  },
  uniqueTogether: ['policy', 'target', 'order'],
  ordering: 'order',
  search: [],
  validate: validateBinding,
  title: (row) => `Policy Binding - #${asText(row.values.order)}`,
});
