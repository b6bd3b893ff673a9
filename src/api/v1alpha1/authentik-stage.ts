import { z } from 'zod';
import { STAGES, type StageType } from '../../catalogue/stages.ts';
import { managedSpec, resourceName, withRules, type ManagedSpec } from './common.ts';
import { memberRules, typedMembers } from './field-schema.ts';
import { defineKind } from './kind.ts';
import { nameField, nameRule, typeRule } from './name.ts';
import { managedStatus } from './status.ts';

const smtpSecretRef = z
  .object({ name: resourceName('The name of the Secret, in the same namespace.') })
  .describe(
    'SMTP settings from a Secret: `host port username password useTls useSsl timeout from`, or the names of the Authentik chart (`AUTHENTIK_EMAIL__HOST` …). Fields given here win over the Secret.',
  )
  .optional();

const spec = withRules(
  z.object({
    ...managedSpec,
    name: nameField('stage'),
    type: z
      .enum(STAGES.map((entry) => entry.type))
      .describe("The type of the stage; its fields go into the member named after it. Can't be changed."),
    ...typedMembers(STAGES, (entry) => (entry.smtp === true ? { smtpSecretRef } : {})),
  }),
  nameRule,
  typeRule,
  ...memberRules(STAGES),
);

export const AuthentikStage = defineKind({
  kind: 'AuthentikStage',
  plural: 'authentikstages',
  shortNames: ['akstage', 'akstages'],
  description: 'One stage in Authentik, of any type: a step that flows are made of.',
  spec,
  status: z.object({
    ...managedStatus,
    name: z.string().max(1024).describe('The name in Authentik.').optional(),
    flows: z
      .array(z.string().max(1024))
      .meta({ description: 'The slugs of the flows that use the stage.', 'x-kubernetes-list-type': 'set' })
      .optional(),
    flowCount: z.int().min(0).describe('How many flows use the stage.').optional(),
  }),
  columns: [
    { name: 'Type', path: '.spec.type' },
    { name: 'Name', path: '.status.name' },
    { name: 'Flows', path: '.status.flowCount', type: 'integer' },
    'Ready',
    'Reason',
    'Age',
    'UUID',
    'Connection',
    'LastChange',
  ],
});

export type AuthentikStageSpec = ManagedSpec & { readonly name?: string | undefined; readonly type: StageType } & Readonly<
    Record<string, unknown>
  >;
