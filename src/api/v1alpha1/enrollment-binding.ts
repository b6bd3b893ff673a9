import { z } from 'zod';
import { managedSpec, reference, resourceName, withRules } from './common.ts';
import { defineKind } from './kind.ts';
import { managedStatus } from './status.ts';

const spec = withRules(
  z.object({
    connectionRef: managedSpec.connectionRef,
    deletionPolicy: z
      .enum(['Restore', 'Retain'])
      .describe('What happens to the link when this object is deleted: `Restore` (default) puts back what was there, `Retain` leaves it.')
      .optional(),
    flowRef: reference('flow', { kind: 'AuthentikFlow', externalKey: 'slug', nullable: false }).describe(
      'The enrollment flow to publish. It is published once it is Ready.',
    ),
    identificationStageRef: reference('stage', { kind: 'AuthentikStage', externalKey: 'name', nullable: false })
      .describe('The identification stage of the login flow that shall link to it.')
      .optional(),
    sourceRef: reference('source', { externalKey: 'slug', nullable: false })
      .describe('The source whose new users shall go through it.')
      .optional(),
    verify: z
      .enum(['Probe', 'Off'])
      .describe(
        '`Probe` (default) looks at both flows as an anonymous visitor would after publishing. `"Off"` needs its quotes: YAML reads a bare Off as false.',
      )
      .optional(),
    configMap: z
      .object({ name: resourceName('The name of the ConfigMap, in the same namespace.') })
      .describe("Writes `NEXT_PUBLIC_OIDC_SIGNUP_FLOW` and `AUTHENTIK_SIGN_UP_URL` into a ConfigMap, for the market's `envFrom`.")
      .optional(),
  }),
  { rule: 'has(self.identificationStageRef) != has(self.sourceRef)', message: 'write exactly one of identificationStageRef or sourceRef' },
  {
    rule: 'has(self.identificationStageRef) == has(oldSelf.identificationStageRef) && (!has(self.identificationStageRef) || self.identificationStageRef == oldSelf.identificationStageRef) && (!has(self.sourceRef) || self.sourceRef == oldSelf.sourceRef)',
    message: "the target can't be changed: create another EnrollmentBinding for the other target, then delete this one",
  },
);

const status = z.object({
  ...managedStatus,
  previousValue: z.string().max(64).describe('The flow (UUID) that was linked before us; empty for none.').optional(),
  publishedFlow: z.string().max(64).describe('The flow (UUID) that we linked to.').optional(),
  signUpURL: z.string().max(2048).describe('Where visitors sign up.').optional(),
  loginFlowSlug: z.string().max(1024).describe('The login flow that shows the link.').optional(),
  flowSlug: z.string().max(1024).describe('The flow that is published.').optional(),
  target: z.string().max(1024).describe('What carries the link.').optional(),
  configMap: z.string().max(253).describe('The ConfigMap that was written.').optional(),
});

export const EnrollmentBinding = defineKind({
  kind: 'EnrollmentBinding',
  plural: 'enrollmentbindings',
  shortNames: ['akenrollment', 'akenrollments'],
  description: 'Publishes an enrollment flow: the sign-up link on a login flow or a source.',
  spec,
  status,
  columns: [
    { name: 'Flow', path: '.status.flowSlug' },
    { name: 'Target', path: '.status.target' },
    { name: 'Published', path: '.status.conditions[?(@.type=="Published")].status' },
    { name: 'Verified', path: '.status.conditions[?(@.type=="Verified")].status' },
    'Ready',
    'Age',
    'WideReason',
    'UUID',
    'Connection',
    'LastChange',
  ],
});

export type EnrollmentBindingSpec = z.infer<typeof spec>;
export type EnrollmentBindingStatus = z.infer<typeof status>;
