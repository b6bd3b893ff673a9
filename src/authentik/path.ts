import { OperatorError } from '../runtime/errors.ts';

/** Values of a query string. A list is sent as the same key several times, which is how Authentik reads its multiple-choice filters. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * Encodes one path segment: every slug, name or pk that is put into a path goes through here.
 * Throws `InvalidSpec` for what can never be a segment of its own: URL parsers resolve `.` and `..` even when they are encoded.
 */
export function segment(value: string): string {
  if (value === '' || value === '.' || value === '..') {
    throw new OperatorError('InvalidSpec', `"${value}" cannot name an object in Authentik.`);
  }
  return encodeURIComponent(value);
}

/** `?a=1&b=2`, or the empty string when there is nothing to ask for. */
export function queryString(query: Query): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (typeof value === 'object') for (const item of value) params.append(key, item);
    else params.append(key, String(value));
  }
  return params.size === 0 ? '' : `?${params.toString()}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Collections whose members are addressed by something else than a number or a UUID (the lookup fields of Authentik's API). */
const NAMED_BY: Readonly<Record<string, string>> = {
  '/flows/instances': '{slug}',
  '/flows/executor': '{slug}',
  '/flows/inspector': '{slug}',
  '/core/applications': '{slug}',
  '/core/tokens': '{identifier}',
  '/sources/all': '{slug}',
  '/sources/oauth': '{slug}',
  '/sources/saml': '{slug}',
  '/sources/ldap': '{slug}',
  '/sources/plex': '{slug}',
  '/sources/kerberos': '{slug}',
  '/sources/scim': '{slug}',
  '/sources/telegram': '{slug}',
};

/** Routes that stand where a slug could. */
const LIST_ACTIONS = new Set(['cache_info', 'cache_clear', 'import', 'types', 'user_settings', 'all']);

/** The path with whatever names one object replaced, so that as a metric label it takes few values: `/flows/instances/{slug}/`. */
export function pathTemplate(path: string): string {
  const parts = path.split('?', 1).join('').split('/');
  return parts
    .map((part, index) => {
      if (UUID.test(part)) return '{uuid}';
      if (/^\d+$/.test(part)) return '{id}';
      const name = NAMED_BY[parts.slice(0, index).join('/')];
      return name !== undefined && part !== '' && !LIST_ACTIONS.has(part) ? name : part;
    })
    .join('/');
}
