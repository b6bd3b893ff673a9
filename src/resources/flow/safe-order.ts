import type { ActualBinding, BindingPlan, DesiredBinding } from './binding-plan.ts';

/**
 * One write: a change of what is there, or something new without `actual`; without `desired`, what isn't declared steps aside to another
 * order, or goes.
 */
export type BindingStep<D, A> =
  | { readonly desired: DesiredBinding<D>; readonly actual?: ActualBinding<A> }
  | { readonly desired?: undefined; readonly actual: ActualBinding<A>; readonly aside?: number };

/** Something that is there and goes up. */
interface Move<D, A> {
  readonly actual: ActualBinding<A>;
  readonly to: number;
  readonly step: BindingStep<D, A>;
}

/**
 * The order of writes in which, after each of them, the declared bindings that are there stand in the declared order: upward moves from
 * the highest down, then downward moves and new ones together from the lowest up. Any other order would let, for one request or until a
 * failed one is repeated, the login stage stand before the password stage for everybody who enters the flow at that moment.
 *
 * What is not declared any more goes last, but before something moves up past it: a guard would end up behind what it guards. What takes
 * its place comes before that, as far as it can stand where it belongs.
 *
 * What is exchanged for another of the same stage stays until that is there, and keeps its place among the others meanwhile: it moves up
 * with them.
 */
export function inSafeOrder<D, A>(
  { matched, create }: Pick<BindingPlan<D, A>, 'matched' | 'create'>,
  stale: readonly ActualBinding<A>[] = [],
): readonly BindingStep<D, A>[] {
  const changed = matched.filter(({ desired, actual }) => desired.subject !== actual.subject).map(({ desired }) => desired);
  const exchanged = exchanges([...create, ...changed], stale);
  const up = upwardMoves({ matched, create }, exchanged);
  const down = matched
    .filter(({ desired, actual }) => desired.order < actual.order)
    .map(({ desired, actual }) => ({ actual, to: desired.order }));
  let fresh = [...create].sort((a, b) => a.order - b.order);
  let left = stale.filter((actual) => !exchanged.has(actual));
  const steps: BindingStep<D, A>[] = [];
  for (const [index, move] of up.entries()) {
    const waiting = [...up.slice(index), ...down];
    const passed = left.filter(({ order }) => move.actual.order < order && order <= move.to);
    if (passed.length > 0) {
      const early = fresh.filter(({ order }) => !waiting.some(({ actual, to }) => isBetween(order, actual.order, to)));
      steps.push(...early.map((desired) => ({ desired })), ...passed.map((actual) => ({ actual })));
      fresh = fresh.filter((desired) => !early.includes(desired));
      left = left.filter((actual) => !passed.includes(actual));
    }
    steps.push(move.step);
  }
  const rest = [...matched.filter(({ desired, actual }) => desired.order <= actual.order), ...fresh.map((desired) => ({ desired }))];
  const gone = [...exchanged.keys(), ...left].map((actual) => ({ actual }));
  return [...steps, ...rest.sort((a, b) => a.desired.order - b.desired.order), ...gone];
}

/** The undeclared bindings in whose place another of the same subject comes, each with that. */
function exchanges<D, A>(
  coming: readonly DesiredBinding<D>[],
  stale: readonly ActualBinding<A>[],
): ReadonlyMap<ActualBinding<A>, DesiredBinding<D>> {
  let open = coming;
  const found = new Map<ActualBinding<A>, DesiredBinding<D>>();
  for (const actual of stale) {
    const successor = open.find(({ subject }) => subject === actual.subject);
    if (successor === undefined) continue;
    found.set(actual, successor);
    open = open.filter((desired) => desired !== successor);
  }
  return found;
}

/**
 * From the highest down. What is exchanged goes up, to the order next to that of its successor, only where others would pass it or come to
 * stand where it is.
 */
function upwardMoves<D, A>(
  { matched, create }: Pick<BindingPlan<D, A>, 'matched' | 'create'>,
  exchanged: ReadonlyMap<ActualBinding<A>, DesiredBinding<D>>,
): readonly Move<D, A>[] {
  const moves = matched
    .filter(({ desired, actual }) => desired.order > actual.order)
    .map((step): Move<D, A> => ({ actual: step.actual, to: step.desired.order, step }));
  const rising = [...exchanged].filter(([actual, { order }]) => order > actual.order);
  const isPassed = rising.some(
    ([{ order }, successor]) =>
      moves.some(({ actual, to }) => actual.order < order && order <= to) ||
      create.some((want) => order <= want.order && want.order < successor.order),
  );
  const lifted = isPassed ? rising : [];
  const lifts = lifted.map(([actual, { order: to }]): Move<D, A> => ({ actual, to, step: { actual, aside: to + 1 } }));
  return [...moves, ...lifts].sort((a, b) => b.to - a.to);
}

function isBetween(order: number, a: number, b: number): boolean {
  return Math.min(a, b) <= order && order <= Math.max(a, b);
}
