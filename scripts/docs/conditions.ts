/** What one condition says, for the pages of the kinds. Its reasons are on the reasons page. */
export interface ConditionText {
  readonly type: string;
  readonly meaning: string;
  /** How long it is there: always, or only while it is True (abnormal-true, as kstatus wants). */
  readonly only?: 'while True';
}

/** On every kind. */
export const KSTATUS: readonly ConditionText[] = [
  {
    type: 'Ready',
    meaning: 'Authentik holds what the spec declares, and all that it builds on is Ready. Wait for this one. Unknown while paused.',
  },
  {
    type: 'Reconciling',
    meaning: 'Not Ready, and it will be tried again by itself: something is missing, not there yet, or out of reach.',
    only: 'while True',
  },
  { type: 'Stalled', meaning: 'Not Ready, and it stays so until a human changes something. Argo CD shows Degraded.', only: 'while True' },
];

/** On every kind that has something in Authentik. */
export const MANAGED: readonly ConditionText[] = [
  { type: 'ReferencesResolved', meaning: 'Everything that the spec refers to was found.' },
  { type: 'SecretsResolved', meaning: 'Every Secret that the spec names is there, with its keys.' },
  { type: 'Synced', meaning: 'Authentik accepted the last write and holds what is declared.' },
];

/** Where there is something to advise. A test holds the reasons against the rules. */
const ADVICE: ConditionText = {
  type: 'Advice',
  meaning:
    'True when something should be known although all is as declared: a sign-up that overwrites who is signed in, a form that takes any password. For information: never a part of Ready. The message says what to write instead; its reasons are [a section of their own](../reasons.md#advice).',
};

/** What a kind adds to these. A test holds it against the controllers. */
export const OWN: Readonly<Record<string, readonly ConditionText[]>> = {
  AuthentikConnection: [
    { type: 'Authenticated', meaning: 'The token is there, and Authentik accepts it.' },
    {
      type: 'VersionSupported',
      meaning:
        'This Authentik is one of the versions that the operator is tested against. Unknown for a newer one, which is used as the newest of them; False for an older one, which is refused.',
    },
    {
      type: 'PermissionsGranted',
      meaning:
        "The token's roles allow everything that the objects on this connection take; else `status.missingPermissions` lists what is missing, the objects that need it say so themselves, and all others work. What the roles lack for anything else is said in the message. For information: the connection is Ready all the same.",
    },
    {
      type: 'ChangesFollowed',
      meaning:
        'Whether what others change in Authentik is noticed within `driftPollInterval`; if not, only the full comparison finds it. For information: the connection is Ready all the same.',
    },
  ],
  AuthentikFlow: [
    {
      type: 'UnmanagedBindings',
      meaning:
        'True when the flow has stages or policies that the spec does not declare; `status.unmanagedBindings` lists them. For information: the flow is Ready all the same.',
    },
    ADVICE,
  ],
  AuthentikStage: [{ ...ADVICE, meaning: `${ADVICE.meaning} On a stage: what it causes in the flows of this namespace that hold it.` }],
  AuthentikInvitation: [
    {
      type: 'Open',
      meaning: 'Whether its link may be used; if not, why: `Used`, `Expired` or `Revoked`. For information: it is Ready all the same.',
    },
  ],
  FlowBinding: [
    { type: 'Published', meaning: 'The field holds the flow.' },
    {
      type: 'Verified',
      meaning:
        'A visitor of the login form sees the link, or whoever comes by the brand gets the flow. Unknown where that is not looked at, or where no look from outside reaches: flows of sources and providers, a brand of another address.',
    },
  ],
  EnrollmentBinding: [
    {
      type: 'Published',
      meaning:
        'The identification stage or source links to the flow. False also while the link is held back or taken back, with what a visitor got.',
    },
    {
      type: 'Verified',
      meaning:
        'An anonymous visitor gets the sign-up form, and sees the link on the login form; with `applicationRef`, on the form that a login to the market leads to. Unknown where that is not looked at, or where no look gets past what comes first, such as a captcha: the message says what was met.',
    },
  ],
};
