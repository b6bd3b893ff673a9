import { SAMPLES } from '../../../test/crds/samples.ts';
import { specProblem } from './spec-problem.ts';

describe('specProblem', () => {
  it.each(Object.entries(SAMPLES))('finds nothing wrong with the samples of %s', (kind, samples) => {
    expect(samples.map(({ spec }) => specProblem(kind, spec))).toEqual(samples.map(() => undefined));
  });

  it.each([
    {
      reason: 'a type of a later version',
      kind: 'AuthentikStage',
      spec: { type: 'Telepathy', telepathy: {} },
      says: 'this operator does not know type Telepathy: upgrade it, or delete the object',
    },
    { reason: 'what is required now', kind: 'AuthentikConnection', spec: { url: 'https://a' }, says: 'spec.tokenSecretRef can' },
    {
      reason: 'another shape',
      kind: 'AuthentikFlow',
      spec: { slug: 'a', name: 'a', title: 'a', designation: 'enrollment', stages: 'none' },
      says: 'spec.stages can',
    },
    { reason: 'nothing at all', kind: 'EnrollmentBinding', spec: undefined, says: 'spec can' },
  ])('names $reason', ({ kind, spec, says }) => {
    expect(specProblem(kind, spec)).toContain(says);
  });

  it.each([
    {
      reason: 'a length that is counted otherwise',
      kind: 'AuthentikPrompt',
      spec: { fieldKey: 'x'.repeat(2000), label: 'x', type: 'text' },
    },
    { reason: 'a kind that has no schema', kind: 'Other', spec: {} },
  ])('leaves $reason alone', ({ kind, spec }) => {
    expect(specProblem(kind, spec)).toBeUndefined();
  });
});
