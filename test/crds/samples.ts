import type { CatalogueEntry } from '../../src/catalogue/entity.ts';
import { POLICIES } from '../../src/catalogue/policies.ts';
import { STAGES } from '../../src/catalogue/stages.ts';
import { everyField } from './sample-of.ts';
import type { Json } from './value-at.ts';

/** A spec that the API server accepts. Together the specs of a kind show every field of it, which a test holds complete. */
export interface Sample {
  readonly title: string;
  readonly spec: Readonly<Record<string, Json>>;
}

const MANAGED = { connectionRef: { name: 'default', namespace: 'authentik' }, adoptionPolicy: 'IfMatch', deletionPolicy: 'Retain' };

const POLICY_ENTRY = { order: 0, policyRef: { name: 'not-logged-in' }, negate: false, enabled: true, timeout: 30, failureResult: false };
const GROUP_ENTRY = { order: 1, groupRef: { external: 'authentik Admins' } };
const USER_ENTRY = { order: 2, userRef: { external: 'akadmin' } };

/** A flow whose first entries, at both places, are of one kind. */
function flowFor(entry: Json): Readonly<Record<string, Json>> {
  return { slug: 'internal', policies: [entry], stages: [{ order: 10, stageRef: { name: 'a-stage' }, policies: [entry] }] };
}

function stage(type: string, member: string, fields: Json): Sample {
  return { title: type, spec: { ...MANAGED, name: `a ${type} stage`, type, [member]: fields } };
}

/** Fields that a rule ties to another one: they are shown alone, so that each can have any value. */
const ALONE: Readonly<Record<string, string>> = { Captcha: 'scoreMaxThreshold' };
const ALONE_IN_POLICIES: Readonly<Record<string, string>> = { Dummy: 'waitMax', Reputation: 'checkUsername' };

/** Samples of the types that have none by hand. */
function fromTable(entries: readonly CatalogueEntry[], byHand: readonly string[], alone: Readonly<Record<string, string>>): readonly Sample[] {
  return entries
    .filter(({ type }) => !byHand.includes(type))
    .flatMap((entry) => {
      const other = alone[entry.type];
      const all = everyField(entry);
      const smtp: Readonly<Record<string, Json>> = entry.smtp === true ? { smtpSecretRef: { name: 'smtp' } } : {};
      const most = { ...everyField(entry, other === undefined ? [] : [other]), ...smtp };
      return [
        stage(entry.type, entry.member, most),
        ...(other === undefined ? [] : [stage(entry.type, entry.member, { [other]: all[other] ?? null })]),
      ];
    });
}

const STAGES_BY_HAND = [
  'Identification',
  'Password',
  'Prompt',
  'UserWrite',
  'Email',
  'Redirect',
  'UserLogin',
  'Deny',
  'Dummy',
];

export const SAMPLES: Readonly<Record<string, readonly Sample[]>> = {
  AuthentikConnection: [
    {
      title: 'with everything',
      spec: {
        url: 'https://authentik.internal:9443/sub',
        publicURL: 'https://auth.example.com',
        tokenSecretRef: { name: 'authentik-token', key: 'token' },
        caBundleRef: { kind: 'ConfigMap', name: 'private-ca', key: 'ca.crt' },
        requestTimeout: '10s',
        maxConcurrentRequests: 4,
        resyncInterval: '1h30m',
        driftPollInterval: '0s',
        defaults: { adoptionPolicy: 'Never', deletionPolicy: 'Restore' },
        allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'market' } } },
      },
    },
  ],
  AuthentikFlow: [
    {
      title: 'with stages and policies',
      spec: {
        ...MANAGED,
        slug: 'self-service-registration',
        name: 'self-service-registration',
        title: 'Sign-up',
        designation: 'enrollment',
        authentication: 'require_unauthenticated',
        deniedAction: 'message_continue',
        compatibilityMode: true,
        layout: 'stacked',
        background: '',
        policyEngineMode: 'any',
        stages: [
          {
            order: 10,
            stageRef: { name: 'sign-up-prompt' },
            evaluateOnPlan: false,
            reEvaluatePolicies: true,
            invalidResponseAction: 'retry',
            policyEngineMode: 'all',
            policies: [POLICY_ENTRY, GROUP_ENTRY, USER_ENTRY],
          },
          { order: 20, stageRef: { external: 'default-source-enrollment-write' }, policies: [] },
        ],
        policies: [POLICY_ENTRY, GROUP_ENTRY, USER_ENTRY],
        unmanagedBindings: 'Keep',
      },
    },
    { title: 'for a group', spec: flowFor(GROUP_ENTRY) },
    { title: 'for a user', spec: flowFor(USER_ENTRY) },
    { title: 'with nothing but a slug', spec: { slug: 'default-authentication-flow' } },
  ],
  AuthentikStage: [
    stage('Identification', 'identification', {
      userFields: ['username', 'email'],
      passwordStage: { external: 'default-authentication-password' },
      captchaStage: { none: true },
      webauthnStage: { none: true },
      caseInsensitiveMatching: true,
      showMatchedUser: true,
      pretendUserExists: true,
      enableRememberMe: false,
      recoveryFlow: { name: 'recovery' },
      passwordlessFlow: { none: true },
      sources: [{ external: 'company-ldap' }],
      showSourceLabels: false,
    }),
    stage('Password', 'password', {
      backends: ['authentik.core.auth.InbuiltBackend'],
      configureFlow: { external: 'default-password-change' },
      failedAttemptsBeforeCancel: 5,
      allowShowPassword: true,
    }),
    stage('Prompt', 'prompt', { fields: [{ name: 'organisation' }], validationPolicies: [{ external: 'strong-password' }] }),
    stage('UserWrite', 'userWrite', {
      userCreationMode: 'create_when_required',
      createUsersAsInactive: true,
      createUsersGroup: { none: true },
      userType: 'internal',
      userPathTemplate: '',
    }),
    stage('Email', 'email', {
      useGlobalSettings: false,
      smtpSecretRef: { name: 'smtp' },
      host: 'smtp.example.com',
      port: 587,
      username: '',
      passwordSecretRef: { name: 'smtp', key: 'password' },
      useTls: true,
      useSsl: false,
      timeout: 30,
      fromAddress: 'no-reply@market.example.com',
      tokenExpiry: 'hours=1;minutes=30',
      subject: 'Account Confirmation',
      template: 'email/account_confirmation.html',
      activateUserOnSuccess: true,
      recoveryMaxAttempts: 5,
      recoveryCacheTimeout: 'minutes=5',
    }),
    stage('Redirect', 'redirect', {
      keepContext: false,
      mode: 'static',
      targetStatic: 'https://market.example.com/auth/login',
      targetFlow: { none: true },
    }),
    stage('UserLogin', 'userLogin', {
      sessionDuration: 'seconds=0',
      terminateOtherSessions: false,
      rememberMeOffset: 'days=30',
      networkBinding: 'no_binding',
      geoipBinding: 'bind_continent',
      rememberDevice: 'days=30',
    }),
    stage('Dummy', 'dummy', { throwError: false }),
    stage('Deny', 'deny', { denyMessage: 'By invitation only.' }),
    ...fromTable(STAGES, STAGES_BY_HAND, ALONE),
  ],
  AuthentikGroup: [
    {
      title: 'with everything',
      spec: {
        ...MANAGED,
        name: 'Data Providers',
        parentRefs: [{ name: 'members' }, { external: 'authentik Read-only' }],
        attributes: { settings: { theme: { base: 'dark' } }, quota: 5 },
      },
    },
  ],
  AuthentikPrompt: [
    {
      title: 'with everything',
      spec: {
        ...MANAGED,
        name: 'organisation',
        fieldKey: 'attributes.organisation',
        label: 'Organisation',
        type: 'text',
        required: true,
        placeholder: 'Example GmbH',
        initialValue: '',
        subText: 'As in the register.',
        order: 250,
        placeholderExpression: false,
        initialValueExpression: false,
      },
    },
  ],
  AuthentikPolicy: [
    {
      title: 'Expression',
      spec: { ...MANAGED, name: 'company address', type: 'Expression', expression: { expression: 'return True', executionLogging: true } },
    },
    {
      title: 'Password',
      spec: {
        ...MANAGED,
        name: 'strong password',
        type: 'Password',
        password: {
          passwordField: 'password',
          checkStaticRules: true,
          checkHaveIBeenPwned: false,
          checkZxcvbn: true,
          amountDigits: 1,
          amountUppercase: 1,
          amountLowercase: 1,
          amountSymbols: 0,
          lengthMin: 12,
          symbolCharset: '!?',
          errorMessage: 'Too weak.',
          hibpAllowedCount: 0,
          zxcvbnScoreThreshold: 2,
          executionLogging: false,
        },
      },
    },
    ...fromTable(POLICIES, ['Expression', 'Password'], ALONE_IN_POLICIES),
  ],
  AuthentikInvitation: [
    {
      title: 'with everything',
      spec: {
        connectionRef: MANAGED.connectionRef,
        deletionPolicy: 'Retain',
        name: 'first-provider',
        flowRef: { name: 'sign-up' },
        secretName: 'invitation-first-provider',
        expires: 'days=7',
        singleUse: true,
        fixedData: { email: 'first@provider.example.com', attributes: { quota: 5 } },
        renew: '2',
      },
    },
    {
      title: 'with private data, until a time',
      spec: {
        flowRef: { external: 'sign-up' },
        secretName: 'invitation',
        expires: '2027-01-31T12:00:00Z',
        fixedDataSecretRef: { name: 'people', key: 'first' },
      },
    },
  ],
  FlowBinding: [
    {
      title: 'on the default brand',
      spec: {
        connectionRef: MANAGED.connectionRef,
        deletionPolicy: 'Restore',
        flowRef: { name: 'recovery' },
        at: { brand: { default: true } },
        as: 'flowRecovery',
        verify: 'Probe',
      },
    },
    { title: 'on a brand', spec: { flowRef: { name: 'login' }, at: { brand: { domain: 'market.example.com' } }, as: 'flowAuthentication' } },
    {
      title: 'on a login form',
      spec: { flowRef: { external: 'recovery' }, at: { identificationStageRef: { name: 'login-form' } }, as: 'recoveryFlow' },
    },
    { title: 'on a source', spec: { flowRef: { name: 'login' }, at: { sourceRef: { external: 'company' } }, as: 'authenticationFlow' } },
    { title: 'on a provider', spec: { flowRef: { name: 'consent' }, at: { providerRef: { external: 'market' } }, as: 'authorizationFlow' } },
  ],
  EnrollmentBinding: [
    {
      title: 'on a login page',
      spec: {
        connectionRef: MANAGED.connectionRef,
        deletionPolicy: 'Restore',
        flowRef: { name: 'self-service-registration' },
        identificationStageRef: { name: 'default-authentication-identification' },
        verify: 'Probe',
        configMap: { name: 'market-sign-up' },
      },
    },
    {
      title: 'for a market',
      spec: {
        flowRef: { name: 'self-service-registration' },
        identificationStageRef: { name: 'default-authentication-identification' },
        applicationRef: { external: 'ocean-market' },
        market: { callbackURL: 'https://market.example.com/auth/callback' },
        onFailure: 'Withdraw',
      },
    },
    { title: 'on a source', spec: { flowRef: { external: 'self-service-registration' }, sourceRef: { external: 'company' } } },
  ],
};
