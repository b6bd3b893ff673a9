import { z } from 'zod';
import { flowFieldNames, PLACE_NAMES, type FlowPlace } from '../../catalogue/field-bindings.ts';
import { managedSpec, reference, withRules, type CelRule } from './common.ts';
import { defineKind } from './kind.ts';
import { managedStatus } from './status.ts';

const brand = withRules(
  z.object({
    domain: z.string().min(1).max(1024).describe('The domain that it is for, as Authentik has it, or its UUID.').optional(),
    default: z.literal(true).describe('The brand that is used where no other one is.').optional(),
  }),
  { rule: 'has(self.domain) != has(self.default)', message: 'write either {domain: …} or {default: true}' },
);

const at = withRules(
  z.object({
    brand: brand.describe('A brand: its default flows.').optional(),
    identificationStageRef: reference('stage', { kind: 'AuthentikStage', externalKey: 'name', nullable: false })
      .describe('An identification stage: the links on its form.')
      .optional(),
    sourceRef: reference('source', { externalKey: 'slug', nullable: false })
      .describe('A source: the flows of those who come by it.')
      .optional(),
    providerRef: reference('provider', { externalKey: 'name', nullable: false })
      .describe('A provider: the flows of those who log in to its application.')
      .optional(),
  }),
  {
    rule: `[${PLACE_NAMES.map((place) => `has(self.${place})`).join(', ')}].exists_one(x, x)`,
    message: `write exactly one of ${PLACE_NAMES.join(', ')}`,
  },
);

/** `as` is a word of CEL, which the API server escapes. */
const goesWith = (place: FlowPlace): CelRule => ({
  rule: `!has(self.at.${place}) || self.__as__ in [${flowFieldNames(place)
    .map((name) => `'${name}'`)
    .join(', ')}]`,
  message: `at ${place} has no such flow: write one of ${flowFieldNames(place).join(', ')} into as`,
});

const AS = [...new Set(PLACE_NAMES.flatMap(flowFieldNames))];

const spec = withRules(
  z.object({
    connectionRef: managedSpec.connectionRef,
    deletionPolicy: z
      .enum(['Restore', 'Retain'])
      .describe('What happens to the field when this object is deleted: `Restore` (default) puts back what was there, `Retain` leaves it.')
      .optional(),
    flowRef: reference('flow', { kind: 'AuthentikFlow', externalKey: 'slug', nullable: false }).describe(
      'The flow to put there. It is put there once it is Ready.',
    ),
    at: at.describe("What gets the flow. It stays whose it is: only this one field is set, and put back one day. Can't be changed."),
    as: z
      .enum(AS)
      .describe(
        "Which of its flows: the field's own name in camelCase. `flowLockdown` since Authentik 2026.5, `flowUserSwitch` and `flowRequest` since 2026.8. Can't be changed.",
      ),
    verify: z
      .enum(['Probe', 'Skip'])
      .describe(
        "`Probe` (default) looks as an anonymous visitor would: at a brand's login flow before it is set, at the brand and at the link on the login form afterwards. `Skip` doesn't.",
      )
      .optional(),
  }),
  ...PLACE_NAMES.map(goesWith),
  {
    rule: 'self.at == oldSelf.at && self.__as__ == oldSelf.__as__',
    message: "at and as can't be changed: create another FlowBinding for the other field, then delete this one",
  },
);

const status = z.object({
  ...managedStatus,
  previousValue: z.string().max(64).describe('The flow (UUID) that was there before us; empty for none.').optional(),
  publishedFlow: z.string().max(64).describe('The flow (UUID) that we put there.').optional(),
  flowSlug: z.string().max(1024).describe('The flow that is put there.').optional(),
  target: z.string().max(1024).describe('What has it.').optional(),
});

export const FlowBinding = defineKind({
  kind: 'FlowBinding',
  plural: 'flowbindings',
  shortNames: ['akflowbinding', 'akflowbindings'],
  description:
    "Puts a flow where something that isn't ours asks for one: the default flows of a brand, the links of an identification stage, the flows of a source or a provider.",
  spec,
  status,
  columns: [
    { name: 'Flow', path: '.status.flowSlug' },
    { name: 'Target', path: '.status.target' },
    { name: 'As', path: '.spec.as' },
    { name: 'Published', path: '.status.conditions[?(@.type=="Published")].status' },
    { name: 'Verified', path: '.status.conditions[?(@.type=="Verified")].status' },
    'Ready',
    'Reason',
    'Age',
    'UUID',
    'Connection',
    'LastChange',
  ],
});

export type FlowBindingSpec = z.infer<typeof spec>;
export type FlowBindingStatus = z.infer<typeof status>;
