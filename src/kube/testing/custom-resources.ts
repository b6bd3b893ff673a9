import type { ManagedObject } from '../../runtime/object.ts';

export const GROUP = 'authentik.oceanenterprise.io';
export const VERSION = 'v1alpha1';

/** The collection of a kind of ours, in one namespace or in all. */
export function collection(plural: string, namespace?: string): string {
  return namespace === undefined ? `/apis/${GROUP}/${VERSION}/${plural}` : `/apis/${GROUP}/${VERSION}/namespaces/${namespace}/${plural}`;
}

/** A manifest as a user applies it. */
export function manifest(name: string, metadata: object = {}): object {
  return { apiVersion: `${GROUP}/${VERSION}`, kind: 'Flow', metadata: { name, ...metadata }, spec: { title: name } };
}

/** A custom resource as the store would hand it out. */
export function managedObject(name: string, metadata: Partial<ManagedObject['metadata']> = {}): ManagedObject {
  return {
    apiVersion: `${GROUP}/${VERSION}`,
    kind: 'Flow',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-of-${name}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: {},
  };
}
