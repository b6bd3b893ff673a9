import type { FlowModel, PolicyPlace, StagePlace } from '../../advice/flow-model.ts';
import type { AuthentikFlowSpec } from '../../api/v1alpha1/authentik-flow.ts';
import type { Reference } from '../../api/v1alpha1/common.ts';
import type { ApiObject } from '../../authentik/api-object.ts';
import { STAGE_BINDING } from '../../catalogue/bindings.ts';
import { FLOW } from '../../catalogue/flow.ts';
import { readPolicies, type PoliciesAt } from './policy-reader.ts';
import { boundIn, type AdviceSources, type FlowOfOurs } from './sources.ts';
import { readStage } from './stage-reader.ts';

/**
 * The flow as Authentik holds it, as far as it is told by lists that are in use for what the spec declares; undefined when it isn't
 * there. With `allPolicies` those are read too that the spec doesn't speak of.
 */
export async function readFlow(
  sources: AdviceSources,
  flow: FlowOfOurs,
  options: { readonly allPolicies?: true } = {},
): Promise<FlowModel | undefined> {
  const { cache } = sources.session;
  const [row] = await cache.lately(FLOW.path, { field: 'pk', value: flow.uuid });
  if (row === undefined) return undefined;
  const spec = flow.object.spec as AuthentikFlowSpec;
  const references = policyReferences(spec);
  const policies =
    references === undefined && options.allPolicies !== true
      ? undefined
      : await readPolicies(sources, references ?? [], flow.object.metadata.namespace);
  const bindings = spec.stages === undefined ? undefined : await cache.lately(STAGE_BINDING.path, { field: 'target', value: row.pk });
  const places = bindings === undefined ? undefined : [...bindings].sort((a, b) => orderOf(a) - orderOf(b));
  return {
    slug: String(row['slug']),
    fields: row,
    stages: places === undefined ? undefined : await Promise.all(places.map(async (place) => stagePlace(sources, flow, place, policies))),
    policies: policies?.(row.pk) ?? noneOf(row['policies']),
  };
}

async function stagePlace(sources: AdviceSources, flow: FlowOfOurs, row: ApiObject, policies: PoliciesAt | undefined): Promise<StagePlace> {
  const bound = boundIn(row, 'stage') ?? { pk: '', name: row.pk, model: undefined };
  return { order: orderOf(row), fields: row, stage: await readStage(sources, flow, bound), policies: policies?.(row.pk) };
}

/** The policies that the spec names; undefined when it doesn't speak of policies at all, so that their bindings aren't listed for it. */
function policyReferences({ policies, stages = [] }: AuthentikFlowSpec): readonly Reference[] | undefined {
  if (policies === undefined && stages.every((entry) => entry.policies === undefined)) return undefined;
  const entries = [...(policies ?? []), ...stages.flatMap((entry) => entry.policies ?? [])];
  return entries.flatMap((entry) => entry.policyRef ?? []);
}

function orderOf(row: ApiObject): number {
  return Number(row['order']);
}

/** A flow's row tells by keys what is bound to it: enough to know that there is nothing. */
function noneOf(value: unknown): readonly PolicyPlace[] | undefined {
  return Array.isArray(value) && value.length === 0 ? [] : undefined;
}
