import type * as k8s from '@kubernetes/client-node';
import type { ManagedObject } from '../runtime/object.ts';
import { NotOursError, StoreConflictError, type ConfigMapWriter } from '../runtime/store.ts';
import { statusCodeOf, storeUnavailable } from './api-error.ts';
import { FIELD_MANAGER } from './field-manager.ts';
import type { Plain } from './plain.ts';

type ConfigMap = Plain<k8s.V1ConfigMap>;
type OwnerReference = Plain<k8s.V1OwnerReference>;

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

const LABELS = { 'app.kubernetes.io/managed-by': FIELD_MANAGER };

type Data = Readonly<Record<string, string>>;

/**
 * ConfigMaps that belong to a custom resource: its controller reference says so, and lets the garbage collector remove them.
 * Nothing of the owner's labels and annotations is copied: a copied Argo CD tracking id would make Argo CD prune the ConfigMap.
 *
 * With `allowed` names, no others are written, as the operator's Role has it. RBAC can't hold that alone: what doesn't exist yet can't be
 * named there, so that a ConfigMap of another name would be made, and refused when it changes.
 */
export class KubeConfigMapWriter implements ConfigMapWriter {
  readonly #core: ConfigMapCalls;
  readonly #allowed: readonly string[];

  /** `allowed` empty: any name. */
  constructor(core: ConfigMapCalls, allowed: readonly string[] = []) {
    this.#core = core;
    this.#allowed = allowed;
  }

  async apply(owner: ManagedObject, name: string, data: Data): Promise<void> {
    const { namespace } = owner.metadata;
    if (!this.#mayWrite(name)) throw new NotOursError(`ConfigMap ${namespace}/${name}: ${this.#whatIsAllowed()}`);
    const existing = await this.#read(namespace, name);
    if (existing === undefined) {
      const body = { metadata: { name, namespace, labels: LABELS, ownerReferences: [referenceTo(owner)] }, data: { ...data } };
      await write(namespace, name, 'create', () => this.#core.createNamespacedConfigMap({ namespace, body, fieldManager: FIELD_MANAGER }));
      return;
    }
    if (!isControlledBy(existing, owner))
      throw new NotOursError(`ConfigMap ${namespace}/${name} exists and belongs to ${ownerOf(existing)}`);
    if (hasOwner(existing, owner) && sameData(existing.data ?? {}, data)) return;
    const body = { ...existing, metadata: { ...existing.metadata, ownerReferences: ownersWith(existing, owner) }, data: { ...data } };
    await write(namespace, name, 'update', () =>
      this.#core.replaceNamespacedConfigMap({ namespace, name, body, fieldManager: FIELD_MANAGER }),
    );
  }

  async remove(owner: ManagedObject, name: string): Promise<void> {
    const { namespace } = owner.metadata;
    // Made when its name was allowed; the garbage collector removes it with its owner.
    if (!this.#mayWrite(name)) return;
    const existing = await this.#read(namespace, name);
    if (existing?.metadata?.uid === undefined || !isControlledBy(existing, owner)) return;
    const body = { preconditions: { uid: existing.metadata.uid } };
    await write(namespace, name, 'delete', () => this.#core.deleteNamespacedConfigMap({ namespace, name, body }));
  }

  #mayWrite(name: string): boolean {
    return this.#allowed.length === 0 || this.#allowed.includes(name);
  }

  #whatIsAllowed(): string {
    return `the operator may write ${this.#allowed.join(', ')} only: take that name, or add this one to --config-map-names (rbac.configMapNames of its chart)`;
  }

  async #read(namespace: string, name: string): Promise<ConfigMap | undefined> {
    try {
      return await this.#core.readNamespacedConfigMap({ namespace, name });
    } catch (error) {
      if (statusCodeOf(error) === 404) return undefined;
      throw storeUnavailable(`read ConfigMap ${namespace}/${name}`, error);
    }
  }
}

async function write(namespace: string, name: string, verb: 'create' | 'update' | 'delete', send: () => Promise<unknown>): Promise<void> {
  try {
    await send();
  } catch (error) {
    const code = statusCodeOf(error);
    if (code === 404 && verb === 'delete') return;
    // Created, changed or removed by somebody else since we looked.
    if (code === 409 || (code === 404 && verb === 'update'))
      throw new StoreConflictError(`ConfigMap ${namespace}/${name} was changed by somebody else`);
    throw storeUnavailable(`${verb} ConfigMap ${namespace}/${name}`, error);
  }
}

/** Without `blockOwnerDeletion`, which on OpenShift asks for a right on the owner's finalizers. */
function referenceTo({ apiVersion, kind, metadata }: ManagedObject): OwnerReference {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
}

function controllerOf(configMap: ConfigMap): OwnerReference | undefined {
  return configMap.metadata?.ownerReferences?.find(({ controller }) => controller === true);
}

function hasOwner(configMap: ConfigMap, owner: ManagedObject): boolean {
  return controllerOf(configMap)?.uid === owner.metadata.uid;
}

/** By name as well: an owner that was deleted and created again takes over what the garbage collector hasn't removed yet. */
function isControlledBy(configMap: ConfigMap, owner: ManagedObject): boolean {
  const controller = controllerOf(configMap);
  if (controller === undefined) return false;
  const { apiVersion, kind, metadata } = owner;
  const sameName = controller.apiVersion === apiVersion && controller.kind === kind && controller.name === metadata.name;
  return controller.uid === metadata.uid || sameName;
}

function ownersWith(configMap: ConfigMap, owner: ManagedObject): OwnerReference[] {
  const others = configMap.metadata?.ownerReferences?.filter(({ controller }) => controller !== true) ?? [];
  return [...others, referenceTo(owner)];
}

function ownerOf(configMap: ConfigMap): string {
  const controller = controllerOf(configMap);
  return controller === undefined ? 'somebody else' : `${controller.kind} ${controller.name}`;
}

function sameData(left: Data, right: Data): boolean {
  const names = Object.keys(right);
  return Object.keys(left).length === names.length && names.every((name) => left[name] === right[name]);
}
