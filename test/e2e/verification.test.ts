import { eventually } from '../bed/eventually.ts';
import { conditionOf, verdict } from './support/conditions.ts';
import { enrollmentBinding, expressionPolicy, flow, prompt, stage, withSpec, type Manifest } from './support/manifests.ts';
import { useScenario, type Scenario } from './support/scenario.ts';

const FLOWS = '/flows/instances/';
const CALLBACK = 'https://market.example.com/auth/callback';

/** A login page and a sign-up of one's own, and the link between them; the parts may be changed before they are applied. */
function market(scenario: Scenario, base: string) {
  const name = (what: string): string => scenario.name(`${base}-${what}`);
  const parts = {
    username: prompt(name('username'), { required: true, order: 1 }),
    form: stage(name('form'), 'Prompt', { fields: [{ name: name('username') }] }),
    who: stage(name('who'), 'Identification', { userFields: ['username'] }),
    login: flow(name('login'), [name('who')], { designation: 'authentication' }),
    signUp: flow(name('sign-up'), [name('form')], { authentication: 'require_unauthenticated' }),
    binding: enrollmentBinding(name('sign-up'), { flowRef: { name: name('sign-up') }, identificationStageRef: { name: name('who') } }),
  };
  return {
    name,
    parts,
    /** In the order of a file, with parts changed or added. */
    manifests: (changed: Partial<typeof parts> = {}, added: readonly Manifest[] = []): readonly Manifest[] => [
      ...added,
      ...Object.values({ ...parts, ...changed }),
    ],
    linked: async (): Promise<unknown> => (await scenario.authentik.get('/stages/identification/', name('who')))['enrollment_flow'],
    pk: async (what: string): Promise<string> => (await scenario.authentik.get(FLOWS, name(what))).pk,
  };
}

describe('verification', () => {
  const scenario = useScenario({ connection: { driftPollInterval: '1s' } });

  it('goes past the notice that a login begins with (case 21)', async () => {
    const { name, parts, manifests } = market(scenario(), 'notice');
    const rules = prompt(name('rules'), {
      fieldKey: 'rules',
      label: 'Rules',
      type: 'static',
      required: false,
      initialValue: '<p>Be kind.</p>',
    });
    const notice = stage(name('notice'), 'Prompt', { fields: [{ name: name('rules') }] });
    const login = flow(name('login'), [name('notice'), name('who')], { designation: 'authentication' });
    await scenario().apply(...manifests({ login }, [rules, notice]));
    const ready = await scenario().ready('EnrollmentBinding', parts.binding.metadata.name);
    expect([verdict(ready, 'Published'), verdict(ready, 'Verified')]).toEqual(['Published=True/Reconciled', 'Verified=True/Reconciled']);
  });

  it('does not blame a sign-up that only an invitation opens', async () => {
    const { name, parts, manifests } = market(scenario(), 'invited');
    const invitation = await scenario().authentik.create('/stages/invitation/stages/', { name: name('invitation') });
    scenario().afterwards(async () => scenario().authentik.remove('/stages/invitation/stages/', invitation.pk));
    const signUp = flow(name('sign-up'), [
      { order: 0, stageRef: { external: name('invitation') } },
      { order: 10, stageRef: { name: name('form') } },
    ]);
    await scenario().apply(...manifests({ signUp }));
    const ready = await scenario().ready('EnrollmentBinding', parts.binding.metadata.name);
    expect([verdict(ready, 'Published'), verdict(ready, 'Verified')]).toEqual([
      'Published=True/Reconciled',
      'Verified=Unknown/NotApplicable',
    ]);
    expect(conditionOf(ready, 'Verified')?.message).toMatch(/people with an invitation: .*Invalid invite/);
  });

  it('holds back the link to a policy that no visitor can pass, and follows by itself (case 13)', async () => {
    const { name, parts, manifests, linked, pk } = market(scenario(), 'strong');
    const strong: Manifest = {
      ...expressionPolicy(name('strong')),
      spec: {
        type: 'Password',
        password: { passwordField: 'password', checkStaticRules: true, lengthMin: 12, errorMessage: 'Longer, please.' },
      },
    };
    const closed = withSpec(parts.signUp, { policies: [{ order: 0, policyRef: { name: name('strong') } }] });
    await scenario().apply(...manifests({ signUp: closed }, [strong]));
    const failed = await scenario().judged('EnrollmentBinding', parts.binding.metadata.name, 'Verified=False/VerificationFailed');
    expect(conditionOf(failed, 'Verified')?.message).toMatch(/gets ak-stage-access-denied/);
    expect([verdict(failed, 'Ready'), verdict(failed, 'Published')]).toEqual([
      'Ready=False/VerificationFailed',
      'Published=False/VerificationFailed',
    ]);
    expect(await linked()).toBeNull();
    // Applying a list without its entries leaves it as it was (ADR 11).
    await scenario().patchSpec('AuthentikFlow', name('sign-up'), { policies: [] });
    await scenario().ready('EnrollmentBinding', parts.binding.metadata.name);
    expect(await linked()).toBe(await pk('sign-up'));
  });

  it('takes the link back with Withdraw when the door closes, and publishes it when it opens', async () => {
    const { name, parts, manifests, linked, pk } = market(scenario(), 'withdrawn');
    const binding = withSpec(parts.binding, { onFailure: 'Withdraw' });
    await scenario().apply(...manifests({ binding }));
    await scenario().ready('EnrollmentBinding', binding.metadata.name);
    expect(await linked()).toBe(await pk('sign-up'));

    await scenario().apply(withSpec(parts.signUp, { authentication: 'require_superuser' }));
    await scenario().event(`EnrollmentBinding/${binding.metadata.name}`, 'Withdrawn');
    expect(await linked()).toBeNull();
    const failed = await scenario().judged('EnrollmentBinding', binding.metadata.name, 'Published=False/VerificationFailed');
    expect(conditionOf(failed, 'Verified')?.message).toMatch(/gets ak-stage-access-denied/);

    await scenario().apply(parts.signUp);
    await scenario().ready('EnrollmentBinding', binding.metadata.name);
    expect([await linked(), name('sign-up')]).toEqual([await pk('sign-up'), parts.signUp.metadata.name]);
  });
});

describe("the market's application", () => {
  const scenario = useScenario({ connection: { driftPollInterval: '1s' } });

  it('is looked at step by step, and told to the market when all is there', async () => {
    const { name, parts, manifests, pk } = market(scenario(), 'shop');
    const slug = name('shop');
    const { authentik, api, namespace, target } = scenario();
    const binding = withSpec(parts.binding, {
      applicationRef: { external: slug },
      market: { callbackURL: CALLBACK },
      configMap: { name: 'market' },
    });
    const says = async (message: RegExp): Promise<void> => {
      await scenario().until(
        'EnrollmentBinding',
        binding.metadata.name,
        (object) => message.test(conditionOf(object, 'Verified')?.message ?? ''),
        `says ${String(message)}`,
      );
    };
    await scenario().apply(...manifests({ binding }));
    await says(new RegExp(`there is no application "${slug}" in Authentik: create it`));
    expect(await api.read('ConfigMap', namespace, 'market')).toBeUndefined();

    const provider = await authentik.create('/providers/oauth2/', {
      name: slug,
      authorization_flow: (await authentik.get(FLOWS, 'default-provider-authorization-implicit-consent')).pk,
      invalidation_flow: (await authentik.get(FLOWS, 'default-provider-invalidation-flow')).pk,
      client_type: 'public',
      client_id: slug,
      redirect_uris: [],
    });
    scenario().afterwards(async () => authentik.remove('/providers/oauth2/', provider.pk));
    const change = async (fields: object): Promise<unknown> => authentik.change('/providers/oauth2/', provider.pk, fields);
    await authentik.create('/core/applications/', { name: slug, slug, provider: Number(provider.pk) });
    scenario().afterwards(async () => authentik.remove('/core/applications/', slug));
    await says(
      /does not allow the market's redirect address .* \(now: none\).*; logins to .* \(the brand's authentication flow\), which does not show/,
    );
    await change({ redirect_uris: [{ matching_mode: 'strict', url: CALLBACK }] });
    await says(/^logins to .* \(the brand's authentication flow\), which does not show the identification stage/);
    await change({ authentication_flow: await pk('login') });

    const ready = await scenario().ready('EnrollmentBinding', binding.metadata.name);
    expect(verdict(ready, 'Verified')).toBe('Verified=True/Reconciled');
    expect(ready.status).toMatchObject({
      loginFlowSlug: name('login'),
      market: { application: slug, clientID: slug, issuer: `${target.url}/application/o/${slug}/` },
    });
    expect((await api.read('ConfigMap', namespace, 'market'))?.['data']).toMatchObject({
      NEXT_PUBLIC_OIDC_CLIENT_ID: slug,
      NEXT_PUBLIC_OIDC_REDIRECT_URI: CALLBACK,
      NEXT_PUBLIC_OIDC_SIGNUP_FLOW: name('sign-up'),
      NEXT_PUBLIC_OIDC_TOKEN_URL: `${target.url}/application/o/token/`,
    });

    await change({ redirect_uris: [{ matching_mode: 'strict', url: `${CALLBACK}/other` }] });
    await says(/does not allow the market's redirect address/);
    await eventually(() =>
      expect(verdict(scenario().see('EnrollmentBinding', binding.metadata.name), 'Ready')).toBe('Ready=False/VerificationFailed'),
    );
  });
});
