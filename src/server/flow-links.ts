import type { ApiObject } from '../authentik/api-object.ts';
import type { RowTable } from './row-table.ts';

/** A stage's place in a flow, by their keys. */
interface Link {
  readonly stage: string;
  readonly flow: string;
}

/** What rows of flows and stages say of each other, which Authentik works out from the bindings: kept up to date where bindings change. */
export interface LinkedTables {
  readonly flows: RowTable | undefined;
  readonly bindings: RowTable | undefined;
  /** Every list that shows stages. */
  readonly stages: readonly RowTable[];
}

/** A binding has appeared, moved or gone; the table of bindings shows that already. */
export function relink(before: ApiObject | undefined, after: ApiObject | undefined, tables: LinkedTables): void {
  const [old, now] = [linkOf(before), linkOf(after)];
  if (old !== undefined && (old.stage !== now?.stage || old.flow !== now.flow) && !isLinked(old, tables)) setLink(old, false, tables);
  if (now !== undefined) setLink(now, true, tables);
}

function linkOf(binding: ApiObject | undefined): Link | undefined {
  const [stage, target] = [binding?.['stage'], binding?.['target']];
  return typeof stage === 'string' && typeof target === 'string' ? { stage, flow: target } : undefined;
}

/** The same stage may be bound to a flow more than once. */
function isLinked({ stage, flow }: Link, { bindings }: LinkedTables): boolean {
  return bindings?.where('target', flow).some((binding) => binding['stage'] === stage) === true;
}

function setLink({ stage, flow }: Link, linked: boolean, { flows, stages }: LinkedTables): void {
  const flowRow = flows?.get(flow);
  if (flowRow !== undefined && Array.isArray(flowRow['stages']))
    flows?.set({ ...flowRow, stages: withMember(flowRow['stages'] as unknown[], stage, linked) });
  for (const table of stages) {
    const row = table.get(stage);
    if (row === undefined) continue;
    const others = Array.isArray(row['flow_set']) ? (row['flow_set'] as { pk?: unknown }[]).filter(({ pk }) => pk !== flow) : [];
    const entry = { pk: flow, slug: flowRow?.['slug'], name: flowRow?.['name'], designation: flowRow?.['designation'] };
    table.set({ ...row, flow_set: linked && flowRow !== undefined ? [...others, entry] : others });
  }
}

function withMember(members: readonly unknown[], member: unknown, present: boolean): readonly unknown[] {
  const others = members.filter((other) => other !== member);
  return present ? [...others, member] : others;
}
