/**
 * What a reason means for whoever retries:
 * - `ok`: nothing to do;
 * - `waiting`: something else must happen first; its change wakes us, so no backoff;
 * - `transient`: try again with backoff;
 * - `terminal`: nothing changes until a human acts.
 */
export type ReasonClass = 'ok' | 'waiting' | 'transient' | 'terminal';

interface ReasonEntry {
  readonly class: ReasonClass;
  /** Why it happens. */
  readonly cause: string;
  /** What the reader should do. */
  readonly remedy: string;
  /** Comes and goes when everything is applied at once, so it is no warning. */
  readonly passing?: true;
}

/**
 * The closed set of reasons, the only ones that conditions and events carry. `docs/reasons.md` is generated from this table.
 * Names follow the Kubernetes API conventions: CamelCase, a cause and not a sentence.
 */
export const REASONS = {
  Reconciled: { class: 'ok', cause: 'Authentik holds what the spec declares.', remedy: 'Nothing.' },
  Progressing: { class: 'waiting', passing: true, cause: 'The object was seen and is being worked on.', remedy: 'Wait a moment.' },
  ReferenceNotFound: {
    class: 'waiting',
    passing: true,
    cause: 'The spec names an object that does not exist, in the namespace (`name`) or in Authentik (`external`).',
    remedy: 'Apply the missing object or correct the name. The message names it.',
  },
  ReferenceNotReady: {
    class: 'waiting',
    passing: true,
    cause: 'An object that the spec refers to is not in Authentik yet, or not Ready.',
    remedy: 'Look at the object the message names; this one follows by itself.',
  },
  ConnectionNotFound: {
    class: 'waiting',
    passing: true,
    cause: 'There is no AuthentikConnection to use: none named in `connectionRef`, none called `default` here, no operator default.',
    remedy: 'Create an AuthentikConnection called `default` in the namespace, or set `spec.connectionRef`.',
  },
  ConnectionNotReady: {
    class: 'waiting',
    passing: true,
    cause: 'The AuthentikConnection is not Ready.',
    remedy: '`kubectl describe akconnection` says why.',
  },
  NamespaceNotAllowed: {
    class: 'waiting',
    cause: "The connection is in another namespace and its `allowedNamespaces` doesn't include this one.",
    remedy: "Add this namespace to the connection's `spec.allowedNamespaces`, or use a connection of your own.",
  },
  SecretNotFound: {
    class: 'waiting',
    cause: 'A Secret or ConfigMap that the spec names does not exist.',
    remedy: 'Create it. It is noticed at once.',
  },
  SecretKeyMissing: {
    class: 'waiting',
    cause: 'The Secret or ConfigMap exists, but lacks a key or the key is empty.',
    remedy: 'Add the key that the message names.',
  },
  SecretInvalid: {
    class: 'waiting',
    cause: 'The Secret holds a value that cannot be used, such as a port that is no number.',
    remedy: 'Correct the key that the message names. Its value is never shown.',
  },
  Unauthorized: {
    class: 'transient',
    cause: 'Authentik refused the token: it is wrong, expired or was deleted.',
    remedy: 'Put a valid API token (intent API, not expiring) into the Secret of the connection.',
  },
  PermissionDenied: {
    class: 'transient',
    cause: "The token's user lacks a permission in Authentik.",
    remedy: "Give the role the permissions listed in the connection's `status.missingPermissions`.",
  },
  Unreachable: {
    class: 'transient',
    cause: 'Authentik could not be reached, was too slow, or something between answered instead (HTML, 502, a cut connection).',
    remedy: 'Check URL, DNS, TLS and network policies. Retried with backoff; nothing is lost.',
  },
  ServerError: {
    class: 'transient',
    cause: 'Authentik failed inside: status 5xx, or 405 with an empty body, which is how it reports an internal error on a write.',
    remedy: "Look at Authentik's log; the operator's log has the id of the request (`authentikRequestID`). Retried with backoff.",
  },
  RateLimited: { class: 'transient', cause: 'Authentik asked to slow down (429).', remedy: 'Nothing; retried when the server said.' },
  StoreUnavailable: {
    class: 'transient',
    cause: 'The Kubernetes API server refused or failed a request of the operator.',
    remedy: "Check the operator's RBAC and the API server. Retried with backoff.",
  },
  InternalError: {
    class: 'transient',
    cause: 'The operator met something its authors did not expect.',
    remedy: "Report the log line with this object's `reconcileID`. Retried with backoff.",
  },
  InvalidSpec: {
    class: 'terminal',
    cause: 'Authentik refused the spec, or the spec cannot work.',
    remedy: "Correct the field that the message names; it quotes Authentik's own words.",
  },
  UnsupportedVersion: {
    class: 'terminal',
    cause: 'This Authentik is outside the supported versions, or lacks a field, value or type that the spec uses.',
    remedy: 'Upgrade Authentik to the version in the message, or leave the field out.',
  },
  AdoptionConflict: {
    class: 'terminal',
    cause: 'An object of that name is already in Authentik, and the adoption policy forbids taking it as it is.',
    remedy: 'Align the spec with the fields in the message, choose another name, or set `adoptionPolicy: Always`.',
  },
  Conflict: {
    class: 'terminal',
    cause: 'Another custom resource already manages the same thing on the same Authentik.',
    remedy: 'Delete one of the two. The message names the other.',
  },
  NotOurs: {
    class: 'terminal',
    cause: 'The ConfigMap that the spec asks for exists and belongs to somebody else.',
    remedy: 'Choose another name in `spec.configMap.name`, or delete that ConfigMap.',
  },
  VerificationFailed: {
    class: 'transient',
    cause: "The link is published, but an anonymous visitor doesn't get the sign-up form or doesn't see the link.",
    remedy: "The message says what the visitor got. Check the policies of the flow and Authentik's log.",
  },
  DeletionBlocked: {
    class: 'terminal',
    cause: "Deleting would take along or break something in Authentik that isn't ours, such as a provider.",
    remedy: 'Unlink what the message names, or set the annotation `authentik.oceanenterprise.io/force-delete: "true"`.',
  },
  WaitingForDependents: {
    class: 'waiting',
    passing: true,
    cause: 'The object is being deleted, and other objects of ours still use it.',
    remedy: 'Delete or change the objects that the message names.',
  },
  Paused: {
    class: 'ok',
    cause: 'The annotation `authentik.oceanenterprise.io/paused: "true"` stops all writes.',
    remedy: 'Remove the annotation.',
  },
  NotApplicable: { class: 'ok', cause: 'The spec asks for nothing of the sort.', remedy: 'Nothing.' },
  UnmanagedBindingsFound: {
    class: 'ok',
    cause: "The flow has stage bindings that the spec doesn't declare; they are kept (`unmanagedBindings: Keep`).",
    remedy: 'Declare them, remove them, or set `unmanagedBindings: Prune`.',
  },
} as const satisfies Record<string, ReasonEntry>;

/** A reason out of {@link REASONS}. */
export type Reason = keyof typeof REASONS;

/** Events that report a deed rather than a state. Events about a state carry its {@link Reason}. */
export const EVENTS = {
  Created: 'The object was created in Authentik.',
  Updated: 'The object was changed in Authentik because the spec changed; the fields are named.',
  DriftCorrected: 'Somebody changed the object in Authentik; it was put back, and the fields are named.',
  Adopted: 'An object that was already in Authentik is managed from now on.',
  Restored: 'The declared fields were put back to what they held before adoption.',
  Deleted: 'The object was deleted from Authentik.',
  Retained: 'The custom resource is gone and the object was left in Authentik, as its policy says.',
  Released: 'The custom resource is gone, but Authentik could not be asked; what was left behind is named.',
  Published: 'The sign-up link is in place.',
  SecretRotated: 'A Secret changed and its values were sent to Authentik.',
  Trimmed: 'A value in a Secret ended in a newline, which was removed before use.',
} as const;

/** An event reason out of {@link EVENTS}. */
export type EventReason = keyof typeof EVENTS | Reason;

/** What happens next to an object with this reason. */
export function classOf(reason: Reason): ReasonClass {
  return REASONS[reason].class;
}

/** Whether a reason deserves a warning when an object falls into it. */
export function isWarning(reason: Reason): boolean {
  const entry: ReasonEntry = REASONS[reason];
  return entry.class !== 'ok' && entry.passing !== true;
}
