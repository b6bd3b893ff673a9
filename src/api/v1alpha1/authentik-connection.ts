import { z } from 'zod';
import {
  adoptionPolicy,
  deletionPolicy,
  interval,
  intervalWithin,
  type IntervalBounds,
  resourceName,
  secretKeyRef,
  withRules,
} from './common.ts';
import { commonStatus } from './status.ts';
import { defineKind } from './kind.ts';

const selector = z
  .object({
    matchLabels: z.record(z.string().max(316), z.string().max(63)).describe('Labels that the namespace must carry.').optional(),
  })
  .describe('Which namespaces, by their labels.');

/** The intervals of a connection. */
export const INTERVALS = {
  requestTimeout: { least: '1s', most: '2m', usual: '30s' },
  resyncInterval: { least: '10s', most: '168h', usual: '1h', canBeOff: true },
  driftPollInterval: { least: '1s', most: '24h', usual: '1m', canBeOff: true },
} as const satisfies Record<string, IntervalBounds>;

const spec = z.object({
  url: z
    .string()
    .max(2048)
    .regex(/^https?:\/\/[^\s?#]+$/)
    .describe(
      'Where the operator reaches Authentik, such as `https://authentik.example.com` or an address inside the cluster. Without `/api/v3`.',
    ),
  publicURL: z
    .string()
    .max(2048)
    .regex(/^https?:\/\/[^\s?#]+$/)
    .describe('Where visitors reach Authentik, for the links that are published. Defaults to `url`.')
    .optional(),
  tokenSecretRef: secretKeyRef.describe('An API token of Authentik (intent API, not expiring).'),
  caBundleRef: z
    .object({
      kind: z.enum(['Secret', 'ConfigMap']).describe('What holds the certificates.'),
      name: resourceName('Its name, in the same namespace.'),
      key: z.string().min(1).max(253).describe('The key in it.'),
    })
    .describe('Certificates (PEM) to trust for `url`, besides the public ones.')
    .optional(),
  requestTimeout: interval('How long one request may take.', INTERVALS.requestTimeout).optional(),
  maxConcurrentRequests: z
    .int()
    .min(1)
    .max(32)
    .describe('How many requests at a time. Default 4: a real Authentik gets slower, not faster, with more.')
    .optional(),
  resyncInterval: interval('How often everything is compared in full.', INTERVALS.resyncInterval).optional(),
  driftPollInterval: interval('How often the audit log is asked for changes made by others.', INTERVALS.driftPollInterval).optional(),
  defaults: z
    .object({ adoptionPolicy: adoptionPolicy.optional(), deletionPolicy: deletionPolicy.optional() })
    .describe('For objects on this connection that say nothing themselves.')
    .optional(),
  allowedNamespaces: withRules(
    z.object({
      from: z.enum(['Same', 'All', 'Selector']).describe('`Same` namespace only (default), `All`, or those that `selector` picks.'),
      selector: selector.optional(),
    }),
    {
      rule: "self.from == 'Selector' ? has(self.selector) : !has(self.selector)",
      message: 'selector goes with from: Selector, and only with it',
    },
  )
    .describe('Who else may use this connection. Checked at every reconcile.')
    .optional(),
});

const status = z.object({
  ...commonStatus,
  version: z.string().max(64).describe('The version of the server.').optional(),
  user: z.string().max(512).describe("The token's user.").optional(),
  missingPermissions: z
    .array(z.string().max(256))
    .meta({ description: "What the token's roles lack for the objects that use this connection.", 'x-kubernetes-list-type': 'set' })
    .optional(),
});

export const AuthentikConnection = defineKind({
  kind: 'AuthentikConnection',
  plural: 'authentikconnections',
  shortNames: ['akconnection', 'akconnections'],
  description: 'One Authentik: where it is, the token to use, and who may use it.',
  spec,
  status,
  columns: [{ name: 'URL', path: '.spec.url' }, { name: 'Version', path: '.status.version' }, 'Ready', 'Reason', 'Age'],
});

export type AuthentikConnectionSpec = z.infer<typeof spec>;

/** Milliseconds of an interval of a connection, within its bounds; 0 when it is off. */
export function intervalOf(connection: Partial<AuthentikConnectionSpec>, name: keyof typeof INTERVALS): number {
  return intervalWithin(connection[name], INTERVALS[name]);
}
