/** What tokens say about a person, by the scopes that were granted. */
import { createHash } from 'node:crypto';
import { SCOPE_MAPPING } from '../catalogue/oauth2.ts';
import { asText, ids, type JsonObject, text } from '../json.ts';
import type { Row } from '../model.ts';
import type { World } from '../world.ts';

/** The stock mappings that say something, in the order in which a fresh installation made them; a mapping of somebody's own says nothing here. */
const MAPPINGS: Record<string, (user: Row, world: World) => JsonObject> = {
  openid: () => ({}),
  email: ({ values }) => ({ email: values.email ?? '', email_verified: false }),
  profile: (user, world) => ({
    name: user.values.name ?? '',
    given_name: user.values.name ?? '',
    preferred_username: user.values.username ?? '',
    nickname: user.values.username ?? '',
    groups: world.access.groupsOf(user).map(({ values }) => values.name ?? ''),
  }),
  offline_access: () => ({}),
};
const RANK = Object.keys(MAPPINGS);

/** Scopes that the provider has a mapping for. */
export function scopesOf(provider: Row, world: World): string[] {
  const rank = (scope: string): number => (RANK.includes(scope) ? RANK.indexOf(scope) : RANK.length);
  return ids(provider.values.property_mappings)
    .map((pk) => text(world.store.get(SCOPE_MAPPING, pk)?.values.scope_name))
    .sort((a, b) => rank(a) - rank(b));
}

export function claimsFor(scopes: readonly string[], user: Row, world: World): JsonObject {
  return Object.assign(
    {},
    ...RANK.filter((scope) => scopes.includes(scope)).map((scope) => MAPPINGS[scope]?.(user, world) ?? {}),
  ) as JsonObject;
}

/** Names of the claims of these scopes, whoever they are about. */
export function claimNames(scopes: readonly string[], anybody: Row, world: World): string[] {
  return Object.keys(claimsFor(scopes, anybody, world));
}

/** By `sub_mode`; the default is the `uid` that the API shows of a user, which hides who it is. */
export function subjectOf(user: Row, provider: Row): string {
  const { uuid, username, email } = user.values;
  switch (provider.values.sub_mode) {
    case 'user_id':
      return String(user.pk);
    case 'user_uuid':
      return asText(uuid);
    case 'user_username':
      return asText(username);
    case 'user_email':
      return asText(email);
    default:
      return createHash('sha256').update(asText(uuid)).digest('hex');
  }
}
