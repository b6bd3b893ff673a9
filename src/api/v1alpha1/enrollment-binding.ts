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
    applicationRef: z
      .object({ external: z.string().min(1).max(256).describe('Its slug. It is looked at and never changed.') })
      .describe(
        "The market's application in Authentik. What its logins presuppose is looked at, and they are walked up to the login form. Takes rights of its own, which docs/permissions.md lists.",
      )
      .optional(),
    market: z
      .object({
        callbackURL: z
          .string()
          .max(2048)
          .regex(/^https?:\/\/[^\s#]+$/)
          .describe('Where Authentik sends people back to after a login. The provider of the application must allow it.'),
      })
      .describe("The market. Left out: the first redirect address that the application's provider allows by its exact text.")
      .optional(),
    verify: z
      .enum(['Probe', 'Skip', 'Off'])
      .describe(
        "`Probe` (default) looks at both flows as an anonymous visitor would: at sign-up before the link is published, at the login form afterwards. `Skip` doesn't. `Off` is what `Skip` was called in 0.1.0; YAML reads it as false unless it is quoted.",
      )
      .optional(),
    onFailure: z
      .enum(['Keep', 'Withdraw'])
      .describe(
        'What happens to a published link when a visitor is seen to fail: `Keep` (default) leaves it and says so, `Withdraw` puts back what was there before, until what was wrong has changed. A link that a visitor could not follow is not published in the first place, whatever this says.',
      )
      .optional(),
    configMap: z
      .object({
        name: resourceName(
          'The name of the ConfigMap, in the same namespace: one of those that the operator may write (`rbac.configMapNames` of its chart).',
        ),
      })
      .describe(
        "Writes `NEXT_PUBLIC_OIDC_SIGNUP_FLOW` and `AUTHENTIK_SIGN_UP_URL` into a ConfigMap, for the market's `envFrom`; with `applicationRef` also `NEXT_PUBLIC_AUTH_ENABLED`, `NEXT_PUBLIC_AUTH_PROVIDER`, `NEXT_PUBLIC_OIDC_ISSUER`, `NEXT_PUBLIC_OIDC_CLIENT_ID`, `NEXT_PUBLIC_OIDC_REDIRECT_URI` and `NEXT_PUBLIC_OIDC_TOKEN_URL`: all that the market needs but its client secret.",
      )
      .optional(),
  }),
  { rule: 'has(self.identificationStageRef) != has(self.sourceRef)', message: 'write exactly one of identificationStageRef or sourceRef' },
  { rule: '!has(self.market) || has(self.applicationRef)', message: 'market needs applicationRef: write the slug of its application' },
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
  market: z
    .object({
      application: z.string().max(256).describe('The slug of the application.'),
      clientID: z.string().max(255).describe('As whom the market asks for logins.'),
      issuer: z.string().max(2048).describe('The issuer that its tokens name.'),
      loginURL: z
        .string()
        .max(4096)
        .describe('Where the market sends visitors to log in. It adds `state`, `nonce` and a PKCE challenge of its own each time.'),
      signUpURL: z.string().max(8192).describe('Where it sends visitors to sign up, so that they come back logged in.'),
    })
    .describe("The market's side of logging in and signing up, with `applicationRef`.")
    .optional(),
  withdrawn: z
    .object({
      fingerprint: z
        .string()
        .max(64)
        .describe(
          'Of what the link depended on: it is published again once that has changed. Left out where it can be seen beforehand that it would work.',
        )
        .optional(),
    })
    .describe('Present while the link is taken back (`onFailure: Withdraw`).')
    .optional(),
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
    'Reason',
    'Age',
    'UUID',
    'Connection',
    'LastChange',
  ],
});

export type EnrollmentBindingSpec = z.infer<typeof spec>;
export type EnrollmentBindingStatus = z.infer<typeof status>;
