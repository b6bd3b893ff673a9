import { z } from 'zod';
import { POLICY_BINDING, STAGE_BINDING } from '../../catalogue/bindings.ts';
import { FLOW } from '../../catalogue/flow.ts';
import { listMap, managedSpec, reference, withRules, type ManagedSpec, type Reference } from './common.ts';
import { fieldShape } from './field-schema.ts';
import { defineKind } from './kind.ts';
import { managedStatus } from './status.ts';

const MAX_STAGES = 64;
const MAX_POLICIES = 32;

const order = z.int().min(-2147483648).max(2147483647);

const policyEntry = withRules(
  z.object({
    order: order.describe('Where it stands among the others; identifies the entry.'),
    policyRef: reference('policy', { kind: 'AuthentikPolicy', externalKey: 'name', nullable: false }).optional(),
    groupRef: reference('group', { kind: 'AuthentikGroup', externalKey: 'name', nullable: false }).optional(),
    userRef: reference('user', { externalKey: 'username', nullable: false }).optional(),
    ...fieldShape(POLICY_BINDING.fields),
  }),
  {
    rule: '[has(self.policyRef), has(self.groupRef), has(self.userRef)].exists_one(x, x)',
    message: 'write exactly one of policyRef, groupRef or userRef',
  },
);

const stageEntry = withRules(
  z.object({
    order: order.describe('When the stage comes up; identifies the entry. Must differ from that of all other stages.'),
    stageRef: reference('stage', { kind: 'AuthentikStage', externalKey: 'name', nullable: false }),
    ...fieldShape(STAGE_BINDING.fields),
    policies: listMap(policyEntry, 'order', MAX_POLICIES, 'Whether the stage comes up. Left out: not managed. `[]`: none.').optional(),
  }),
  {
    rule: '(has(self.evaluateOnPlan) && self.evaluateOnPlan) || !has(self.reEvaluatePolicies) || self.reEvaluatePolicies',
    message: 'with reEvaluatePolicies: false the policies need evaluateOnPlan: true, or they would never be evaluated',
  },
);

const spec = withRules(
  z.object({
    ...managedSpec,
    slug: z
      .string()
      .min(1)
      .max(200)
      .regex(/^[-a-zA-Z0-9_]+$/)
      .describe("The part of the URL that names the flow, unique in Authentik. Can't be changed."),
    ...fieldShape(FLOW.fields),
    stages: listMap(stageEntry, 'order', MAX_STAGES, 'The steps of the flow. Left out: not managed. `[]`: none of ours.').optional(),
    policies: listMap(policyEntry, 'order', MAX_POLICIES, 'Who may enter the flow. Left out: not managed. `[]`: none of ours.').optional(),
    unmanagedBindings: z
      .enum(['Keep', 'Prune'])
      .describe(
        "What to do with stages and policies on the flow that the spec doesn't declare: `Keep` (default) and list them in the status, or `Prune` them once everything else is in place.",
      )
      .optional(),
  }),
  {
    rule: 'self.slug == oldSelf.slug',
    message: "slug can't be changed: links point to it. Create another flow with the new slug, then delete this one",
  },
  {
    rule: "!(self.slug in ['cache_info', 'cache_clear', 'import'])",
    message: "slug can't be cache_info, cache_clear or import: Authentik couldn't read or delete such a flow any more. Choose another",
  },
);

const binding = z.object({
  uuid: z.string().max(64).describe('The primary key of the binding.'),
  policyBindingModelID: z.string().max(64).describe('What policies on it are bound to.').optional(),
  adopted: z.boolean().describe('Was there before us.').optional(),
  before: z
    .record(z.string(), z.unknown())
    .meta({ 'x-kubernetes-preserve-unknown-fields': true })
    .describe('What it held before us.')
    .optional(),
});

const status = z.object({
  ...managedStatus,
  policyBindingModelID: z.string().max(64).describe('What policies on the flow are bound to.').optional(),
  flowURL: z.string().max(2048).describe('Where visitors enter the flow.').optional(),
  stageCount: z.int().min(0).describe('How many stages are bound.').optional(),
  bindings: z
    .array(binding)
    .meta({ description: 'The stage bindings that are ours.', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['uuid'] })
    .optional(),
  policyBindings: z
    .array(binding)
    .meta({ description: 'The policy bindings that are ours.', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['uuid'] })
    .optional(),
  pendingParts: z
    .object({
      parts: z.array(z.string().max(1024)).meta({ description: 'As the spec names them.', 'x-kubernetes-list-type': 'atomic' }),
      expires: z.string().max(64).describe('From then on none of them can arrive any more.').optional(),
      connectionURL: z.string().max(2048).describe('Where they were sent.').optional(),
    })
    .describe('Bindings of groups and people that were sent and not answered: they are waited for, and not sent twice.')
    .optional(),
  unmanagedBindings: z
    .array(z.string().max(1024))
    .max(100)
    .meta({ description: "What is bound to the flow and isn't declared.", 'x-kubernetes-list-type': 'set' })
    .optional(),
});

export const AuthentikFlow = defineKind({
  kind: 'AuthentikFlow',
  plural: 'authentikflows',
  shortNames: ['akflow', 'akflows'],
  description: 'One flow in Authentik with the stages and policies bound to it.',
  spec,
  status,
  columns: [
    { name: 'Slug', path: '.spec.slug' },
    { name: 'Designation', path: '.spec.designation' },
    { name: 'Stages', path: '.status.stageCount', type: 'integer' },
    'Ready',
    'Reason',
    'Age',
    'UUID',
    'Connection',
    'LastChange',
  ],
});

/** One entry of `policies`. */
export interface PolicyEntry extends Readonly<Record<string, unknown>> {
  readonly order: number;
  readonly policyRef?: Reference | undefined;
  readonly groupRef?: Reference | undefined;
  readonly userRef?: Reference | undefined;
}

/** One entry of `stages`. */
export interface StageEntry extends Readonly<Record<string, unknown>> {
  readonly order: number;
  readonly stageRef: Reference;
  readonly policies?: readonly PolicyEntry[] | undefined;
}

export type AuthentikFlowSpec = ManagedSpec & {
  readonly slug: string;
  readonly stages?: readonly StageEntry[] | undefined;
  readonly policies?: readonly PolicyEntry[] | undefined;
  readonly unmanagedBindings?: 'Keep' | 'Prune' | undefined;
} & Readonly<Record<string, unknown>>;
export type AuthentikFlowStatus = z.infer<typeof status>;
/** What the status records of a binding that is ours. */
export type RecordedBinding = z.infer<typeof binding>;
