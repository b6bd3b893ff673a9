/** Names one custom resource. A key holds no state: whoever gets one reads the object's last seen state from the store. */
export interface ObjectKey {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The part of `metadata` that reconciling looks at (Kubernetes API conventions). */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  /** RFC 3339. */
  readonly creationTimestamp: string;
  /** RFC 3339; present once the object is being deleted. */
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A custom resource as the store holds it. `spec` has passed the API server's validation, not ours. */
export interface ManagedObject<Spec = unknown, Status = unknown> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: Spec;
  readonly status?: Status;
}

export function keyOf(object: Pick<ManagedObject, 'kind' | 'metadata'>): ObjectKey {
  return { kind: object.kind, namespace: object.metadata.namespace, name: object.metadata.name };
}

/** `Kind/namespace/name`: what the queue, the logs and messages call an object. */
export function formatKey(key: ObjectKey): string {
  return `${key.kind}/${key.namespace}/${key.name}`;
}

/** Reads what {@link formatKey} wrote. */
export function parseKey(id: string): ObjectKey {
  const [kind, namespace, name] = id.split('/') as [string, string, string];
  return { kind, namespace, name };
}
