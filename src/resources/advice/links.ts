import type { AuthentikFlowSpec } from '../../api/v1alpha1/authentik-flow.ts';
import { missingPermissions } from '../../authentik/server-info.ts';
import type { AdviceSources, FlowOfOurs } from './sources.ts';

/** What can lead to an enrollment flow in Authentik: any of these fields may hold it, and who may see them knows. */
const LINKING = [
  { path: '/stages/identification/', permission: 'authentik_stages_identification.view_identificationstage' },
  { path: '/sources/all/', permission: 'authentik_core.view_source' },
  { path: '/stages/redirect/', permission: 'authentik_stages_redirect.view_redirectstage' },
] as const;

/**
 * What leads to an enrollment flow. Undefined when that can't be known: for flows that brands can link to, which the operator has no
 * right to see, and without the rights to see the rest. What is declared here is looked at first, and costs no request.
 */
export async function linksTo(sources: AdviceSources, flow: FlowOfOurs): Promise<readonly string[] | undefined> {
  if ((flow.object.spec as AuthentikFlowSpec)['designation'] !== 'enrollment') return undefined;
  const here = sources.referrers.leadingTo(flow.object).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  if (here.length > 0) return here;
  const { session } = sources;
  const { permissions, isSuperuser } = session.info;
  const needed = LINKING.map(({ permission }) => permission);
  if ((permissions === undefined && !isSuperuser) || missingPermissions(session.info, needed).length > 0) return undefined;
  const lists = await Promise.all(LINKING.map(async ({ path }) => session.cache.lately(path)));
  return lists.flat().flatMap((row) => (Object.values(row).includes(flow.uuid) ? [String(row['name'])] : []));
}
