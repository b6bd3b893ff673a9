import { z } from 'zod';

const condition = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  observedGeneration: z.number().optional(),
  lastTransitionTime: z.string(),
  reason: z.string(),
  message: z.string(),
});

const schema = z.looseObject({
  kind: z.string().default(''),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().default(''),
    uid: z.string(),
    resourceVersion: z.string(),
    generation: z.number().default(0),
    deletionTimestamp: z.string().optional(),
    finalizers: z.array(z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.record(z.string(), z.unknown()).optional(),
  status: z
    .looseObject({ observedGeneration: z.number().optional(), conditions: z.array(condition).optional(), uuid: z.string().optional() })
    .optional(),
});

/** An object as the API server shows it, as far as the tests look at it. */
export type StoredObject = z.infer<typeof schema>;
export type StoredCondition = z.infer<typeof condition>;

/** Throws when the answer is no Kubernetes object. */
export function parseStored(answer: unknown): StoredObject {
  return schema.parse(answer);
}
