import { z } from 'zod';

/** One condition, as the Kubernetes API conventions have it. */
export const condition = z.object({
  type: z.string().max(316).describe('What is judged, such as `Ready`.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('The judgement.'),
  observedGeneration: z.int().min(0).describe('The generation of the spec that was judged.').optional(),
  lastTransitionTime: z.string().meta({ format: 'date-time' }).describe('When the judgement last changed.'),
  reason: z.string().min(1).max(1024).describe('Why, in one word; the reasons page explains each.'),
  message: z.string().max(32768).describe('Why, in a sentence.'),
});

const conditions = z
  .array(condition)
  .meta({
    description: '`Ready`, `Reconciling` and `Stalled` as kstatus reads them, and what they rest on.',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  })
  .optional();

/** On every kind. */
export const commonStatus = {
  observedGeneration: z.int().min(0).describe('The generation of the spec that this status speaks of.').optional(),
  conditions,
};

const prints = z.record(z.string(), z.string().max(64));

/** On every kind that has something in Authentik. */
export const managedStatus = {
  ...commonStatus,
  uuid: z.string().max(64).describe('The primary key in Authentik.').optional(),
  connectionURL: z.string().max(2048).describe('The Authentik that holds it.').optional(),
  connection: z.string().max(512).describe('The AuthentikConnection in use, as namespace/name.').optional(),
  pendingCreate: z
    .object({
      name: z.string().max(1024).describe('The name or slug about to be created.'),
      at: z.string().meta({ format: 'date-time' }).describe('When.'),
      connectionURL: z.string().max(2048).describe('On which Authentik.').optional(),
      expires: z
        .string()
        .meta({ format: 'date-time' })
        .describe("When a request that failed without an answer can't arrive any more.")
        .optional(),
      sent: prints.describe('A hash of each value that is sent.').optional(),
    })
    .describe(
      'Written before the object is created, so that after a crash what is found by that name, and is what was sent, is known to be ours.',
    )
    .optional(),
  adopted: z
    .object({
      at: z.string().meta({ format: 'date-time' }).describe('When it was taken over.'),
      before: z
        .record(z.string(), z.unknown())
        .meta({ 'x-kubernetes-preserve-unknown-fields': true })
        .describe('What the declared fields held before; `deletionPolicy: Restore` puts it back where ours is still there.')
        .optional(),
      applied: prints.describe('A hash of what we made of each field.').optional(),
      applying: prints.describe('The same of what is being written.').optional(),
      bound: z
        .record(z.string(), z.array(z.string().max(64)).max(1000).meta({ 'x-kubernetes-list-type': 'atomic' }))
        .describe('The keys of the bindings that were there before us, by what they are bound to.')
        .optional(),
    })
    .describe('Present when the object was in Authentik before us.')
    .optional(),
  secrets: z
    .array(
      z.object({
        name: z.string().max(253).describe('The Secret.'),
        resourceVersion: z.string().max(64).describe('Its version when its values were last sent.'),
        hash: z.string().max(128).describe('Tells which keys of which version were sent. Nothing in it is made of the values.'),
      }),
    )
    .meta({
      description: 'The Secrets whose values Authentik holds.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    })
    .optional(),
  notKept: z
    .record(
      z.string(),
      z.object({ print: z.string().max(64).describe('A hash of both values.'), times: z.int().min(1).describe('How often.') }),
    )
    .describe('Fields of which Authentik accepted a value and keeps another one.')
    .optional(),
  releaseAt: z
    .string()
    .meta({ format: 'date-time' })
    .describe("When an object that is being deleted is let go although Authentik can't be reached.")
    .optional(),
  lastChange: z.string().meta({ format: 'date-time' }).describe('When Authentik was last changed for this object.').optional(),
};
