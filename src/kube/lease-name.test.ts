import { leaseNameFor } from './lease-name.ts';

describe('leaseNameFor', () => {
  it.each([
    { reason: 'the same set in another order', one: ['a', 'b'], other: ['b', 'a', 'b'], same: true },
    { reason: 'one namespace more', one: ['a'], other: ['a', 'b'], same: false },
    { reason: 'all namespaces and one of them', one: [], other: ['a'], same: false },
  ])('lets operators compete for the same namespaces only: $reason', ({ one, other, same }) => {
    expect(leaseNameFor(one) === leaseNameFor(other)).toBe(same);
    for (const namespaces of [one, other]) expect(leaseNameFor(namespaces)).toMatch(/^authentik-flow-operator(-[0-9a-f]{10})?$/);
  });
});
