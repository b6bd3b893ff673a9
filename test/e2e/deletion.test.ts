import { FORCE_DELETE_ANNOTATION, PAUSED_ANNOTATION } from '../../src/api/v1alpha1/group.ts';
import { eventually } from '../bed/eventually.ts';
import { conditionOf, isReconciling, isStalled } from './support/conditions.ts';
import { dummyStage, flow, stage, withSpec } from './support/manifests.ts';
import { describeOnStandIn } from './support/only-stand-in.ts';
import { Scenario, useScenario } from './support/scenario.ts';
import { smallMarket } from './support/small-market.ts';

const STAGES = '/stages/all/';
const FLOWS = '/flows/instances/';
const TIMEOUT = 90_000;

/** Somebody else's flow that binds a stage of ours. Answers what removes it. */
async function bindElsewhere(scenario: Scenario, stage: string): Promise<() => Promise<void>> {
  const slug = scenario.name(`foreign-of-${stage}`);
  const { authentik } = scenario;
  const foreign = await authentik.create(FLOWS, { slug, name: slug, title: slug, designation: 'enrollment' });
  await authentik.create('/flows/bindings/', { target: foreign.pk, stage: (await authentik.get(STAGES, stage)).pk, order: 0 });
  const remove = async (): Promise<void> => authentik.remove(FLOWS, slug);
  scenario.afterwards(remove);
  return remove;
}

describe('deleting an object', () => {
  // What others undo in Authentik is noticed within a second.
  const scenario = useScenario({ connection: { driftPollInterval: '1s' } });

  it('waits for those that use it, and names them', async () => {
    const [stage, slug] = [scenario().name('used'), scenario().name('user')];
    await scenario().apply(dummyStage(stage), flow(slug, [stage]));
    await scenario().ready('AuthentikFlow', slug);
    await scenario().api.remove('AuthentikStage', scenario().namespace, stage);
    const waiting = await scenario().judged('AuthentikStage', stage, 'Ready=False/WaitingForDependents');
    expect(isReconciling(waiting)).toBe(true);
    expect(conditionOf(waiting, 'Ready')?.message).toContain(`AuthentikFlow ${scenario().namespace}/${slug}`);
    expect(await scenario().authentik.find(STAGES, stage)).toBeDefined();
    // The flow takes another stage, which is all that this one waits for.
    await scenario().apply(dummyStage(scenario().name('other')), flow(slug, [scenario().name('other')]));
    await scenario().history.until(
      () => scenario().history.latest('AuthentikStage', scenario().namespace, stage) === undefined,
      'the stage is gone',
    );
    expect(await scenario().authentik.find(STAGES, stage)).toBeUndefined();
    expect(await scenario().authentik.find(FLOWS, slug)).toBeDefined();
    await scenario().remove(['AuthentikFlow', slug]);
    expect(await scenario().authentik.find(FLOWS, slug)).toBeUndefined();
    expect(await scenario().event(`AuthentikFlow/${slug}`, 'Deleted')).toMatchObject({ type: 'Normal' });
  });

  it('is blocked while it would take along what is not ours, until that is unlinked', async () => {
    const stage = scenario().name('shared');
    await scenario().apply(dummyStage(stage));
    await scenario().ready('AuthentikStage', stage);
    const unlink = await bindElsewhere(scenario(), stage);
    await scenario().api.remove('AuthentikStage', scenario().namespace, stage);
    const blocked = await scenario().judged('AuthentikStage', stage, 'Ready=False/DeletionBlocked');
    expect(isStalled(blocked)).toBe(true);
    expect(conditionOf(blocked, 'Ready')?.message).toContain(scenario().name(`foreign-of-${stage}`));
    expect(await scenario().authentik.find(STAGES, stage)).toBeDefined();
    await unlink();
    await scenario().history.until(
      () => scenario().history.latest('AuthentikStage', scenario().namespace, stage) === undefined,
      'the stage is gone',
    );
    expect(await scenario().authentik.find(STAGES, stage)).toBeUndefined();
  });

  it('that is blocked goes on when it is told to by the annotation', async () => {
    const stage = scenario().name('forced');
    await scenario().apply(dummyStage(stage));
    await scenario().ready('AuthentikStage', stage);
    await bindElsewhere(scenario(), stage);
    await scenario().api.remove('AuthentikStage', scenario().namespace, stage);
    await scenario().judged('AuthentikStage', stage, 'Ready=False/DeletionBlocked');
    await scenario().annotate('AuthentikStage', stage, { [FORCE_DELETE_ANNOTATION]: 'true' });
    await scenario().remove(['AuthentikStage', stage]);
    expect(await scenario().authentik.find(STAGES, stage)).toBeUndefined();
    // The other flow lost the stage and stands.
    expect(await scenario().authentik.find(FLOWS, scenario().name(`foreign-of-${stage}`))).toBeDefined();
  });

  it('that is paused waits, as every write does', async () => {
    const slug = scenario().name('paused');
    await scenario().apply(flow(slug));
    await scenario().ready('AuthentikFlow', slug);
    await scenario().annotate('AuthentikFlow', slug, { [PAUSED_ANNOTATION]: 'true' });
    await scenario().judged('AuthentikFlow', slug, 'Ready=Unknown/Paused');
    await scenario().apply(withSpec(flow(slug), { title: 'Changed while paused' }));
    await scenario().judged('AuthentikFlow', slug, 'Ready=Unknown/Paused');
    await scenario().api.remove('AuthentikFlow', scenario().namespace, slug);
    await scenario().until('AuthentikFlow', slug, (object) => object.metadata.deletionTimestamp !== undefined, 'is being deleted');
    expect(await scenario().authentik.get(FLOWS, slug)).toMatchObject({ title: `Title of ${slug}` });
    await scenario().annotate('AuthentikFlow', slug, { [PAUSED_ANNOTATION]: null });
    await scenario().remove(['AuthentikFlow', slug]);
    expect(await scenario().authentik.find(FLOWS, slug)).toBeUndefined();
  });

  it('with deletionPolicy Retain leaves it in Authentik', async () => {
    const slug = scenario().name('retained');
    scenario().afterwards(async () => scenario().authentik.remove(FLOWS, slug));
    await scenario().apply(withSpec(flow(slug), { deletionPolicy: 'Retain' }));
    await scenario().ready('AuthentikFlow', slug);
    await scenario().remove(['AuthentikFlow', slug]);
    expect(await scenario().authentik.find(FLOWS, slug)).toBeDefined();
    await scenario().event(`AuthentikFlow/${slug}`, 'Retained');
  });
});

describe('deleting everything at the same moment', () => {
  const scenario = useScenario();

  it(
    'leaves Authentik as it was',
    async () => {
      const market = smallMarket(scenario().name('market'));
      await scenario().apply(...market.manifests);
      await scenario().ready('EnrollmentBinding', market.signUpSlug);
      scenario().target.sim?.resetRequests();
      await scenario().removeAll();
      const own = scenario().name('market');
      for (const path of [FLOWS, STAGES, '/stages/prompt/prompts/', '/policies/all/']) {
        const left = (await scenario().authentik.list(path)).filter((row) => String(row['slug'] ?? row['name']).startsWith(own));
        expect(left).toEqual([]);
      }
    },
    TIMEOUT,
  );

  describeOnStandIn('in Authentik', 'it looks at the order of requests', () => {
    it('begins with those that use the others', () => {
      const requests = (scenario().target.sim?.requests ?? []).filter(
        ({ method, path }) => method === 'DELETE' || (method === 'PATCH' && path.includes('/stages/identification/')),
      );
      const at = (method: string, part: string): number[] =>
        requests.flatMap((request, index) => (request.method === method && request.path.includes(part) ? [index] : []));
      const [link, flows, stages, prompts, policies] = [
        at('PATCH', '/stages/identification/'),
        at('DELETE', FLOWS),
        at('DELETE', '/stages/').filter((index) => requests[index]?.path.includes('/prompts/') !== true),
        at('DELETE', '/prompts/'),
        at('DELETE', '/policies/'),
      ];
      expect([link, flows, stages, prompts, policies].map((found) => found.length)).toEqual([1, 2, 3, 1, 1]);
      const signUp = requests.findIndex(({ path }) => path.endsWith(`${scenario().name('market')}-sign-up/`));
      expect(link[0]).toBeLessThan(signUp);
      const write = requests.findIndex(({ path }) => path.includes('/stages/user_write/'));
      expect(signUp).toBeLessThan(write);
      expect(requests.findIndex(({ path }) => path.includes('/stages/prompt/stages/'))).toBeLessThan(prompts[0] ?? -1);
      expect(signUp).toBeLessThan(policies[0] ?? -1);
      // Bindings go with their flow and need no request of their own.
      expect(at('DELETE', '/bindings/')).toEqual([]);
    });
  });
});

describe('a namespace', () => {
  it(
    'is deleted with everything in it, Secrets and connection included, and nothing stays in Authentik',
    async () => {
      const scenario = await Scenario.open();
      try {
        const own = scenario.name('doomed');
        const market = smallMarket(own);
        // With loops: a password stage configured by the flow it sits in, and a login page that recovery ends on.
        const [login, recovery, change] = [`${own}-log-in`, `${own}-recovery`, `${own}-change`];
        await scenario.apply(
          ...market.manifests,
          flow(login, [`${own}-page`, `${own}-password`], { designation: 'authentication' }),
          stage(`${own}-page`, 'Identification', { userFields: ['email'], recoveryFlow: { name: recovery } }),
          flow(recovery, [`${own}-back`], { designation: 'recovery' }),
          stage(`${own}-back`, 'Redirect', { mode: 'flow', targetFlow: { name: login } }),
          flow(change, [`${own}-password`]),
          stage(`${own}-password`, 'Password', { backends: ['authentik.core.auth.InbuiltBackend'], configureFlow: { name: change } }),
        );
        await scenario.ready('EnrollmentBinding', market.signUpSlug);
        for (const name of [`${own}-page`, `${own}-password`, `${own}-back`]) await scenario.ready('AuthentikStage', name);
        await scenario.api.removeNamespace(scenario.namespace);
        await scenario.history.until(() => scenario.history.present().length === 0, 'every object is let go', 60_000);
        await eventually(
          async () =>
            expect((await scenario.controlPlane.kubectl(['get', 'namespaces', '--output=name'])).stdout).not.toContain(
              `namespace/${scenario.namespace}\n`,
            ),
          { timeout: 60_000, interval: 1000, message: 'the namespace is gone' },
        );
        for (const path of [FLOWS, STAGES]) {
          expect((await scenario.authentik.list(path)).filter((row) => String(row['slug'] ?? row['name']).startsWith(own))).toEqual([]);
        }
        expect(scenario.kstatusProblems()).toEqual([]);
      } finally {
        await scenario.close().catch((error: unknown) => {
          if (!String(error).includes('not found')) throw error;
        });
      }
    },
    2 * TIMEOUT,
  );
});

describe('without the credentials', () => {
  it(
    'that were there a moment ago, what they made is still cleaned up',
    async () => {
      const scenario = await Scenario.open();
      try {
        const slug = scenario.name('late');
        await scenario.apply(flow(slug));
        await scenario.ready('AuthentikFlow', slug);
        await scenario.api.remove('Secret', scenario.namespace, 'authentik-token');
        await scenario.judged('AuthentikConnection', 'default', 'Ready=False/SecretNotFound');
        await scenario.remove(['AuthentikFlow', slug]);
        expect(await scenario.authentik.find(FLOWS, slug)).toBeUndefined();
      } finally {
        await scenario.close();
      }
    },
    TIMEOUT,
  );

  it.each([
    { gone: 'the Secret', connection: true },
    { gone: 'the connection', connection: false },
  ])(
    'because $gone is gone for good, the object says until when it waits, is let go when told to, and says what stays behind',
    async ({ connection }) => {
      const scenario = await Scenario.open();
      try {
        const slug = scenario.name('orphan');
        scenario.afterwards(async () => scenario.authentik.remove(FLOWS, slug));
        await scenario.apply(flow(slug));
        await scenario.ready('AuthentikFlow', slug);
        await scenario.stopOperator();
        if (connection) await scenario.api.remove('Secret', scenario.namespace, 'authentik-token');
        else {
          await scenario.api.remove('AuthentikConnection', scenario.namespace, 'default');
          await scenario.api.patch('AuthentikConnection', scenario.namespace, 'default', { metadata: { finalizers: null } });
        }
        await scenario.api.remove('AuthentikFlow', scenario.namespace, slug);
        // A new process has nothing in memory.
        await scenario.startOperator();
        const waiting = await scenario.until('AuthentikFlow', slug, ({ status }) => status?.['releaseAt'] !== undefined, 'waits');
        expect(Date.parse(String(waiting.status?.['releaseAt'])) - Date.now()).toBeGreaterThan(5 * 60_000);
        await scenario.api.patch('AuthentikFlow', scenario.namespace, slug, {
          metadata: { annotations: { 'authentik.oceanenterprise.io/abandon': 'true' } },
        });
        await scenario.history.until(
          () => scenario.history.latest('AuthentikFlow', scenario.namespace, slug) === undefined,
          'the flow is let go',
        );
        const event = await scenario.event(`AuthentikFlow/${slug}`, 'Released');
        expect(event.type).toBe('Warning');
        expect(event.note).toContain(`left "${slug}" behind at ${scenario.target.url}`);
        expect(await scenario.authentik.find(FLOWS, slug)).toBeDefined();
        expect(scenario.kstatusProblems()).toEqual([]);
      } finally {
        await scenario.close();
      }
    },
    TIMEOUT,
  );
});
