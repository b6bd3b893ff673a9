import type { ManagedObject } from './object.ts';
import { mayQuote } from './reasons.ts';

/**
 * A message as others may read it. Our own words hold no secrets, and aren't searched for any: whoever may choose a name would learn from
 * what is missing in them whether it is somebody's password. What quotes others is searched for the secrets that the object can reach,
 * those of its namespace and of its connection's.
 */
export function scrubbed(
  object: ManagedObject,
  reason: string,
  message: string,
  { redact }: { readonly redact: (text: string, namespaces: readonly string[]) => string },
): string {
  if (!mayQuote(reason)) return message;
  const [connection] = (object.status as { connection?: string } | undefined)?.connection?.split('/') ?? [];
  return redact(message, [object.metadata.namespace, ...(connection === undefined ? [] : [connection])]);
}
