import type { MinorVersion } from '../authentik/versions.ts';
import type { ReferenceTarget } from './field.ts';

interface TargetEntry {
  /** Where all of them are listed, below `/api/v3`. */
  readonly path: string;
  /** What the list must be asked with. */
  readonly query?: Readonly<Record<string, boolean>>;
  /** There may be so many that one is asked for by name instead of listing all; or they have no `pk` to be listed by. */
  readonly numerous?: true;
  /** Where its key stands, when that isn't `pk`. Such a key is also what the path of one of them ends with. */
  readonly keyField?: string;
  /** The first version that has any. */
  readonly since?: MinorVersion;
  /** What `external` holds for this target. Unique in Authentik, as far as it goes. */
  readonly naturalKey: 'slug' | 'name' | 'username' | 'description' | 'domain';
  /** Django's `app_label.model`, as `used_by` names it. */
  readonly model: string;
  /** Our own kind for it, where there is one: what `name` refers to. */
  readonly kind?: string;
  readonly noun: string;
}

/** Where references lead. Natural keys as in Authentik's models: slugs of flows and sources, names of the rest are unique. */
export const TARGETS = {
  flow: { model: 'authentik_flows.flow', path: '/flows/instances/', naturalKey: 'slug', kind: 'AuthentikFlow', noun: 'flow' },
  stage: { model: 'authentik_flows.stage', path: '/stages/all/', naturalKey: 'name', kind: 'AuthentikStage', noun: 'stage' },
  prompt: {
    model: 'authentik_stages_prompt.prompt',
    path: '/stages/prompt/prompts/',
    naturalKey: 'name',
    kind: 'AuthentikPrompt',
    noun: 'prompt',
  },
  policy: { model: 'authentik_policies.policy', path: '/policies/all/', naturalKey: 'name', kind: 'AuthentikPolicy', noun: 'policy' },
  // A group of thousands would come with all its members (seen live: 8.7 MB for 2,000 of them).
  group: {
    model: 'authentik_core.group',
    path: '/core/groups/',
    query: { include_users: false },
    naturalKey: 'name',
    kind: 'AuthentikGroup',
    noun: 'group',
  },
  user: { model: 'authentik_core.user', path: '/core/users/', naturalKey: 'username', numerous: true, noun: 'user' },
  brand: { model: 'authentik_brands.brand', path: '/core/brands/', naturalKey: 'domain', noun: 'brand' },
  provider: { model: 'authentik_core.provider', path: '/providers/all/', naturalKey: 'name', noun: 'provider' },
  source: { model: 'authentik_core.source', path: '/sources/all/', naturalKey: 'slug', noun: 'source' },
  certificate: {
    model: 'authentik_crypto.certificatekeypair',
    path: '/crypto/certificatekeypairs/',
    naturalKey: 'name',
    noun: 'certificate',
  },
  connector: {
    model: 'authentik_endpoints.connector',
    path: '/endpoints/connectors/',
    naturalKey: 'name',
    numerous: true,
    keyField: 'connector_uuid',
    since: '2025.12',
    noun: 'endpoint connector',
  },
  notificationMapping: {
    model: 'authentik_events.notificationwebhookmapping',
    path: '/propertymappings/notification/',
    naturalKey: 'name',
    noun: 'webhook mapping',
  },
  // Its UUID is the AAGUID, by which all the world knows a make of authenticators.
  webauthnDeviceType: {
    model: 'authentik_stages_authenticator_webauthn.webauthndevicetype',
    path: '/stages/authenticator/webauthn_device_types/',
    naturalKey: 'description',
    numerous: true,
    keyField: 'aaguid',
    noun: 'WebAuthn device type',
  },
} as const satisfies Record<ReferenceTarget, TargetEntry>;

/** The entry of a target, with its optional columns. */
export function targetOf(target: ReferenceTarget): TargetEntry {
  return TARGETS[target];
}
