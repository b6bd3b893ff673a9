import type { AuthentikFlowSpec } from '../../api/v1alpha1/authentik-flow.ts';
import type { AuthentikStageSpec } from '../../api/v1alpha1/authentik-stage.ts';
import type { Reference } from '../../api/v1alpha1/common.ts';
import type { EnrollmentBindingSpec } from '../../api/v1alpha1/enrollment-binding.ts';
import { missingPermissions } from '../../authentik/server-info.ts';
import { declarable, specName } from '../../catalogue/field.ts';
import { STAGES } from '../../catalogue/stages.ts';
import type { ManagedObject } from '../../runtime/object.ts';
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
  const here = linksFromHere(sources, flow.object);
  if (here.length > 0) return here;
  const { session } = sources;
  const { permissions, isSuperuser } = session.info;
  const needed = LINKING.map(({ permission }) => permission);
  if ((permissions === undefined && !isSuperuser) || missingPermissions(session.info, needed).length > 0) return undefined;
  const lists = await Promise.all(LINKING.map(async ({ path }) => session.cache.lately(path)));
  return lists.flat().flatMap((row) => (Object.values(row).includes(flow.uuid) ? [String(row['name'])] : []));
}

/** The objects of ours that name the flow, in force or not. */
function linksFromHere({ store }: AdviceSources, flow: ManagedObject): readonly string[] {
  const { namespace, name } = flow.metadata;
  const { slug } = flow.spec as AuthentikFlowSpec;
  const means = (from: ManagedObject, reference: Reference | undefined): boolean =>
    (reference?.name === name && from.metadata.namespace === namespace) || reference?.external === slug;
  const bindings = store.list('EnrollmentBinding').filter((object) => means(object, (object.spec as EnrollmentBindingSpec).flowRef));
  const stages = store.list('AuthentikStage').filter((object) => flowsOf(object).some((reference) => means(object, reference)));
  return [...bindings, ...stages].map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

function flowsOf(object: ManagedObject): readonly (Reference | undefined)[] {
  const spec = object.spec as AuthentikStageSpec;
  const entry = STAGES.find(({ type }) => type === spec.type);
  const values = entry === undefined ? undefined : (spec[entry.member] as Readonly<Record<string, Reference | undefined>> | undefined);
  const fields = declarable(entry?.fields ?? []).filter((field) => field.type === 'reference' && field.to === 'flow');
  return fields.map((field) => values?.[specName(field)]);
}
