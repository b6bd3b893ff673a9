/** A binding as the spec wants it. */
export interface DesiredBinding<D> {
  readonly order: number;
  /** The primary key of what is bound: a stage, policy, group or user. */
  readonly subject: string;
  readonly detail: D;
}

/** A binding as Authentik holds it. */
export interface ActualBinding<A> {
  readonly uuid: string;
  readonly order: number;
  readonly subject: string;
  readonly row: A;
}

/** What to do, so that at no moment the flow lacks what it had and shall keep. */
export interface BindingPlan<D, A> {
  readonly matched: readonly { readonly desired: DesiredBinding<D>; readonly actual: ActualBinding<A> }[];
  readonly create: readonly DesiredBinding<D>[];
  /** Ours, and not declared any more. */
  readonly obsolete: readonly ActualBinding<A>[];
  /** Not ours and not declared. */
  readonly unmanaged: readonly ActualBinding<A>[];
}

/**
 * Matches bindings to entries, so that as many as possible are kept and changed in place: policies hang off them, and deleting and
 * recreating would leave a gap in a live flow.
 *
 * First the exact ones (same subject, same order), then ours with the same subject, which move, then ours at the same order, which
 * change their subject, unless that is still to come anew: it would be missed until then. Whatever is not ours is matched exactly or not at all. Moving never meets Authentik's uniqueness of
 * (target, subject, order): a binding that stood where another moves to would have matched there exactly.
 *
 * `fits` keeps a pair apart that can't be changed in place without a moment that is neither the old state nor the new one.
 */
export function planBindings<D, A>(
  desired: readonly DesiredBinding<D>[],
  actual: readonly ActualBinding<A>[],
  ours: (uuid: string) => boolean,
  fits: (want: DesiredBinding<D>, have: ActualBinding<A>) => boolean = () => true,
): BindingPlan<D, A> {
  const free = new Map(actual.map((binding) => [binding.uuid, binding]));
  const matched: { desired: DesiredBinding<D>; actual: ActualBinding<A> }[] = [];
  let open = [...desired].sort((a, b) => a.order - b.order);
  const match = (same: (want: DesiredBinding<D>, have: ActualBinding<A>) => boolean): void => {
    open = open.filter((want) => {
      const have = [...free.values()].find((candidate) => same(want, candidate) && fits(want, candidate));
      if (have === undefined) return true;
      free.delete(have.uuid);
      matched.push({ desired: want, actual: have });
      return false;
    });
  };
  match((want, have) => want.subject === have.subject && want.order === have.order);
  match((want, have) => want.subject === have.subject && ours(have.uuid));
  const isExchanged = ({ subject }: ActualBinding<A>): boolean => open.some((want) => want.subject === subject);
  match((want, have) => want.order === have.order && ours(have.uuid) && !isExchanged(have));
  const left = [...free.values()];
  return { matched, create: open, obsolete: left.filter((have) => ours(have.uuid)), unmanaged: left.filter((have) => !ours(have.uuid)) };
}
