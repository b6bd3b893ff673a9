import { deeds, listFields, listValues } from './list-fields.ts';

const words = { from: 'there', to: 'declared' };

describe('what is said of changes', () => {
  it.each([
    { reason: 'a change by the spec', drift: false, says: 'set title; added stages[10]; removed stage "x" at order 20' },
    { reason: 'one by somebody else', drift: true, says: 'put back title, stages[10]; removed stage "x" at order 20' },
  ])('tells removed from set: $reason', ({ drift, says }) => {
    const changes = [
      { field: 'title', from: 'a', to: 'b' },
      { field: 'stages[10]', kind: 'added' },
      { field: 'stage "x" at order 20', kind: 'removed' },
    ] as const;
    expect(deeds(changes, drift)).toBe(says);
  });

  it.each([
    { reason: 'blanks that nobody would see', change: { field: 'a', from: ' x', to: 'x  ' }, says: 'a ("␣x" there, "x␣␣" declared)' },
    { reason: 'newlines', change: { field: 'a', from: 'x\ny', to: 'x y' }, says: 'a ("x\\ny" there, "x y" declared)' },
    { reason: 'lists', change: { field: 'a', from: ['email'], to: [] }, says: 'a (["email"] there, [] declared)' },
    { reason: 'numbers and nothing', change: { field: 'a', from: null, to: 3 }, says: 'a (null there, 3 declared)' },
    { reason: 'no keys', change: { field: 'a', from: null, to: '06fd993f-696d-4485-a0c5-32c1cada7c27' }, says: 'a' },
    { reason: 'nothing of what comes out of a Secret', change: { field: 'a', cause: 'Secret' }, says: 'a' },
    { reason: 'what is missing', change: { field: 'stages[10]', kind: 'added' }, says: 'stages[10] (missing)' },
    {
      reason: 'the beginning of long ones',
      change: { field: 'a', from: 'x'.repeat(99), to: '' },
      says: `a ("${'x'.repeat(58)}… there, "" declared)`,
    },
  ] as const)('shows $reason', ({ change, says }) => {
    expect(listValues([change], words)).toBe(says);
  });

  it('stops at five', () => {
    expect(listFields([1, 2, 3, 4, 5, 6, 7].map((field) => ({ field: String(field) })))).toBe('1, 2, 3, 4, 5 and 2 more');
  });
});
