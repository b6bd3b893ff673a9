import type * as k8s from '@kubernetes/client-node';
import type { ManagedObject } from '../runtime/object.ts';
import { NotOursError, StoreConflictError, type SecretWriter } from '../runtime/store.ts';
import { statusCodeOf, storeUnavailable } from './api-error.ts';
import { FIELD_MANAGER } from './field-manager.ts';
import type { Plain } from './plain.ts';

/** A ConfigMap, or a Secret with its values encoded. */
export type DataObject = Plain<k8s.V1ConfigMap>;
type OwnerReference = Plain<k8s.V1OwnerReference>;

/** The calls for one kind of object; each passes on what the API server answers. */
export interface DataCalls {
  readonly kind: 'ConfigMap' | 'Secret';
  read(namespace: string, name: string): Promise<DataObject>;
  create(namespace: string, body: DataObject): Promise<unknown>;
  replace(namespace: string, name: string, body: DataObject): Promise<unknown>;
  delete(namespace: string, name: string, body: { preconditions: { uid: string } }): Promise<unknown>;
  /** How a value stands in the object. */
  encode(value: string): string;
}

/** Which names may be written: any, or these; and how the refusal tells where that is said. */
export interface AllowedNames {
  readonly names: readonly string[];
  readonly any: boolean;
  readonly flag: string;
  readonly value: string;
}

const LABELS = { 'app.kubernetes.io/managed-by': FIELD_MANAGER };

type Data = Readonly<Record<string, string>>;

/**
 * Objects that belong to a custom resource: its controller reference says so, and lets the garbage collector remove them.
 * Nothing of the owner's labels and annotations is copied: a copied Argo CD tracking id would make Argo CD prune the object.
 *
 * No others are written than those of the allowed names, as the operator's Role has it. RBAC can't hold that alone: what doesn't exist yet
 * can't be named there, so that one of another name would be made, and refused when it changes.
 */
export class OwnedDataWriter implements SecretWriter {
  readonly #calls: DataCalls;
  readonly #allowed: AllowedNames;

  constructor(calls: DataCalls, allowed: AllowedNames) {
    this.#calls = calls;
    this.#allowed = allowed;
  }

  async check(owner: ManagedObject, name: string): Promise<void> {
    await this.#writable(owner, name);
  }

  async apply(owner: ManagedObject, name: string, plain: Data): Promise<void> {
    const { namespace } = owner.metadata;
    const data = Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, this.#calls.encode(value)]));
    const existing = await this.#writable(owner, name);
    if (existing === undefined) {
      const body = { metadata: { name, namespace, labels: LABELS, ownerReferences: [referenceTo(owner)] }, data };
      await this.#write(namespace, name, 'create', () => this.#calls.create(namespace, body));
      return;
    }
    if (hasOwner(existing, owner) && sameData(existing.data ?? {}, data)) return;
    const body = { ...existing, metadata: { ...existing.metadata, ownerReferences: ownersWith(existing, owner) }, data };
    await this.#write(namespace, name, 'update', () => this.#calls.replace(namespace, name, body));
  }

  async remove(owner: ManagedObject, name: string): Promise<void> {
    const { namespace } = owner.metadata;
    // Made when its name was allowed; the garbage collector removes it with its owner.
    if (!this.#mayWrite(name)) return;
    const existing = await this.#read(namespace, name);
    if (existing?.metadata?.uid === undefined || !isControlledBy(existing, owner)) return;
    const body = { preconditions: { uid: existing.metadata.uid } };
    await this.#write(namespace, name, 'delete', () => this.#calls.delete(namespace, name, body));
  }

  /** What is there, if it may be written. */
  async #writable(owner: ManagedObject, name: string): Promise<DataObject | undefined> {
    const { namespace } = owner.metadata;
    const { kind } = this.#calls;
    if (!this.#mayWrite(name)) throw new NotOursError(`${kind} ${namespace}/${name}: ${this.#whatIsAllowed()}`);
    const existing = await this.#read(namespace, name);
    if (existing !== undefined && !isControlledBy(existing, owner))
      throw new NotOursError(`${kind} ${namespace}/${name} exists and belongs to ${ownerOf(existing)}`);
    return existing;
  }

  #mayWrite(name: string): boolean {
    return this.#allowed.any || this.#allowed.names.includes(name);
  }

  #whatIsAllowed(): string {
    const { names, flag, value } = this.#allowed;
    const which = names.length === 0 ? 'the operator may write none' : `the operator may write ${names.join(', ')} only: take that name`;
    const sep = names.length === 0 ? ':' : ', or';
    return `${which}${sep} add this one to ${flag} (${value} of its chart)`;
  }

  async #read(namespace: string, name: string): Promise<DataObject | undefined> {
    try {
      return await this.#calls.read(namespace, name);
    } catch (error) {
      if (statusCodeOf(error) === 404) return undefined;
      throw storeUnavailable(`read ${this.#calls.kind} ${namespace}/${name}`, error);
    }
  }

  async #write(namespace: string, name: string, verb: 'create' | 'update' | 'delete', send: () => Promise<unknown>): Promise<void> {
    try {
      await send();
    } catch (error) {
      const code = statusCodeOf(error);
      if (code === 404 && verb === 'delete') return;
      // Created, changed or removed by somebody else since we looked.
      if (code === 409 || (code === 404 && verb === 'update'))
        throw new StoreConflictError(`${this.#calls.kind} ${namespace}/${name} was changed by somebody else`);
      throw storeUnavailable(`${verb} ${this.#calls.kind} ${namespace}/${name}`, error);
    }
  }
}

/** Without `blockOwnerDeletion`, which on OpenShift asks for a right on the owner's finalizers. */
function referenceTo({ apiVersion, kind, metadata }: ManagedObject): OwnerReference {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
}

function controllerOf(object: DataObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find(({ controller }) => controller === true);
}

function hasOwner(object: DataObject, owner: ManagedObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** By name as well: an owner that was deleted and created again takes over what the garbage collector hasn't removed yet. */
function isControlledBy(object: DataObject, owner: ManagedObject): boolean {
  const controller = controllerOf(object);
  if (controller === undefined) return false;
  const { apiVersion, kind, metadata } = owner;
  const sameName = controller.apiVersion === apiVersion && controller.kind === kind && controller.name === metadata.name;
  return controller.uid === metadata.uid || sameName;
}

function ownersWith(object: DataObject, owner: ManagedObject): OwnerReference[] {
  const others = object.metadata?.ownerReferences?.filter(({ controller }) => controller !== true) ?? [];
  return [...others, referenceTo(owner)];
}

function ownerOf(object: DataObject): string {
  const controller = controllerOf(object);
  return controller === undefined ? 'somebody else' : `${controller.kind} ${controller.name}`;
}

function sameData(left: Data, right: Data): boolean {
  const names = Object.keys(right);
  return Object.keys(left).length === names.length && names.every((name) => left[name] === right[name]);
}
