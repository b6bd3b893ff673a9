import { POLICY_BINDING, STAGE_BINDING } from './bindings.ts';
import { compareMinor, SUPPORTED, type MinorVersion } from '../authentik/versions.ts';
import { permissionsOf } from './entity.ts';
import { FLOW } from './flow.ts';
import { INVITATION } from './invitation.ts';
import { GROUP } from './group.ts';
import { POLICIES } from './policies.ts';
import { PROMPT } from './prompt.ts';
import { TARGETS, targetOf } from './references.ts';
import { STAGES } from './stages.ts';

/** Something that rights are held on, and the first version that has it. */
interface Subject {
  readonly since?: MinorVersion;
  readonly permissions: readonly string[];
}

/** What is only looked at: the targets of references, and the lists that span all types of a family. */
const LOOKED_AT: readonly Subject[] = (Object.keys(TARGETS) as (keyof typeof TARGETS)[]).map(targetOf).map(({ model, since }) => ({
  permissions: permissionsOf(model).slice(0, 1),
  ...(since === undefined ? {} : { since }),
}));

const ENTITIES: readonly { readonly model: string; readonly since?: MinorVersion }[] = [
  FLOW,
  PROMPT,
  GROUP,
  INVITATION,
  STAGE_BINDING,
  POLICY_BINDING,
  ...STAGES,
  ...POLICIES,
];

/** A FlowBinding sets one field of a brand. */
const BOUND_TO = ['authentik_brands.change_brand'];

const MANAGED: readonly Subject[] = ENTITIES.map(({ model, since }) => ({
  permissions: permissionsOf(model),
  ...(since === undefined ? {} : { since }),
}));

/**
 * What a delete could take along, by what is deleted: `used_by` shows only what the token may view, and what isn't shown can't stop us.
 */
export const TAKEN_ALONG: Readonly<Record<string, readonly string[]>> = {
  [FLOW.model]: ['authentik_core.view_provider', 'authentik_brands.view_brand', 'authentik_stages_invitation.view_invitation'],
  [GROUP.model]: ['authentik_policies.view_policybinding'],
  [PROMPT.model]: ['authentik_stages_prompt.view_promptstage'],
  stage: [FLOW.model, STAGE_BINDING.model].flatMap((model) => permissionsOf(model)[0] ?? []),
  policy: [
    'authentik_policies.view_policybindingmodel',
    'authentik_policies.view_policybinding',
    'authentik_stages_prompt.view_promptstage',
  ],
};

/**
 * The global Django permissions that the operator's token needs for everything that the catalogue can do on every supported version: what
 * the shipped role has.
 */
export function requiredPermissions(): readonly string[] {
  const everywhere = [...MANAGED, ...LOOKED_AT].filter(({ since }) => !isLater(since)).flatMap(({ permissions }) => permissions);
  return [...new Set([...everywhere, ...BOUND_TO, ...Object.values(TAKEN_ALONG).flat()])].sort();
}

/** What newer versions add to them, by version: an older Authentik refuses a role with a permission that it doesn't know. */
export function laterPermissions(): readonly (readonly [MinorVersion, readonly string[]])[] {
  const later = [...MANAGED, ...LOOKED_AT].flatMap(({ since, permissions }) =>
    since !== undefined && isLater(since) ? permissions.map((permission) => ({ since, permission })) : [],
  );
  return [...Map.groupBy(later, ({ since }) => since)]
    .map(([since, group]) => [since, group.map(({ permission }) => permission).sort()] as const)
    .sort(([a], [b]) => compareMinor(a, b));
}

function isLater(since: MinorVersion | undefined): boolean {
  return since !== undefined && compareMinor(since, SUPPORTED[0]) > 0;
}

/** Without these, what Authentik remembers of a changed policy is forgotten some minutes later only. */
export const CACHE_PERMISSIONS = ['authentik_flows.clear_flow_cache', 'authentik_policies.clear_policy_cache'] as const;

/** What makes it quicker, and is done without when it isn't granted: the audit log tells of changes at once, caches are cleared. */
export const OPTIONAL_PERMISSIONS = [
  'authentik_events.view_event',
  'authentik_blueprints.view_blueprintinstance',
  ...CACHE_PERMISSIONS,
] as const;

/** What `applicationRef` of an EnrollmentBinding takes besides: it looks, and changes nothing. */
export const MARKET_PERMISSIONS = [
  'authentik_brands.view_brand',
  'authentik_core.view_application',
  'authentik_providers_oauth2.view_oauth2provider',
] as const;
