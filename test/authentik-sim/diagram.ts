import { asText } from './json.ts';
import { POLICY, POLICY_BINDING } from './catalogue/policies.ts';
import { STAGE } from './catalogue/stages.ts';
import type { Row } from './model.ts';
import { bindingsOf } from './represent.ts';
import type { World } from './world.ts';

const box = (kind: string, row: Row): string => `${kind} (${row.model.verboseName})\n${asText(row.values.name)}`;

/** The flow as a Mermaid graph, in the server's own words. Of a binding's policies it draws the first, which is all that stock flows have. */
export function diagram(flow: Row, world: World): string {
  const { store } = world;
  const steps = bindingsOf(world, 'target', flow.pk).flatMap((binding, index) => {
    const stage = store.get(STAGE, binding.values.stage);
    const first = store.all(POLICY_BINDING).find((candidate) => candidate.values.target === binding.pk && candidate.values.policy !== null);
    return stage === null
      ? []
      : { node: `stage_${index}(["${box('Stage', stage)}"])`, id: `stage_${index}`, policy: store.get(POLICY, first?.values.policy) };
  });
  const policyId = (id: string): string => `${id}_policy_0`;
  const stages = steps.map(({ node, id, policy }) => (policy === null ? `--> ${node}` : `${policyId(id)} --Policy passed--> ${node}`));
  const asked = steps.flatMap(({ id, policy }, index) =>
    policy === null ? [] : `${steps[index - 1]?.id ?? 'flow_start'} --> ${policyId(id)}{{"${box('Policy', policy)}"}}`,
  );
  const denied = steps.flatMap(({ id, policy }, index) =>
    policy === null ? [] : `${policyId(id)} --Policy denied--> ${steps[index + 1]?.node ?? 'done[["End of the flow"]]'}`,
  );
  const end = `${steps.at(-1)?.id ?? 'flow_start'} --> done[["End of the flow"]]`;
  return ['graph TD', `flow_start[["Flow\n${asText(flow.values.name)}"]]`, ...stages, ...asked, ...denied, end].join('\n');
}
