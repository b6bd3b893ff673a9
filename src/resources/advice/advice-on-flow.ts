import { advise, isWorthKnowing, type Advice } from '../../advice/advise.ts';
import { toOperatorError } from '../../runtime/errors.ts';
import { readFlow } from './flow-reader.ts';
import { linksTo } from './links.ts';
import type { AdviceSources, FlowOfOurs } from './sources.ts';

/** What to advise about one flow of ours. Looks further than what is at hand only where that could bring advice. */
export async function adviceOnFlow(sources: AdviceSources, flow: FlowOfOurs): Promise<readonly Advice[]> {
  const atHand = await readFlow(sources, flow);
  if (atHand === undefined) return [];
  const more = isWorthKnowing(atHand, 'policies') ? await unlessDenied(async () => readFlow(sources, flow, { allPolicies: true })) : atHand;
  const known = more ?? atHand;
  const linkedBy = isWorthKnowing(known, 'links') ? await unlessDenied(async () => linksTo(sources, flow)) : undefined;
  return advise({ ...known, linkedBy });
}

/** What we have no right to see isn't known; the rest can be told all the same. */
async function unlessDenied<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (toOperatorError(error).reason === 'PermissionDenied') return undefined;
    throw error;
  }
}
