import fc from 'fast-check';
import { planBindings, type ActualBinding, type BindingPlan, type DesiredBinding } from './binding-plan.ts';
import { inSafeOrder } from './safe-order.ts';

const subject = fc.constantFrom('identification', 'password', 'mfa', 'login', 'deny');
const order = fc.integer({ min: 0, max: 6 });

/** As in a spec: orders differ; the same subject may stand twice. */
const desiredList = fc
  .uniqueArray(fc.record({ order, subject }), { selector: (binding) => binding.order, maxLength: 6 })
  .map((list) => list.map((binding): DesiredBinding<null> => ({ ...binding, detail: null })));

/** As on a server: (subject, order) differ; orders may repeat. */
const actualList = fc
  .uniqueArray(fc.record({ order, subject, ours: fc.boolean() }), {
    selector: (binding) => `${binding.subject}@${binding.order}`,
    maxLength: 8,
  })
  .map((list) => list.map((binding, index) => ({ ...binding, uuid: `uuid-${index}`, row: null })));

type Actual = ActualBinding<null> & { ours: boolean };

function plan(desired: readonly DesiredBinding<null>[], actual: readonly Actual[]): BindingPlan<null, null> {
  const ours = new Set(actual.filter((binding) => binding.ours).map((binding) => binding.uuid));
  return planBindings(desired, actual, (uuid) => ours.has(uuid));
}

/** What the server holds after each write, in the order in which they are made. */
function states(desired: readonly DesiredBinding<null>[], actual: readonly Actual[]): readonly (readonly string[])[] {
  const made = plan(desired, actual);
  const held = new Map(actual.map((binding) => [binding.uuid, `${binding.subject}@${binding.order}`]));
  const seen: string[][] = [[...held.values()]];
  const note = (): void => void seen.push([...held.values()]);
  for (const [index, { desired: want, actual: have }] of inSafeOrder(made, made.obsolete).entries()) {
    if (want === undefined) held.delete(have.uuid);
    else held.set(have?.uuid ?? `new-${index}`, `${want.subject}@${want.order}`);
    note();
  }
  return seen;
}

describe('planBindings', () => {
  it('ends with everything that is declared, and with nothing of ours besides', () => {
    fc.assert(
      fc.property(desiredList, actualList, (desired, actual) => {
        const { unmanaged } = plan(desired, actual);
        const wanted = [
          ...desired.map((want) => `${want.subject}@${want.order}`),
          ...unmanaged.map((have) => `${have.subject}@${have.order}`),
        ];
        expect([...(states(desired, actual).at(-1) ?? [])].sort()).toEqual(wanted.sort());
      }),
    );
  });

  it('never touches what is neither ours nor declared', () => {
    fc.assert(
      fc.property(desiredList, actualList, (desired, actual) => {
        const foreign = actual.filter(
          (have) => !have.ours && !desired.some((want) => want.subject === have.subject && want.order === have.order),
        );
        expect(plan(desired, actual).unmanaged.map((have) => have.uuid)).toEqual(foreign.map((have) => have.uuid));
      }),
    );
  });

  it('never meets the uniqueness of subject and order on the way', () => {
    fc.assert(
      fc.property(desiredList, actualList, (desired, actual) => {
        for (const state of states(desired, actual)) expect(new Set(state).size).toBe(state.length);
      }),
    );
  });

  it('keeps the declared ones in the declared order after every write, moved or new', () => {
    const declared = fc.uniqueArray(
      fc.record({ to: fc.integer({ min: 0, max: 40 }), there: fc.boolean(), step: fc.integer({ min: 1, max: 9 }) }),
      {
        selector: ({ to }) => to,
        minLength: 2,
        maxLength: 7,
      },
    );
    fc.assert(
      fc.property(declared, (list) => {
        let from = 0;
        const stages = [...list]
          .sort((a, b) => a.to - b.to)
          .map(({ to, there, step }, index) => ({ uuid: `u${index}`, to, there, from: (from += step) }));
        const step = ({ uuid, to }: { uuid: string; to: number }): DesiredBinding<null> => ({ order: to, subject: uuid, detail: null });
        const matched = stages
          .filter(({ there }) => there)
          .map((stage) => ({ desired: step(stage), actual: { uuid: stage.uuid, order: stage.from, subject: stage.uuid, row: null } }));
        const create = stages.filter(({ there }) => !there).map(step);
        const held = new Map(matched.map(({ actual }) => [actual.uuid, actual.order]));
        for (const { desired } of inSafeOrder({ matched, create })) {
          if (desired !== undefined) held.set(desired.subject, desired.order);
          const orders = stages.flatMap(({ uuid }) => held.get(uuid) ?? []);
          expect(orders.every((order, index) => index === 0 || order > (orders[index - 1] ?? 0))).toBe(true);
        }
      }),
    );
  });

  it('lets no guard move up past what it guards and nobody declares any more', () => {
    const desired = [
      ['guard', 40],
      ['new login', 50],
    ] as const;
    const actual = [
      ['guard', 20],
      ['login', 30],
    ] as const;
    const seen = states(
      desired.map(([name, at]) => ({ subject: name, order: at, detail: null })),
      actual.map(([name, at], index) => ({ subject: name, order: at, uuid: `uuid-${index}`, row: null, ours: true })),
    );
    expect(seen.map((held) => [...held].sort((a, b) => Number(a.split('@')[1]) - Number(b.split('@')[1])).join(' '))).toEqual([
      'guard@20 login@30',
      'guard@20 login@30 new login@50',
      'guard@20 new login@50',
      'guard@40 new login@50',
    ]);
  });

  it('has nothing to do once it was done', () => {
    fc.assert(
      fc.property(desiredList, (desired) => {
        const actual = desired.map((want, index) => ({ ...want, uuid: `uuid-${index}`, row: null, ours: true }));
        const again = plan(desired, actual);
        expect([again.create, again.obsolete, again.unmanaged]).toEqual([[], [], []]);
        for (const { desired: want, actual: have } of again.matched) expect([have.subject, have.order]).toEqual([want.subject, want.order]);
      }),
    );
  });

  it('creates no more than it must: whatever of ours can serve is kept', () => {
    fc.assert(
      fc.property(desiredList, actualList, (desired, actual) => {
        const { create, obsolete } = plan(desired, actual);
        const couldServe = create.some((want) => obsolete.some((have) => have.subject === want.subject || have.order === want.order));
        expect(couldServe).toBe(false);
      }),
    );
  });

  it.each([
    {
      reason: 'two stages that change places move, and neither is recreated',
      desired: [
        ['a', 20],
        ['b', 10],
      ],
      actual: [
        ['a', 10],
        ['b', 20],
      ],
      create: 0,
      obsolete: 0,
    },
    {
      reason: 'a stage in the place of another takes over its binding, and what hangs off it',
      desired: [['b', 10]],
      actual: [['a', 10]],
      create: 0,
      obsolete: 0,
    },
    {
      reason: 'one more is created',
      desired: [
        ['a', 10],
        ['b', 20],
      ],
      actual: [['a', 10]],
      create: 1,
      obsolete: 0,
    },
    {
      reason: 'one less goes',
      desired: [['a', 10]],
      actual: [
        ['a', 10],
        ['b', 20],
      ],
      create: 0,
      obsolete: 1,
    },
  ] as const)('$reason', ({ desired, actual, create, obsolete }) => {
    const made = plan(
      desired.map(([name, at]) => ({ subject: name, order: at, detail: null })),
      actual.map(([name, at], index) => ({ subject: name, order: at, uuid: `uuid-${index}`, row: null, ours: true })),
    );
    expect([made.create.length, made.obsolete.length]).toEqual([create, obsolete]);
  });
});
