import type * as k8s from '@kubernetes/client-node';
import { FIELD_MANAGER } from './field-manager.ts';
import { OwnedDataWriter } from './owned-data-writer.ts';
import type { Plain } from './plain.ts';

type Secret = Plain<k8s.V1Secret>;

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** The calls that the writer makes; a part of {@link k8s.CoreV1Api}. */
export interface SecretCalls {
  readNamespacedSecret(request: Named): Promise<Secret>;
  createNamespacedSecret(request: { namespace: string; body: Secret; fieldManager: string }): Promise<unknown>;
  replaceNamespacedSecret(request: Named & { body: Secret; fieldManager: string }): Promise<unknown>;
  deleteNamespacedSecret(request: Named & { body: { preconditions: { uid: string } } }): Promise<unknown>;
}

/** Writes the Secrets that hold the links of invitations: those of the allowed names and no others, and none at all where none is named. */
export class KubeSecretWriter extends OwnedDataWriter {
  constructor(core: SecretCalls, allowed: readonly string[]) {
    const fieldManager = FIELD_MANAGER;
    super(
      {
        kind: 'Secret',
        read: async (namespace, name) => core.readNamespacedSecret({ namespace, name }),
        create: async (namespace, body) => core.createNamespacedSecret({ namespace, body: { ...body, type: 'Opaque' }, fieldManager }),
        replace: async (namespace, name, body) => core.replaceNamespacedSecret({ namespace, name, body, fieldManager }),
        delete: async (namespace, name, body) => core.deleteNamespacedSecret({ namespace, name, body }),
        encode: (value) => Buffer.from(value, 'utf8').toString('base64'),
      },
      { names: allowed, any: false, flag: '--invitation-secret-names', value: 'rbac.invitationSecretNames' },
    );
  }
}
