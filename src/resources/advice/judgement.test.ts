import { RULES } from '../../advice/rules.ts';
import { OperatorError } from '../../runtime/errors.ts';
import { REASONS } from '../../runtime/reasons.ts';
import { judgeAdvice, settleAdvice } from './judgement.ts';

const ONE = { rule: 'SharedOrder', text: 'two at one order' } as const;
const ANOTHER = { rule: 'NothingLinks', text: 'nothing leads there' } as const;

describe('the condition Advice', () => {
  it.each([
    { reason: 'nothing', advice: [], judgement: 'False/NothingToAdvise: nothing to advise by what is known of the flow' },
    { reason: 'one piece, said as it is', advice: [ONE], judgement: 'True/SharedOrder: two at one order' },
    {
      reason: 'several, each with its own reason, the worst first',
      advice: [ONE, ANOTHER],
      judgement: 'True/SharedOrder: SharedOrder: two at one order. NothingLinks: nothing leads there',
    },
  ])('$reason', ({ advice, judgement }) => {
    const { type, status, reason, message } = judgeAdvice(advice);
    expect([type, `${status}/${reason}: ${message}`]).toEqual(['Advice', judgement]);
  });

  it('stays as it was while Authentik can’t be asked', async () => {
    await expect(settleAdvice(async () => Promise.reject(new OperatorError('Unreachable', 'down')))).resolves.toEqual({});
  });

  it('says a mistake of ours, and fails nothing by it', async () => {
    const { conditions, failure } = await settleAdvice(async () => Promise.reject(new TypeError('x is undefined')));
    expect(failure).toBeUndefined();
    expect(conditions).toEqual([expect.objectContaining({ type: 'Advice', status: 'Unknown', reason: 'InternalError' })]);
  });
});

it('has a reason for each rule, and for nothing else, in the same order', () => {
  const reasons = Object.entries(REASONS).flatMap(([reason, entry]) => ('advice' in entry ? [reason] : []));
  expect(reasons).toEqual(RULES.map(({ id }) => id));
});
