import type { PolicyModel, PromptModel, StageModel } from '../../advice/flow-model.ts';
import type { AuthentikFlowSpec } from '../../api/v1alpha1/authentik-flow.ts';
import type { AuthentikStageSpec } from '../../api/v1alpha1/authentik-stage.ts';
import type { Reference } from '../../api/v1alpha1/common.ts';
import type { ApiObject } from '../../authentik/api-object.ts';
import type { CatalogueEntry } from '../../catalogue/entity.ts';
import { PROMPT } from '../../catalogue/prompt.ts';
import { targetOf } from '../../catalogue/references.ts';
import { STAGES } from '../../catalogue/stages.ts';
import type { ManagedObject } from '../../runtime/object.ts';
import { keyOfReference } from '../references.ts';
import { policyModels } from './policy-reader.ts';
import { connectionOf, uuidOf, type AdviceSources, type Bound, type FlowOfOurs } from './sources.ts';

/** A stage of a flow. One that isn't declared here is known by its fields only where stages of its type are listed anyway. */
export async function readStage(sources: AdviceSources, flow: FlowOfOurs, bound: Bound): Promise<StageModel> {
  const ours = declared(sources, flow, bound.pk);
  const model = bound.model ?? modelOf(ours) ?? (await listedModel(sources, flow, bound.pk));
  const entry = STAGES.find((candidate) => candidate.model === model);
  const row = entry === undefined ? undefined : await rowOf(sources, flow, entry, bound.pk, ours);
  const known = { name: bound.name, model, fields: row ?? {} };
  if (row === undefined || entry?.type !== 'Prompt') return known;
  return { ...known, prompts: await promptsOf(sources, row), validationPolicies: await validationPoliciesOf(sources, row, ours) };
}

/** The object of ours that the flow names and that is this stage. */
function declared({ store }: AdviceSources, flow: FlowOfOurs, pk: string): ManagedObject | undefined {
  const { stages = [] } = flow.object.spec as AuthentikFlowSpec;
  const keys = stages.flatMap((entry) => keyOfReference(entry.stageRef, 'stage', flow.object.metadata.namespace) ?? []);
  return keys.flatMap((key) => store.get(key) ?? []).find((object) => uuidOf(object) === pk);
}

function modelOf(object: ManagedObject | undefined): string | undefined {
  return STAGES.find(({ type }) => type === (object?.spec as AuthentikStageSpec | undefined)?.type)?.model;
}

/** The list of all stages has been read where the flow names one of others. */
async function listedModel({ session }: AdviceSources, flow: FlowOfOurs, pk: string): Promise<string | undefined> {
  const { stages = [] } = flow.object.spec as AuthentikFlowSpec;
  if (!stages.some((entry) => entry.stageRef.external !== undefined)) return undefined;
  const [row] = await session.cache.lately(targetOf('stage').path, { field: 'pk', value: pk });
  return row === undefined ? undefined : String(row['meta_model_name']);
}

/** Never asks for a list that nobody uses: no advice is worth more than knowing less. */
async function rowOf(
  { store, session }: AdviceSources,
  flow: FlowOfOurs,
  entry: CatalogueEntry,
  pk: string,
  ours: ManagedObject | undefined,
): Promise<ApiObject | undefined> {
  const isOfType = (object: ManagedObject): boolean => (object.spec as AuthentikStageSpec).type === entry.type;
  const isListed =
    ours !== undefined || store.list('AuthentikStage').some((object) => isOfType(object) && connectionOf(object) === flow.connection);
  return isListed ? (await session.cache.lately(entry.path, { field: 'pk', value: pk }))[0] : undefined;
}

/** Where prompt stages are listed, so are prompts: each of ours names some. */
async function promptsOf({ session }: AdviceSources, row: ApiObject): Promise<readonly PromptModel[] | undefined> {
  const keys = keysIn(row, 'fields');
  const prompts = (await Promise.all(keys.map(async (value) => session.cache.lately(PROMPT.path, { field: 'pk', value })))).flat();
  if (prompts.length < keys.length) return undefined;
  return prompts.map((prompt) => ({ fieldKey: String(prompt['field_key']), type: String(prompt['type']) }));
}

async function validationPoliciesOf(
  sources: AdviceSources,
  row: ApiObject,
  ours: ManagedObject | undefined,
): Promise<readonly PolicyModel[]> {
  const prompt = (ours?.spec as { prompt?: { validationPolicies?: readonly Reference[] } } | undefined)?.prompt;
  const models = await policyModels(sources, prompt?.validationPolicies ?? [], ours?.metadata.namespace ?? '');
  return keysIn(row, 'validation_policies').map((pk) => ({ name: pk, model: models.get(pk) }));
}

function keysIn(row: ApiObject, field: string): readonly string[] {
  const value = row[field];
  return Array.isArray(value) ? value.map(String) : [];
}
