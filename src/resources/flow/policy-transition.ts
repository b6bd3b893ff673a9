import type { ApiObject } from '../../authentik/api-object.ts';
import type { ActualBinding, DesiredBinding } from './binding-plan.ts';
import type { BoundDetail, BoundSet } from './bound-set.ts';

/** The fields that decide; order and time-out change no verdict. */
const TELLING = ['negate', 'enabled', 'failure_result'];

/** Whether a change of a policy binding changes what it says. */
export function isTelling(desired: DesiredBinding<BoundDetail>, actual: ActualBinding<ApiObject>): boolean {
  const { body } = desired.detail;
  return desired.subject !== actual.subject || TELLING.some((field) => field in body && body[field] !== actual.row[field]);
}

/** How many writes change the verdict. One alone does it at a stroke. */
export function tellingWrites({ plan, stale }: BoundSet): number {
  return plan.matched.filter(({ desired, actual }) => isTelling(desired, actual)).length + plan.create.length + stale.length;
}

/**
 * Whether changing the policies of a stage write by write would let it be guarded for a moment as neither before nor after: when one policy
 * of several is enough, and there were or will be none; for none means everybody. With all of them needed, or some before and after,
 * adding first and then removing stays between the two.
 */
export function needsExchange(set: BoundSet, mode: { readonly before: unknown; readonly after: unknown }): boolean {
  const writes = tellingWrites(set) + (mode.before === mode.after ? 0 : 1);
  if (writes <= 1) return false;
  if (mode.before !== mode.after) return true;
  const counts = (row: { readonly enabled: unknown }): boolean => row.enabled !== false;
  const before = set.held.some((actual) => counts({ enabled: actual.row['enabled'] }));
  const after = set.unmanaged.length > 0 || set.wanted.some(({ detail }) => counts({ enabled: detail.body['enabled'] }));
  return mode.after === 'any' && (!before || !after);
}

/** Hands over a policy binding as soon as it is there. */
type Made = (row: ApiObject) => void;

/**
 * Changes the policies of a target in place. Where several writes change the verdict, what is new is added first, beside what it replaces,
 * and what is old goes after it: changing one after another would let pass, for a request, whom neither the old ones nor the new ones do.
 */
export async function changePolicies(set: BoundSet, made: Made): Promise<void> {
  const finish = await addPolicies(set, made, tellingWrites(set) > 1);
  await finish();
}

/**
 * Changes a flow's own policies around a change of its stages, so that nobody meets the old stages whom the old policies keep out, nor the
 * new ones whom the new policies do: what keeps people out is there before the stages change, what lets them in comes after. Answers with
 * what is left to do then.
 *
 * Where one policy of several is enough, that can be told of a change that only adds, or that ends without any; all others happen before.
 */
export async function changePoliciesAround(set: BoundSet, mode: unknown, made: Made): Promise<() => Promise<void>> {
  if (mode === 'all') return addPolicies(set, made, true);
  const isOpened = set.wanted.length + set.unmanaged.length === 0;
  const onlyAdds =
    set.held.length > 0 && set.stale.length === 0 && !set.plan.matched.some(({ desired, actual }) => isTelling(desired, actual));
  if (isOpened || onlyAdds) return async () => changePolicies(set, made);
  await changePolicies(set, made);
  return async () => Promise.resolve();
}

/** Adds what is new, with `beside` also what becomes another; the answer takes away what is old. */
async function addPolicies(set: BoundSet, made: Made, beside: boolean): Promise<() => Promise<void>> {
  const changed = set.plan.matched.filter(({ desired, actual }) => set.changes(desired, actual).length > 0);
  const replaced = beside ? changed.filter(({ desired, actual }) => isTelling(desired, actual)) : [];
  const added: { readonly row: ApiObject; readonly desired: DesiredBinding<BoundDetail> }[] = [];
  for (const desired of set.plan.create) made(await set.make(desired));
  for (const { desired } of replaced) {
    const row = await set.make({ ...desired, order: set.freeOrder(added.length) });
    made(row);
    added.push({ row, desired });
  }
  return async () => {
    for (const { desired, actual } of changed) if (!replaced.some((other) => other.actual === actual)) await set.change(actual, desired);
    await set.removeStale();
    for (const { actual } of replaced) await set.remove(actual);
    for (const { row, desired } of added) await set.change(set.actualOf(row), desired);
  };
}
