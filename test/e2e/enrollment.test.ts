import { z } from 'zod';
import type { ApiServer } from './support/api-server.ts';
import { eventually } from '../bed/eventually.ts';
import { conditionOf, isReconciling, isStalled, verdict } from './support/conditions.ts';
import { dummyStage, enrollmentBinding, flow, stage, withSpec, type Manifest } from './support/manifests.ts';
import { useScenario, type Scenario } from './support/scenario.ts';
import { smallMarket } from './support/small-market.ts';

const FLOWS = '/flows/instances/';
const IDENTIFICATION = '/stages/identification/';

const ConfigMap = z.object({
  data: z.record(z.string(), z.string()),
  metadata: z.object({ ownerReferences: z.array(z.looseObject({ kind: z.string(), name: z.string(), uid: z.string() })).default([]) }),
});

async function configMap(api: ApiServer, namespace: string, name: string): Promise<z.infer<typeof ConfigMap>> {
  return ConfigMap.parse(await api.get(`/api/v1/namespaces/${namespace}/configmaps/${name}`));
}

/** A login page of somebody else's: a flow with an identification stage, made through Authentik's API. */
async function foreignLogin(
  scenario: Scenario,
  base: string,
): Promise<{ readonly stage: string; readonly slug: string; linked(): Promise<unknown>; link(flow: string | null): Promise<void> }> {
  const { authentik } = scenario;
  const [name, slug] = [scenario.name(`${base}-identification`), scenario.name(`${base}-login`)];
  const row = await authentik.create(IDENTIFICATION, { name, user_fields: ['username'] });
  const login = await authentik.create(FLOWS, { slug, name: slug, title: slug, designation: 'authentication' });
  await authentik.create('/flows/bindings/', { target: login.pk, stage: row.pk, order: 10 });
  scenario.afterwards(async () => {
    await authentik.remove(FLOWS, slug);
    await authentik.remove(IDENTIFICATION, row.pk);
  });
  return {
    stage: name,
    slug,
    linked: async () => (await authentik.get(IDENTIFICATION, name))['enrollment_flow'],
    link: async (pk) => {
      await authentik.change(IDENTIFICATION, row.pk, { user_fields: ['username'], enrollment_flow: pk });
    },
  };
}

/** An enrollment flow of somebody else's. Answers its primary key. */
async function foreignSignUp(scenario: Scenario, base: string): Promise<string> {
  const slug = scenario.name(base);
  const row = await scenario.authentik.create(FLOWS, { slug, name: slug, title: slug, designation: 'enrollment' });
  scenario.afterwards(async () => scenario.authentik.remove(FLOWS, slug));
  return row.pk;
}

/** A sign-up flow whose first stage asks for something, as a visitor expects. */
function signUp(scenario: Scenario, base: string): { readonly slug: string; readonly manifests: readonly Manifest[] } {
  const slug = scenario.name(base);
  const form = scenario.name(`${base}-form`);
  return {
    slug,
    manifests: [stage(form, 'Prompt', { fields: [{ external: 'default-user-settings-field-username' }] }), flow(slug, [form])],
  };
}

describe('the sign-up link', () => {
  const scenario = useScenario({ connection: { driftPollInterval: '1s' } });

  it('is published once the flow is Ready, and not before', async () => {
    const login = await foreignLogin(scenario(), 'early');
    const market = signUp(scenario(), 'early');
    const [form, flowManifest] = market.manifests as [Manifest, Manifest];
    await scenario().apply(
      enrollmentBinding(market.slug, { flowRef: { name: market.slug }, identificationStageRef: { external: login.stage } }),
    );
    await scenario().judged('EnrollmentBinding', market.slug, 'Ready=False/ReferenceNotFound');
    await scenario().apply(flowManifest);
    await scenario().judged('AuthentikFlow', market.slug, 'Ready=False/ReferenceNotFound');
    const waiting = await scenario().judged('EnrollmentBinding', market.slug, 'Ready=False/ReferenceNotReady');
    expect(isReconciling(waiting)).toBe(true);
    expect(conditionOf(waiting, 'Published')?.status).not.toBe('True');
    expect(await login.linked()).toBeNull();

    await scenario().apply(form);
    const published = await scenario().ready('EnrollmentBinding', market.slug);
    expect(await login.linked()).toBe((await scenario().authentik.get(FLOWS, market.slug)).pk);
    expect([verdict(published, 'Published'), verdict(published, 'Verified')]).toEqual([
      'Published=True/Reconciled',
      'Verified=True/Reconciled',
    ]);
    expect(published.status).toMatchObject({
      loginFlowSlug: login.slug,
      flowSlug: market.slug,
      signUpURL: `${scenario().target.url}/if/flow/${market.slug}/`,
      previousValue: '',
    });
    await scenario().event(`EnrollmentBinding/${market.slug}`, 'Published');

    await scenario().remove(['EnrollmentBinding', market.slug]);
    expect(await login.linked()).toBeNull();
  });

  it('gives way to what was linked before when it is deleted', async () => {
    const login = await foreignLogin(scenario(), 'former');
    const former = await foreignSignUp(scenario(), 'former-sign-up');
    await login.link(former);
    const market = signUp(scenario(), 'newer');
    await scenario().apply(
      ...market.manifests,
      enrollmentBinding(market.slug, { flowRef: { name: market.slug }, identificationStageRef: { external: login.stage } }),
    );
    expect((await scenario().ready('EnrollmentBinding', market.slug)).status?.['previousValue']).toBe(former);
    await scenario().remove(['EnrollmentBinding', market.slug]);
    expect(await login.linked()).toBe(former);
  });

  it('is left empty when what was linked before is gone meanwhile', async () => {
    const login = await foreignLogin(scenario(), 'lost');
    const former = await foreignSignUp(scenario(), 'lost-sign-up');
    await login.link(former);
    const market = signUp(scenario(), 'successor');
    await scenario().apply(
      ...market.manifests,
      enrollmentBinding(market.slug, { flowRef: { name: market.slug }, identificationStageRef: { external: login.stage } }),
    );
    await scenario().ready('EnrollmentBinding', market.slug);
    await scenario().authentik.remove(FLOWS, scenario().name('lost-sign-up'));
    await scenario().remove(['EnrollmentBinding', market.slug]);
    expect(await login.linked()).toBeNull();
  });

  it('that somebody turned elsewhere is put back, and with Retain stays when it is deleted', async () => {
    const login = await foreignLogin(scenario(), 'turned');
    const elsewhere = await foreignSignUp(scenario(), 'elsewhere');
    const market = signUp(scenario(), 'steady');
    await scenario().apply(
      ...market.manifests,
      enrollmentBinding(market.slug, {
        flowRef: { name: market.slug },
        identificationStageRef: { external: login.stage },
        deletionPolicy: 'Retain',
      }),
    );
    await scenario().ready('EnrollmentBinding', market.slug);
    const ours = await login.linked();
    await login.link(elsewhere);
    await eventually(async () => expect(await login.linked()).toBe(ours), { message: 'the link is put back' });
    await scenario().event(`EnrollmentBinding/${market.slug}`, 'DriftCorrected');
    await scenario().remove(['EnrollmentBinding', market.slug]);
    expect(await login.linked()).toBe(ours);
    await login.link(null);
  });

  it('that nobody who is logged out can use is not published until that has changed', async () => {
    const login = await foreignLogin(scenario(), 'closed');
    const market = signUp(scenario(), 'members-only');
    const [form, open] = market.manifests as [Manifest, Manifest];
    const closed = withSpec(open, { authentication: 'require_authenticated' });
    await scenario().apply(
      form,
      closed,
      enrollmentBinding(market.slug, { flowRef: { name: market.slug }, identificationStageRef: { external: login.stage } }),
    );
    const failed = await scenario().judged('EnrollmentBinding', market.slug, 'Ready=False/VerificationFailed');
    expect(isReconciling(failed)).toBe(true);
    expect([verdict(failed, 'Published'), verdict(failed, 'Verified')]).toEqual([
      'Published=False/VerificationFailed',
      'Verified=False/VerificationFailed',
    ]);
    expect(conditionOf(failed, 'Verified')?.message).toMatch(/^the link is not published: a visitor who wants to sign up gets /);
    expect(await login.linked()).toBeNull();
    await scenario().apply(withSpec(open, { authentication: 'none' }));
    await scenario().ready('EnrollmentBinding', market.slug);
    expect(await login.linked()).not.toBeNull();
  });

  it('on a stage that no flow shows is named as such, unless nobody shall look', async () => {
    const lonely = scenario().name('lonely');
    const market = signUp(scenario(), 'unseen');
    const binding = enrollmentBinding(market.slug, { flowRef: { name: market.slug }, identificationStageRef: { name: lonely } });
    await scenario().apply(stage(lonely, 'Identification', { userFields: ['username'] }), ...market.manifests, binding);
    const failed = await scenario().judged('EnrollmentBinding', market.slug, 'Ready=False/VerificationFailed');
    expect(conditionOf(failed, 'Verified')?.message).toContain(`no flow uses the identification stage "${lonely}"`);
    await scenario().apply(withSpec(binding, { verify: 'Skip' }));
    expect(verdict(await scenario().ready('EnrollmentBinding', market.slug), 'Verified')).toBe('Verified=Unknown/NotApplicable');
  });

  it('on a stage that is no identification stage is not published, and says so', async () => {
    const market = signUp(scenario(), 'misplaced');
    const wrong = scenario().name('no-identification');
    await scenario().apply(
      dummyStage(wrong),
      ...market.manifests,
      enrollmentBinding(market.slug, { flowRef: { name: market.slug }, identificationStageRef: { name: wrong } }),
    );
    const refused = await scenario().judged('EnrollmentBinding', market.slug, 'Ready=False/ReferenceNotFound');
    expect(isReconciling(refused)).toBe(true);
    expect(conditionOf(refused, 'Ready')?.message).toContain('is not an identification stage');
  });
});

describe("the market's ConfigMap", () => {
  const scenario = useScenario({ connection: { driftPollInterval: '0s' } });

  it('tells where sign-up is, follows a new name, and goes with its binding', async () => {
    const { api, namespace } = scenario();
    const market = smallMarket(scenario().name('market'));
    const binding = market.manifests.at(-1) as Manifest;
    const named = (name: string): Manifest => withSpec(binding, { configMap: { name } });
    await scenario().apply(...market.manifests.slice(0, -1), named('market-sign-up'));
    const ready = await scenario().ready('EnrollmentBinding', binding.metadata.name);
    const written = await configMap(api, namespace, 'market-sign-up');
    expect(written.data).toEqual({
      NEXT_PUBLIC_OIDC_SIGNUP_FLOW: market.signUpSlug,
      AUTHENTIK_SIGN_UP_URL: `${scenario().target.url}/if/flow/${market.signUpSlug}/`,
    });
    expect(written.metadata.ownerReferences).toEqual([
      expect.objectContaining({ kind: 'EnrollmentBinding', name: binding.metadata.name, uid: ready.metadata.uid }),
    ]);

    await scenario().apply(named('market-registration'));
    await scenario().ready('EnrollmentBinding', binding.metadata.name);
    expect((await configMap(api, namespace, 'market-registration')).data).toEqual(written.data);
    await expect(configMap(api, namespace, 'market-sign-up')).rejects.toThrow(/not found/);

    await scenario().remove(['EnrollmentBinding', binding.metadata.name]);
    await eventually(async () => expect(configMap(api, namespace, 'market-registration')).rejects.toThrow(/not found/), {
      timeout: 45_000,
      message: 'the ConfigMap is collected',
    });
  }, 90_000);

  it('that belongs to somebody else is left alone', async () => {
    const { api, namespace } = scenario();
    const market = smallMarket(scenario().name('other'));
    const binding = market.manifests.at(-1) as Manifest;
    await scenario().controlPlane.kubectl(['create', 'configmap', 'taken', '--from-literal=theirs=yes'], { namespace });
    await scenario().apply(...market.manifests.slice(0, -1), withSpec(binding, { configMap: { name: 'taken' } }));
    const refused = await scenario().judged('EnrollmentBinding', binding.metadata.name, 'Ready=False/NotOurs');
    expect(isStalled(refused)).toBe(true);
    expect((await configMap(api, namespace, 'taken')).data).toEqual({ theirs: 'yes' });
    await scenario().apply(withSpec(binding, { configMap: { name: 'free' } }));
    await scenario().ready('EnrollmentBinding', binding.metadata.name);
    expect((await configMap(api, namespace, 'taken')).data).toEqual({ theirs: 'yes' });
  });
});
