import type { Advice } from '../../advice/advise.ts';
import { ADVICE, type Judgement } from '../../runtime/conditions.ts';
import { OperatorError } from '../../runtime/errors.ts';
import type { SettleResult } from '../../runtime/external.ts';

/** The advice on one object as its condition. The worst gives the reason; where there is more, each names its own. */
export function judgeAdvice(advice: readonly Pick<Advice, 'rule' | 'text'>[]): Judgement {
  const [worst, ...more] = advice;
  if (worst === undefined)
    return { type: ADVICE, status: 'False', reason: 'NothingToAdvise', message: 'nothing to advise by what is known of the flow' };
  const message = more.length === 0 ? worst.text : advice.map(({ rule, text }) => `${rule}: ${text}`).join('. ');
  return { type: ADVICE, status: 'True', reason: worst.rule, message };
}

/**
 * Advice is never worth a failure: what can't be looked at now leaves the former advice as it is, and a mistake of ours is said where
 * advice would be.
 */
export async function settleAdvice(look: () => Promise<readonly Pick<Advice, 'rule' | 'text'>[]>): Promise<SettleResult> {
  try {
    return { conditions: [judgeAdvice(await look())] };
  } catch (error) {
    if (error instanceof OperatorError && error.reason !== 'InternalError') return {};
    const message = `advice could not be given: ${error instanceof Error ? error.message : 'unknown'}`;
    return { conditions: [{ type: ADVICE, status: 'Unknown', reason: 'InternalError', message }] };
  }
}
