/** What the comparison lets pass, as tables; README.md beside this file says why. */
export const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** What placeholders stand for, as patterns. */
export const FORMS: Readonly<Record<string, string>> = {
  time: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?:Z|[+-]\\d\\d:\\d\\d)',
  secret: '[^/?&#\\s"]+',
  hash: '[0-9a-f]{64}',
  hex: '[0-9a-f]+',
  host: 'https?://[^/\\s"]+',
  traceback: '[\\s\\S]+',
  dsn: '\\S+',
};
/** Fields whose values change while a server runs. */
export const VOLATILE: ReadonlySet<string> = new Set([
  'autocomplete',
  'background_url',
  'cache_count',
  'avatar',
  'pending_user_avatar',
  'request_id',
  'expires',
  'last_login',
  'last_updated',
  'last_applied',
  'last_applied_hash',
  'uid',
  'verbose_name',
  'verbose_name_plural',
]);
/** Fields that hold numeric keys, which differ between servers. */
export const NUMERIC_KEYS: ReadonlySet<string> = new Set(['pk', 'num_pk', 'id', 'user', 'user_pk', 'users', 'provider']);
/** Claims of a token that are recorded as 0. */
export const CLAIMED_TIMES: readonly string[] = ['exp', 'iat', 'auth_time'];
/** Lists whose order means nothing. Prompt fields of a challenge are objects under `fields` and keep theirs. */
export const UNORDERED: ReadonlySet<string> = new Set([
  'sources',
  'policies',
  'stages',
  'configuration_stages',
  'validation_policies',
  'flow_set',
  'prompt_stages_obj',
  'roles',
  'roles_obj',
  'groups',
  'groups_obj',
  'users',
  'users_obj',
  'parents',
  'children',
  'client_certificates',
  'certificate_authorities',
  'device_type_restrictions',
  'webauthn_allowed_device_types',
  'property_mappings',
  'user_property_mappings',
  'group_property_mappings',
]);
export const COMPARED_HEADERS: readonly string[] = ['content-type', 'allow', 'location', 'content-language'];
