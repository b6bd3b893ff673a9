import { POLICY_BINDING, STAGE_BINDING } from '../../catalogue/bindings.ts';
import { z } from 'zod';
import type { ApiObject } from '../../authentik/api-object.ts';
import type { BoundKind } from './bound-set.ts';

const Named = z.looseObject({ name: z.string().optional(), username: z.string().optional() });

function nameIn(row: ApiObject, field: string): string | undefined {
  const parsed = Named.safeParse(row[field]);
  return parsed.success ? (parsed.data.name ?? parsed.data.username) : undefined;
}

/** Stages on a flow. */
export const STAGES_ON_FLOW: BoundKind = {
  table: STAGE_BINDING,
  subjectOf: (row) => String(row['stage']),
  describe: (row) => `stage "${nameIn(row, 'stage_obj') ?? String(row['stage'])}" at order ${String(row['order'])}`,
};

/** Policies, groups and users on a flow or on a stage binding. One of the three is set. */
export const POLICIES_ON_TARGET: BoundKind = {
  table: POLICY_BINDING,
  subjectOf: (row) => {
    const kind = (['policy', 'group', 'user'] as const).find((field) => row[field] !== null && row[field] !== undefined);
    return kind === undefined ? 'none' : `${kind}:${String(row[kind])}`;
  },
  describe: (row) =>
    `policy "${nameIn(row, 'policy_obj') ?? nameIn(row, 'group_obj') ?? nameIn(row, 'user_obj') ?? row.pk}" at order ${String(row['order'])}`,
};
