import { z } from 'zod';
import type { ManagedObject } from '../runtime/object.ts';

/**
 * A custom resource as the API server sends it. Only what reconciling looks at is kept: `managedFields` is 70 % of an object's
 * memory and says nothing to us.
 */
const schema = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    generation: z.number().default(1),
    creationTimestamp: z.string(),
    deletionTimestamp: z.string().exactOptional(),
    finalizers: z.array(z.string()).exactOptional(),
    annotations: z.record(z.string(), z.string()).exactOptional(),
    labels: z.record(z.string(), z.string()).exactOptional(),
  }),
  spec: z.unknown().default({}),
  status: z.unknown().exactOptional(),
});

/** Throws a `ZodError` when that is no namespaced custom resource. */
export function parseManagedObject(raw: unknown): ManagedObject {
  return schema.parse(raw);
}
