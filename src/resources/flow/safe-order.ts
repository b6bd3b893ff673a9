import type { ActualBinding, BindingPlan, DesiredBinding } from './binding-plan.ts';

/** One write: a change of what is there, something new without `actual`, or the removal of what isn't declared. */
export type BindingStep<D, A> =
  | { readonly desired: DesiredBinding<D>; readonly actual?: ActualBinding<A> }
  | { readonly desired?: undefined; readonly actual: ActualBinding<A> };

/**
 * The order of writes in which, after each of them, the declared bindings that are there stand in the declared order: upward moves from
 * the highest down, then downward moves and new ones together from the lowest up. Any other order would let, for one request or until a
 * failed one is repeated, the login stage stand before the password stage for everybody who enters the flow at that moment.
 *
 * What is not declared any more goes last, but before something moves up past it: a guard would end up behind what it guards. What takes
 * its place comes before that, as far as it can stand where it belongs. What is exchanged for one of its own kind that belongs before the
 * one that moves stays until that is there.
 */
export function inSafeOrder<D, A>(
  { matched, create }: Pick<BindingPlan<D, A>, 'matched' | 'create'>,
  stale: readonly ActualBinding<A>[] = [],
): readonly BindingStep<D, A>[] {
  const up = matched.filter(({ desired, actual }) => desired.order > actual.order).sort((a, b) => b.desired.order - a.desired.order);
  const down = matched.filter(({ desired, actual }) => desired.order < actual.order);
  let fresh = [...create].sort((a, b) => a.order - b.order);
  let left = [...stale];
  const steps: BindingStep<D, A>[] = [];
  for (const [index, move] of up.entries()) {
    const waiting = [...up.slice(index), ...down];
    const passed = left.filter((have) => isPassed(have, move) && !isFollowed(have, move, fresh));
    if (passed.length > 0) {
      const early = fresh.filter(({ order }) => !waiting.some((other) => isBetween(order, other.actual.order, other.desired.order)));
      steps.push(...early.map((desired) => ({ desired })), ...passed.map((actual) => ({ actual })));
      fresh = fresh.filter((desired) => !early.includes(desired));
      left = left.filter((actual) => !passed.includes(actual));
    }
    steps.push(move);
  }
  const rest = [...matched.filter(({ desired, actual }) => desired.order <= actual.order), ...fresh.map((desired) => ({ desired }))];
  return [...steps, ...rest.sort((a, b) => a.desired.order - b.desired.order), ...left.map((actual) => ({ actual }))];
}

function isPassed<D, A>({ order }: ActualBinding<A>, { desired, actual }: BindingPlan<D, A>['matched'][number]): boolean {
  return actual.order < order && order <= desired.order;
}

/** Whether another binding of the same subject comes, and before that move ends: then passing it leads to the declared order. */
function isFollowed<D, A>(
  { subject }: ActualBinding<A>,
  { desired }: BindingPlan<D, A>['matched'][number],
  fresh: readonly DesiredBinding<D>[],
): boolean {
  return fresh.some((want) => want.subject === subject && want.order < desired.order);
}

function isBetween(order: number, a: number, b: number): boolean {
  return Math.min(a, b) <= order && order <= Math.max(a, b);
}
