import type * as k8s from '@kubernetes/client-node';
import { FIELD_MANAGER } from './field-manager.ts';
import { OwnedDataWriter } from './owned-data-writer.ts';
import type { Plain } from './plain.ts';

type ConfigMap = Plain<k8s.V1ConfigMap>;

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** The calls that the writer makes; a part of {@link k8s.CoreV1Api}. */
export interface ConfigMapCalls {
  readNamespacedConfigMap(request: Named): Promise<ConfigMap>;
  createNamespacedConfigMap(request: { namespace: string; body: ConfigMap; fieldManager: string }): Promise<unknown>;
  replaceNamespacedConfigMap(request: Named & { body: ConfigMap; fieldManager: string }): Promise<unknown>;
  deleteNamespacedConfigMap(request: Named & { body: { preconditions: { uid: string } } }): Promise<unknown>;
}

/** Writes the ConfigMaps that markets read. */
export class KubeConfigMapWriter extends OwnedDataWriter {
  /** `allowed` empty: any name. */
  constructor(core: ConfigMapCalls, allowed: readonly string[] = []) {
    const fieldManager = FIELD_MANAGER;
    super(
      {
        kind: 'ConfigMap',
        read: async (namespace, name) => core.readNamespacedConfigMap({ namespace, name }),
        create: async (namespace, body) => core.createNamespacedConfigMap({ namespace, body, fieldManager }),
        replace: async (namespace, name, body) => core.replaceNamespacedConfigMap({ namespace, name, body, fieldManager }),
        delete: async (namespace, name, body) => core.deleteNamespacedConfigMap({ namespace, name, body }),
        encode: (value) => value,
      },
      { names: allowed, any: allowed.length === 0, flag: '--config-map-names', value: 'rbac.configMapNames' },
    );
  }
}
