import type { ActualBinding, BindingPlan, DesiredBinding } from './binding-plan.ts';

/** One write: a change of what is there, or, without `actual`, something new. */
export interface BindingStep<D, A> {
  readonly desired: DesiredBinding<D>;
  readonly actual?: ActualBinding<A>;
}

/**
 * The order of writes in which, after each of them, the declared bindings that are there stand in the declared order: upward moves from
 * the highest down, then downward moves and new ones together from the lowest up. Any other order would let, for one request or until a
 * failed one is repeated, the login stage stand before the password stage for everybody who enters the flow at that moment.
 */
export function inSafeOrder<D, A>({ matched, create }: Pick<BindingPlan<D, A>, 'matched' | 'create'>): readonly BindingStep<D, A>[] {
  const up = matched.filter(({ desired, actual }) => desired.order > actual.order).sort((a, b) => b.desired.order - a.desired.order);
  const rest: readonly BindingStep<D, A>[] = [
    ...matched.filter(({ desired, actual }) => desired.order <= actual.order),
    ...create.map((desired) => ({ desired })),
  ];
  return [...up, ...[...rest].sort((a, b) => a.desired.order - b.desired.order)];
}
