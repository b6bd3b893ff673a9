import type { PolicyModel, PolicyPlace } from '../../advice/flow-model.ts';
import type { AuthentikPolicySpec } from '../../api/v1alpha1/authentik-policy.ts';
import type { Reference } from '../../api/v1alpha1/common.ts';
import { POLICY_BINDING } from '../../catalogue/bindings.ts';
import { POLICIES } from '../../catalogue/policies.ts';
import { targetOf } from '../../catalogue/references.ts';
import { keyOfReference } from '../references.ts';
import { boundIn, uuidOf, type AdviceSources } from './sources.ts';

/** What is bound to a primary key: of a flow, or of a stage's binding. */
export type PoliciesAt = (target: string) => readonly PolicyPlace[];

/** Reads all policy bindings at once. `references` are those that the spec declares: rows don't always tell a policy's type. */
export async function readPolicies(sources: AdviceSources, references: readonly Reference[], namespace: string): Promise<PoliciesAt> {
  const rows = await sources.session.cache.lately(POLICY_BINDING.path);
  const models = await policyModels(sources, references, namespace);
  return (target) =>
    rows
      .filter((row) => row['target'] === target)
      .map((row) => {
        const bound = boundIn(row, 'policy');
        const policy: PolicyModel | undefined =
          bound === undefined ? undefined : { name: bound.name, model: bound.model ?? models.get(bound.pk) };
        return { enabled: row['enabled'] !== false, negate: row['negate'] === true, policy };
      });
}

/** Authentik's models of policies, by primary key: of ours by their specs, of others by the list that looking them up has brought. */
export async function policyModels(
  { store, session }: AdviceSources,
  references: readonly Reference[],
  namespace: string,
): Promise<ReadonlyMap<string, string>> {
  const external = references.some((reference) => reference.external !== undefined);
  const listed = external ? await session.cache.lately(targetOf('policy').path) : [];
  const ours = references.flatMap((reference): readonly (readonly [string, string])[] => {
    const key = keyOfReference(reference, 'policy', namespace);
    const object = key === undefined ? undefined : store.get(key);
    const [uuid, type] = [uuidOf(object), (object?.spec as AuthentikPolicySpec | undefined)?.type];
    const model = POLICIES.find((entry) => entry.type === type)?.model;
    return uuid === undefined || model === undefined ? [] : [[uuid, model]];
  });
  return new Map([...listed.map((row) => [row.pk, String(row['meta_model_name'])] as const), ...ours]);
}
