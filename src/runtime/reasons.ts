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
  /** It passes, but is a warning once it has stayed for a while: hardly anybody looks at events that are none. */
  readonly warnsWhenItStays?: true;
  /** Nothing is wrong between spec and Authentik, but somebody should know: a warning although nobody has to act. */
  readonly advice?: true;
  /** Its message may hold words of Authentik, of the API server or of a library, which are searched for secrets. */
  readonly quotes?: true;
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
    warnsWhenItStays: true,
    cause: 'The spec names an object that does not exist, in the namespace (`name`) or in Authentik (`external`).',
    remedy: 'Apply the missing object or correct the name. The message names it.',
  },
  ReferenceNotReady: {
    class: 'waiting',
    passing: true,
    cause: 'An object that the spec refers to is not in Authentik yet, or not Ready.',
    remedy: 'Look at the object the message names; this one follows by itself.',
  },
  LinkPending: {
    class: 'waiting',
    passing: true,
    cause:
      'The object is in Authentik and works, but a link to a flow is not set yet: that flow is not there, not whole, or being deleted.',
    remedy: 'Look at the flow that the message names; the link follows by itself. What is made of this object does not wait for it.',
  },
  ConnectionNotFound: {
    class: 'waiting',
    passing: true,
    warnsWhenItStays: true,
    cause: 'There is no AuthentikConnection to use: none named in `connectionRef`, none called `default` here, no operator default.',
    remedy: 'Create an AuthentikConnection called `default` in the namespace, or set `spec.connectionRef`.',
  },
  ConnectionChanged: {
    class: 'terminal',
    cause:
      'The object is in the Authentik of one connection, and by default would use another one by now, such as a new `default` in its namespace.',
    remedy: 'Say which one is meant in `spec.connectionRef`. Whatever it leaves behind stays in the other Authentik as it is.',
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
  SecretNotAllowed: {
    class: 'waiting',
    cause:
      'The operator was told to use no Secret that does not allow it by its label (`--require-secret-label`, `rbac.requireSecretLabel` of its chart).',
    remedy: 'If it may use that Secret, give it the label `authentik.oceanenterprise.io/allow-use: "true"`. It is noticed at once.',
  },
  SecretInvalid: {
    class: 'waiting',
    cause: 'The Secret holds a value that cannot be used, such as a port that is no number.',
    remedy: 'Correct the key that the message names. Its value is never shown.',
  },
  Unauthorized: {
    class: 'transient',
    quotes: true,
    cause: 'Authentik refused the token: it is wrong, expired or was deleted.',
    remedy: 'Put a valid API token (intent API, not expiring) into the Secret of the connection.',
  },
  PermissionDenied: {
    class: 'transient',
    quotes: true,
    cause: "The token's user lacks a permission in Authentik.",
    remedy: "Give the role the permissions listed in the connection's `status.missingPermissions`.",
  },
  Unreachable: {
    class: 'transient',
    quotes: true,
    cause: 'Authentik could not be reached, was too slow, or something between answered instead (HTML, 502, a cut connection).',
    remedy: 'Check URL, DNS, TLS and network policies. Retried with backoff; nothing is lost.',
  },
  ServerError: {
    class: 'transient',
    quotes: true,
    cause: 'Authentik failed inside: status 5xx, or 405 with an empty body, which is how it reports an internal error on a write.',
    remedy: "Look at Authentik's log; the operator's log has the id of the request (`authentikRequestID`). Retried with backoff.",
  },
  RateLimited: {
    class: 'transient',
    quotes: true,
    cause: 'Authentik asked to slow down (429).',
    remedy: 'Nothing; retried when the server said.',
  },
  TooMuchData: {
    class: 'transient',
    cause: 'Authentik, or what answers in its place, sends more than the operator is willing to read or to keep in memory.',
    remedy: 'Check `url`. If this Authentik really holds so much, tell us what it is.',
  },
  StoreUnavailable: {
    class: 'transient',
    quotes: true,
    cause: 'The Kubernetes API server refused or failed a request of the operator.',
    remedy: 'Check the API server. Retried with backoff.',
  },
  KubernetesPermissionDenied: {
    class: 'transient',
    quotes: true,
    cause: "The operator's ServiceAccount lacks a right in Kubernetes (RBAC).",
    remedy:
      "Add the rule that the message spells out to the operator's Role or ClusterRole; the chart's `rbac` values make most of them. Retried with backoff.",
  },
  InternalError: {
    class: 'transient',
    quotes: true,
    cause: 'The operator met something its authors did not expect.',
    remedy: "Report the log line with this object's `reconcileID`. Retried with backoff.",
  },
  InvalidSpec: {
    class: 'terminal',
    quotes: true,
    cause: 'Authentik refused the spec, or the spec cannot work.',
    remedy: "Correct the field that the message names; it quotes Authentik's own words.",
  },
  NotKept: {
    class: 'terminal',
    quotes: true,
    cause: 'Authentik accepted a value twice and holds another one all the same, so that writing it again would go on for ever.',
    remedy: 'Declare the value that Authentik keeps; the message has both. An edit of the spec is tried again.',
  },
  UnsupportedVersion: {
    class: 'terminal',
    cause: 'This Authentik is older than the supported versions, or lacks a field, value or type that the spec uses.',
    remedy:
      'Upgrade Authentik to the version in the message, or leave the field out. Objects can be deleted all the same: what is in Authentik is undone on any version.',
  },
  UntestedVersion: {
    class: 'ok',
    cause: 'This Authentik is newer than those that the operator was tested against. It is used as the newest of them.',
    remedy: 'Upgrade the operator once a release of it lists this version. Until then, look at what it does before you rely on it.',
  },
  AdoptionConflict: {
    class: 'terminal',
    quotes: true,
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
    cause:
      'The ConfigMap or Secret that the spec asks for exists and belongs to somebody else, or is none of those that the operator may write.',
    remedy:
      'Choose another name in `spec.configMap.name` or `spec.secretName`, or delete what is there. Which ones the operator may write is said by `rbac.configMapNames` and `rbac.invitationSecretNames` of its chart.',
  },
  VerificationFailed: {
    class: 'transient',
    quotes: true,
    cause:
      "A visitor can't sign up: the flow turns everybody away or fails, the login form doesn't show the link, or something is missing that the market's logins presuppose (`applicationRef`). A link that would lead to a closed door is not published; one that is published stays, unless `onFailure` is `Withdraw`.",
    remedy:
      "The message says what the visitor got, or what is missing and what to do about it. Check the policies of the flow and Authentik's log. It is looked at again by itself.",
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
  Used: {
    class: 'ok',
    cause: 'Of `Open`: somebody has used the invitation, which was for a single use. It is not made again by itself.',
    remedy: 'Nothing. For a new one write another `spec.renew`.',
  },
  Expired: {
    class: 'ok',
    cause: 'Of `Open`: the invitation has expired. It is not made again by itself.',
    remedy: 'Nothing. For a new one write another `spec.renew`; a later `spec.expires` opens it again as long as Authentik still has it.',
  },
  Revoked: {
    class: 'ok',
    cause: 'Of `Open`: somebody has deleted the invitation in Authentik before it was used up. It is not made again by itself.',
    remedy: 'Nothing. For a new one write another `spec.renew`.',
  },
  NotApplicable: {
    class: 'ok',
    quotes: true,
    cause:
      "The spec asks for nothing of the sort; or, of `Verified`, it can't be told from outside: the message says what was met, such as a captcha.",
    remedy: 'Nothing.',
  },
  UnmanagedBindingsFound: {
    class: 'ok',
    cause: "The flow has stage bindings that the spec doesn't declare; they are kept (`unmanagedBindings: Keep`).",
    remedy: 'Declare them, remove them, or set `unmanagedBindings: Prune`.',
  },
  NothingToAdvise: { class: 'ok', cause: 'Nothing that is known of the flow needs a warning.', remedy: 'Nothing.' },
  SignedInMaySignUp: {
    class: 'ok',
    advice: true,
    cause:
      'An enrollment flow admits people who are signed in. With `create_when_required` or `never_create` it overwrites their account, name, address and password, with what they type; an administrator who tests the sign-up in his own browser loses his.',
    remedy: 'Set `authentication: require_unauthenticated` on the flow.',
  },
  RecoveryWithoutProof: {
    class: 'ok',
    advice: true,
    cause: 'A recovery flow logs in, or writes to the account of, whoever types a name: no e-mail or other proof comes before.',
    remedy: 'Put an Email stage between Identification and the stage in the message.',
  },
  LoginBeforeProof: {
    class: 'ok',
    advice: true,
    cause:
      'A login flow has its UserLogin stage before the password or the second factor. Who closes the page there is logged in all the same.',
    remedy: 'Give the UserLogin stage a higher order than every stage that asks for proof.',
  },
  LoginWithoutUserLogin: {
    class: 'ok',
    advice: true,
    cause: 'A login flow has no UserLogin stage, so people answer everything and are not logged in.',
    remedy: 'Add a stage of type UserLogin as the last one.',
  },
  PasswordPolicyTooEarly: {
    class: 'ok',
    advice: true,
    cause:
      "A Password policy is bound to the flow, or to a stage that comes before the form. It judges a password that nobody has typed yet, so it can't pass: the flow turns everybody away, or the stage never comes up.",
    remedy: 'Remove it there, and name it in `validationPolicies` of the Prompt stage that asks for the password.',
  },
  NoPasswordPolicy: {
    class: 'ok',
    advice: true,
    cause: 'A form asks new users for a password, and nothing judges it: one letter is enough.',
    remedy: 'Make an AuthentikPolicy of type Password and name it in `validationPolicies` of the form.',
  },
  NobodyActivates: {
    class: 'ok',
    advice: true,
    cause:
      'A sign-up creates inactive users (`createUsersAsInactive`, which is also what Authentik does when nothing is said), and no e-mail stage of it activates them.',
    remedy:
      'Add an Email stage with `activateUserOnSuccess: true` after the UserWrite stage, or set `createUsersAsInactive: false`. Nothing, if an administrator shall activate each one by hand.',
  },
  ActiveBeforeConfirmation: {
    class: 'ok',
    advice: true,
    cause: 'An e-mail stage shall activate new users, but the sign-up creates them active: they get in without confirming their address.',
    remedy: 'Set `createUsersAsInactive: true` on the UserWrite stage.',
  },
  SharedOrder: {
    class: 'ok',
    advice: true,
    cause: 'Two stages of a flow have the same order, so which comes first is not defined. Often one of them is not declared here.',
    remedy: 'Give each an order of its own.',
  },
  SecondFactorOptional: {
    class: 'ok',
    advice: true,
    cause: 'A stage asks for a second factor, lets pass who has none (`notConfiguredAction: skip`), and the flow sets none up.',
    remedy:
      'Set `notConfiguredAction` to `configure`, with `configurationStages`, or to `deny`. Nothing, if a second factor shall be a choice.',
  },
  NothingLinks: {
    class: 'ok',
    advice: true,
    cause:
      'No identification stage, source or redirect leads to an enrollment flow, and no EnrollmentBinding is about to. Only its address does.',
    remedy: 'Publish it with an EnrollmentBinding. Nothing, if a page of your own links to its address.',
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
  Withdrawn: 'The sign-up link was taken back, since a visitor was seen to fail and `onFailure` is `Withdraw`; the message says at what.',
  SecretRotated: 'A Secret changed and its values were sent to Authentik.',
  Trimmed: 'A value in a Secret ended in a newline, which was removed before use.',
} as const;

/** An event reason out of {@link EVENTS}. */
export type EventReason = keyof typeof EVENTS | Reason;

/** What happens next to an object with this reason. */
export function classOf(reason: Reason): ReasonClass {
  return REASONS[reason].class;
}

/** Whether a reason is advice: said once when it comes up, and never a verdict on the object. */
export function isAdvice(reason: Reason): boolean {
  const entry: ReasonEntry = REASONS[reason];
  return entry.advice === true;
}

/** Whether a reason deserves a warning when an object falls into it. */
export function isWarning(reason: Reason): boolean {
  const entry: ReasonEntry = REASONS[reason];
  return entry.class !== 'ok' && entry.passing !== true;
}

/** Whether a reason that is none becomes a warning when it stays. */
export function warnsWhenItStays(reason: Reason): boolean {
  const entry: ReasonEntry = REASONS[reason];
  return entry.warnsWhenItStays === true;
}

/** Whether the message of a condition or event with this reason may hold what others said. */
export function mayQuote(reason: string): boolean {
  const entry: ReasonEntry | undefined = Object.hasOwn(REASONS, reason) ? REASONS[reason as Reason] : undefined;
  return entry?.quotes === true;
}

/** Whether a reason comes and goes when everything is applied at once. */
export function isPassing(reason: string): boolean {
  const entry: ReasonEntry | undefined = Object.hasOwn(REASONS, reason) ? REASONS[reason as Reason] : undefined;
  return entry?.passing === true;
}
