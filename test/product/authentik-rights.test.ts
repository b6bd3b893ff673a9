import { OPTIONAL_PERMISSIONS } from '../../src/catalogue/permissions.ts';
import { eventually } from '../bed/eventually.ts';
import { installOperator, type OperatorRelease } from '../charts/operator-release.ts';
import { createMarketApplication } from '../e2e/environment/market-application.ts';
import type { OperatorProcess } from '../e2e/environment/operator-process.ts';
import { shippedRole } from '../e2e/environment/shipped-role.ts';
import {
  connection,
  enrollmentBinding,
  expressionPolicy,
  flow,
  flowBinding,
  invitation,
  prompt,
  stage,
  tokenSecret,
  type Manifest,
} from '../e2e/support/manifests.ts';
import { describeOnStandIn } from '../e2e/support/only-stand-in.ts';
import { useScenario } from '../e2e/support/scenario.ts';
import { buildShipped, freePort, type Shipped } from './shipped.ts';

const BACKEND = 'authentik.core.auth.InbuiltBackend';
/** The Secret that the chart lets it write. */
const INVITATION_SECRET = 'invitation-link';
const WHO = { external: 'default-authentication-identification' };

/** Every type of the catalogue once, with a reference to everything that is only looked at. */
function everyType(name: (base: string) => string, application: string): readonly Manifest[] {
  const form = name('form');
  const stages: readonly Manifest[] = [
    stage(form, 'Prompt', { fields: [{ name: name('username') }], validationPolicies: [{ name: name('strong') }] }),
    stage(name('who'), 'Identification', { userFields: ['username'], sources: [{ external: 'authentik-built-in' }] }),
    stage(name('password'), 'Password', { backends: [BACKEND] }),
    stage(name('write'), 'UserWrite', { userCreationMode: 'always_create', createUsersGroup: { external: 'authentik Admins' } }),
    stage(name('mail'), 'Email', { useGlobalSettings: true }),
    stage(name('redirect'), 'Redirect', { mode: 'static', targetStatic: 'https://market.example' }),
    stage(name('login'), 'UserLogin'),
    stage(name('factor'), 'AuthenticatorValidate', { notConfiguredAction: 'skip' }),
    stage(name('dummy'), 'Dummy'),
    stage(name('deny'), 'Deny'),
  ];
  const strong = {
    ...prompt(name('strong')),
    kind: 'AuthentikPolicy',
    spec: { type: 'Password', password: { passwordField: 'password', lengthMin: 12 } },
  };
  return [
    prompt(name('username')),
    { ...prompt(name('people')), kind: 'AuthentikGroup', spec: {} },
    strong,
    expressionPolicy(name('open')),
    ...stages,
    flow(name('sign-up'), [form, name('write')], {
      policies: [
        { order: 0, policyRef: { external: 'default-user-settings-authorization' } },
        { order: 1, policyRef: { name: name('open') } },
        { order: 2, groupRef: { external: 'authentik Admins' } },
        { order: 3, userRef: { external: 'akadmin' } },
      ],
    }),
    enrollmentBinding(name('sign-up'), {
      flowRef: { name: name('sign-up') },
      identificationStageRef: WHO,
      applicationRef: { external: application },
      verify: 'Skip',
    }),
    flowBinding(name('settings'), {
      flowRef: { external: 'default-user-settings-flow' },
      at: { brand: { default: true } },
      as: 'flowUserSettings',
      verify: 'Skip',
    }),
    invitation(name('guest'), { flowRef: { external: 'default-source-enrollment' }, secretName: INVITATION_SECRET, expires: 'days=1' }),
  ];
}

/** The process that ships, its role in Authentik short of one right at a time. What is missing must be named where people look: in a condition. */
describeOnStandIn('the role in Authentik', 'it makes tokens with chosen rights', () => {
  const scenario = useScenario({ started: false, connection: false });
  let role: readonly string[];
  let shipped: Shipped;
  let release: OperatorRelease;
  let operator: OperatorProcess;

  beforeAll(async () => {
    role = await shippedRole();
    shipped = await buildShipped();
    release = await installOperator(scenario().controlPlane, {
      namespace: await scenario().controlPlane.createNamespace('rights'),
      values: {
        watchNamespaces: [scenario().namespace],
        http: { port: await freePort() },
        rbac: { invitationSecretNames: [INVITATION_SECRET] },
      },
    });
    operator = await shipped.run(release, 'rights-0');
    const application = scenario().name('shop');
    const made = await createMarketApplication(scenario().target.client, {
      slug: application,
      redirectURI: 'https://market.example/auth/callback',
    });
    scenario().afterwards(async () => made.remove());
    await grant(role);
    await scenario().apply(connection(scenario().target.url, { driftPollInterval: '1s' }));
    for (const manifest of everyType((base) => scenario().name(base), application)) {
      await scenario().apply(manifest);
      if (manifest.kind !== 'EnrollmentBinding') await scenario().ready(manifest.kind, manifest.metadata.name);
    }
    await scenario().until('AuthentikConnection', 'default', () => missing().length === 0, 'lacks nothing');
  });

  afterAll(async () => {
    await operator.stop();
    await shipped.remove();
    scenario().afterwards(async () => release.uninstall());
  });

  /** A role is changed by another token: Authentik tells nobody of a changed role, and a connection that lacks nothing doesn't ask again. */
  async function grant(rights: readonly string[]): Promise<void> {
    await scenario().apply(tokenSecret(scenario().target.sim?.createToken([...rights]) ?? ''));
  }

  function missing(): readonly string[] {
    return (scenario().history.latest('AuthentikConnection', scenario().namespace, 'default')?.status?.['missingPermissions'] ??
      []) as string[];
  }

  /** What the conditions of the connection say. */
  function told(): string {
    const conditions = scenario().see('AuthentikConnection', 'default').status?.conditions ?? [];
    return conditions.map(({ message }) => message).join('\n');
  }

  it('is asked for as declared: beyond what these objects take it has the rights on types that nobody declares here', async () => {
    await grant([]);
    await scenario().until('AuthentikConnection', 'default', () => missing().length > 1, 'lacks much');
    await eventually(() => {
      const optional: readonly string[] = OPTIONAL_PERMISSIONS;
      const asked = missing();
      expect(asked.filter((right) => !role.includes(right))).toEqual([]);
      const declared = [
        'prompt',
        'identification',
        'password',
        'user_write',
        'email',
        'redirect',
        'user_login',
        'authenticator_validate',
        'dummy',
        'deny',
      ];
      const ofDeclared = role.filter((right) => declared.some((type) => right.startsWith(`authentik_stages_${type}.`)));
      expect(ofDeclared.filter((right) => !asked.includes(right))).toEqual([]);
      const rest = role.filter((right) => !asked.includes(right) && !optional.includes(right));
      expect(rest.filter((right) => !/^authentik_(stages|policies|sources|enterprise|endpoints|crypto|events)\w*\./.test(right))).toEqual(
        [],
      );
    });
    await grant(role);
    await scenario().until('AuthentikConnection', 'default', () => missing().length === 0, 'lacks nothing');
  });

  it('without any one of its rights is told by the name of that right', async () => {
    const unnamed: string[] = [];
    for (const right of role) {
      await grant(role.filter((other) => other !== right));
      const named = (): boolean => told().includes(right) && missing().every((other) => other === right);
      await scenario()
        .until('AuthentikConnection', 'default', named, `names ${right}`)
        .catch(() => unnamed.push(`${right}: ${told()}`));
    }
    expect(unnamed).toEqual([]);
    await grant(role);
    await scenario().until('AuthentikConnection', 'default', () => missing().length === 0, 'lacks nothing');
  }, 900_000);

  it('without the rights on one type holds up the objects of that type, and no others', async () => {
    await grant(role.filter((right) => !right.startsWith('authentik_stages_deny.')));
    await scenario().until('AuthentikConnection', 'default', () => missing().length === 4, 'lacks the rights on deny stages');
    const [deny, dummy] = [scenario().name('another-deny'), scenario().name('another-dummy')];
    await scenario().apply(stage(deny, 'Deny'), stage(dummy, 'Dummy'));
    await scenario().ready('AuthentikStage', dummy);
    const held = await scenario().judged('AuthentikStage', deny, 'Ready=False/PermissionDenied');
    expect(JSON.stringify(held.status)).toMatch(/authentik_stages_deny\.(view|add)_denystage/);
    await grant(role);
    await scenario().ready('AuthentikStage', deny);
  });
});
