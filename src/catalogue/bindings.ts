import type { EntityType } from './entity.ts';
import type { Field } from './field.ts';

/** A stage's place in a flow. Identified by its `order`; target and stage are filled in by the flow. */
export const STAGE_BINDING = {
  path: '/flows/bindings/',
  model: 'authentik_flows.flowstagebinding',
  fields: [
    { api: 'evaluate_on_plan', type: 'boolean', resend: true, description: 'Evaluates the policies when the flow begins.' },
    { api: 're_evaluate_policies', type: 'boolean', resend: true, description: 'Evaluates the policies when the stage comes up.' },
    {
      api: 'invalid_response_action',
      type: 'enum',
      values: ['retry', 'restart', 'restart_with_context'],
      description: 'What a wrong answer leads to.',
    },
    { api: 'policy_engine_mode', type: 'enum', values: ['any', 'all'], description: 'Whether one or all of the policies must pass.' },
  ] satisfies readonly Field[],
} as const;

/** A policy's, group's or user's place on a flow or on a stage binding. */
export const POLICY_BINDING = {
  path: '/policies/bindings/',
  model: 'authentik_policies.policybinding',
  fields: [
    { api: 'negate', type: 'boolean', description: 'Turns the result around.' },
    { api: 'enabled', type: 'boolean', description: 'Whether it counts at all.' },
    { api: 'timeout', type: 'integer', minimum: 0, maximum: 2147483647, description: 'Seconds until an evaluation is given up.' },
    { api: 'failure_result', type: 'boolean', description: 'What counts when the policy fails to evaluate.' },
  ] satisfies readonly Field[],
} as const;

/** Where a binding lives, without the natural key that it lacks. */
export type BindingTable = Pick<EntityType, 'path' | 'model' | 'fields'>;
