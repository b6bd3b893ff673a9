import type { External } from './external.ts';
import type { OperatorError } from './errors.ts';
import type { ManagedObject, ObjectKey } from './object.ts';
import type { SourceKey } from './store.ts';

/** Who may take what: the policies in force for one object, after all defaults. */
export interface Policies {
  readonly adoption: 'Never' | 'IfMatch' | 'Always';
  readonly deletion: 'Delete' | 'Restore' | 'Retain' | undefined;
}

/** What is particular to one kind. The engine knows the rest. `Session` is whatever reaches the outside. */
export interface Controller<Session, References = unknown, Secrets = unknown> {
  readonly kind: string;
  /** What its objects stand for outside the cluster: a whole object, one field of an object that is there anyway, or nothing. */
  readonly manages: 'object' | 'field' | 'nothing';
  /** Its own conditions, which are Unknown until they are judged. */
  readonly conditions: readonly string[];
  /** Its status tells who uses it, so it is looked at again when a user changes. */
  readonly watchesUsers?: true;
  /** The objects of ours that the spec names; their changes wake this one, and they outlive it. */
  dependencies(object: ManagedObject): readonly ObjectKey[];
  /** The same for weak references: their changes wake this one too, but it doesn't need them, and they needn't outlive it. */
  links?(object: ManagedObject): readonly ObjectKey[];
  /** The Secrets and ConfigMaps that the spec names. */
  sources(object: ManagedObject): readonly SourceKey[];
  /** What it lays claim to, the same for every object that means the same thing, on whatever server; undefined for nothing. */
  claim(object: ManagedObject): string | undefined;
  /** Whether two objects that have the same thing on record mean the same part of it; all do unless this says otherwise. */
  isRival?(object: ManagedObject, other: ManagedObject): boolean;
  /** The address of the server that it means, as far as is known without asking. */
  server(object: ManagedObject): string | undefined;
  /** The name that the counterpart is found and created by. */
  externalName(object: ManagedObject): string;
  policies(object: ManagedObject): Policies;
  /** Finds what to talk to. */
  connect(object: ManagedObject): Promise<{
    readonly session: Session;
    readonly status: Readonly<Record<string, unknown>>;
    readonly url: string;
    /** How long a request may be under way, in milliseconds. */
    readonly requestTimeoutMs?: number;
  }>;
  resolveReferences(object: ManagedObject, session: Session): Promise<References>;
  readSecrets(object: ManagedObject, session: Session): Promise<Secrets>;
  external(object: ManagedObject, session: Session, references: References, secrets: Secrets): External;
  /** For deleting, when references and Secrets may be gone already: only observe, blockers, delete and restore are called. */
  externalForDeletion(object: ManagedObject, session: Session): External;
  /** Takes away what an interrupted change has left beside the counterpart, when that itself stays as it is. */
  tidy?(object: ManagedObject, session: Session): Promise<void>;
  /** Dependencies that must be Ready before this one may be. */
  readyAfter(object: ManagedObject): readonly ObjectKey[];
  /** The conditions that a failure is about, where these aren't that of the step. */
  conditionsFor?(error: OperatorError): readonly string[];
  /** Whether a dependent stands in the way of deleting; all do unless this says otherwise. */
  isHeldBy?(object: ManagedObject, dependent: ManagedObject): boolean;
}
