import { z } from 'zod';
import { DURATION_PATTERN, managedSpec, reference, resourceName, secretKeyRef, withRules } from './common.ts';
import { defineKind } from './kind.ts';
import { managedStatus } from './status.ts';

const TIME = '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$';

const spec = withRules(
  z.object({
    connectionRef: managedSpec.connectionRef,
    deletionPolicy: z
      .enum(['Delete', 'Retain'])
      .describe(
        'What happens to an open invitation when this object is deleted: `Delete` (default) makes its link void, `Retain` leaves it.',
      )
      .optional(),
    name: z
      .string()
      .min(1)
      .max(50)
      .regex(/^[-a-zA-Z0-9_]+$/)
      .describe('The name that administrators see; not unique. Left out: the name of this object, with dashes for dots.')
      .optional(),
    flowRef: reference('flow', { kind: 'AuthentikFlow', externalKey: 'slug', nullable: false }).describe(
      'The enrollment flow that it lets people into. Edits of the flow keep the link.',
    ),
    secretName: resourceName(
      'The Secret, in the same namespace, that gets the link: keys `url` and `token`. It belongs to this object. One of those that the operator may write (`rbac.invitationSecretNames` of its chart).',
    ),
    expires: z
      .string()
      .max(128)
      .regex(new RegExp(`${TIME}|${DURATION_PATTERN}`))
      .describe(
        'Until when it may be used: a time such as `2027-01-31T12:00:00Z`, or how long from when it was made, such as `days=7`. Left out: Authentik takes half an hour. A later one keeps it open longer, with the same link.',
      )
      .optional(),
    singleUse: z
      .boolean()
      .describe('The first who uses it is the last. By default anybody with the link may use it until it expires.')
      .optional(),
    fixedData: z
      .record(z.string(), z.unknown())
      .meta({ 'x-kubernetes-preserve-unknown-fields': true })
      .describe('What the flow takes as filled in already, by the keys of its prompts.')
      .optional(),
    fixedDataSecretRef: secretKeyRef.describe('The same as JSON out of a Secret, where it is private.').optional(),
    renew: z
      .string()
      .max(256)
      .describe(
        'Any text. Another one asks for a new invitation: the old link is void from then on. A used, expired or revoked one is not made again without it.',
      )
      .optional(),
  }),
  { rule: '!has(self.fixedData) || !has(self.fixedDataSecretRef)', message: 'write either fixedData or fixedDataSecretRef' },
);

const status = z.object({
  ...managedStatus,
  uuid: z.string().max(64).describe('A hash of the primary key in Authentik, which itself is the credential of the link.').optional(),
  flowSlug: z.string().max(1024).describe('The flow that it is for.').optional(),
  issuedAt: z.string().meta({ format: 'date-time' }).describe('When it was made.').optional(),
  expires: z.string().meta({ format: 'date-time' }).describe('Until when it may be used.').optional(),
  renewed: z.string().max(256).describe('The `renew` that it was made for.').optional(),
  secretName: z.string().max(253).describe('The Secret that has the link.').optional(),
});

export const AuthentikInvitation = defineKind({
  kind: 'AuthentikInvitation',
  plural: 'authentikinvitations',
  shortNames: ['akinvitation', 'akinvitations'],
  description: 'One invitation to an enrollment flow. Its link is a credential, and goes into a Secret and nowhere else.',
  spec,
  status,
  columns: [
    { name: 'Flow', path: '.status.flowSlug' },
    { name: 'Open', path: '.status.conditions[?(@.type=="Open")].status' },
    { name: 'Why', path: '.status.conditions[?(@.type=="Open")].reason' },
    { name: 'Expires', path: '.status.expires' },
    'Ready',
    'Reason',
    'Age',
    'Connection',
    'LastChange',
  ],
});

export type AuthentikInvitationSpec = z.infer<typeof spec>;
export type AuthentikInvitationStatus = z.infer<typeof status>;
