import type { Advice } from '../../advice/advise.ts';
import { RULES } from '../../advice/rules.ts';
import type { AuthentikFlowSpec } from '../../api/v1alpha1/authentik-flow.ts';
import { adviceOnFlow } from './advice-on-flow.ts';
import type { AdviceSources, FlowOfOurs } from './sources.ts';

/** Of the advice on the flows that hold a stage, what the stage causes. The same order as for flows: the worst first, then by slug. */
export async function adviceOnStage(sources: AdviceSources, flows: readonly FlowOfOurs[], stage: string): Promise<readonly Advice[]> {
  const inOrder = flows
    .map((flow) => ({ flow, slug: (flow.object.spec as AuthentikFlowSpec).slug }))
    .sort((a, b) => a.slug.localeCompare(b.slug));
  const all = await Promise.all(
    inOrder.map(async ({ flow, slug }) => {
      const advice = (await adviceOnFlow(sources, flow)).filter(({ stages }) => stages.includes(stage));
      return advice.map((piece) => ({ ...piece, text: `in flow "${slug}": ${piece.text}` }));
    }),
  );
  const rank = new Map<string, number>(RULES.map(({ id }, index) => [id, index]));
  return all.flat().sort((a, b) => (rank.get(a.rule) ?? 0) - (rank.get(b.rule) ?? 0));
}
