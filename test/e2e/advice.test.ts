import { conditionOf, isReady, verdict } from './support/conditions.ts';
import { enrollmentBinding, flow, prompt, stage, withSpec, type Manifest } from './support/manifests.ts';
import { useScenario } from './support/scenario.ts';

const scenario = useScenario({ connection: { driftPollInterval: '0s' } });

const STRONG = { type: 'Password', password: { passwordField: 'password', checkStaticRules: true, lengthMin: 12 } };

/** A sign-up with nothing to say against but what is asked for: a form with a password, a user who may log in at once, and a link. */
function signUp(base: string, parts: { readonly form?: object; readonly flow?: object } = {}): readonly Manifest[] {
  const name = (what: string): string => scenario().name(`${base}-${what}`);
  const policy = { ...prompt(name('strong')), kind: 'AuthentikPolicy', spec: STRONG };
  const form = stage(name('form'), 'Prompt', {
    fields: [{ name: name('username') }, { name: name('password') }],
    validationPolicies: [{ name: name('strong') }],
    ...parts.form,
  });
  const authentication = 'require_unauthenticated';
  return [
    prompt(name('username'), { required: true, order: 0 }),
    prompt(name('password'), { fieldKey: 'password', label: 'Password', type: 'password', required: true, order: 1 }),
    policy,
    form,
    stage(name('write'), 'UserWrite', { userCreationMode: 'always_create', createUsersAsInactive: false }),
    stage(name('who'), 'Identification', { userFields: ['username'] }),
    withSpec(flow(name('sign-up'), [name('form'), name('write')]), { authentication, ...parts.flow }),
    enrollmentBinding(name('sign-up'), {
      flowRef: { name: name('sign-up') },
      identificationStageRef: { name: name('who') },
      verify: 'Skip',
    }),
  ];
}

async function advised(kind: string, name: string, wanted: string): Promise<string> {
  const object = await scenario().judged(kind, name, `Advice=${wanted}`);
  expect(isReady(object)).toBe(true);
  return conditionOf(object, 'Advice')?.message ?? '';
}

describe('advice', () => {
  it('comes with one event, and goes when what it is about is mended; Ready stays as it is', async () => {
    const [slug, form] = [scenario().name('open-sign-up'), scenario().name('open-form')];
    await scenario().apply(...signUp('open', { form: { validationPolicies: [] }, flow: { authentication: 'none' } }));
    await scenario().ready('AuthentikFlow', slug);
    const message = await advised('AuthentikFlow', slug, 'True/SignedInMaySignUp');
    expect(message).toContain('set authentication to require_unauthenticated');
    expect(message).toContain(`NoPasswordPolicy: form "${form}" takes any password`);
    expect(await advised('AuthentikStage', form, 'True/NoPasswordPolicy')).toMatch(new RegExp(`^in flow "${slug}": `));
    const told = await scenario().event(`AuthentikFlow/${slug}`, 'SignedInMaySignUp');
    expect({ type: told.type, note: told.note, count: told.count }).toEqual({ type: 'Warning', note: message, count: 1 });
    await scenario().event(`AuthentikStage/${form}`, 'NoPasswordPolicy');

    // Once it was Ready, no advice that came or went has touched that.
    const wasReady = scenario().history.versions('AuthentikFlow', scenario().namespace, slug).findIndex(isReady);
    await scenario().patchSpec('AuthentikFlow', slug, { authentication: 'require_unauthenticated' });
    await advised('AuthentikFlow', slug, 'True/NoPasswordPolicy');
    await scenario().patchSpec('AuthentikStage', form, {
      prompt: { validationPolicies: [{ name: scenario().name('open-strong') }] },
    });
    await advised('AuthentikFlow', slug, 'False/NothingToAdvise');
    await advised('AuthentikStage', form, 'False/NothingToAdvise');
    const later = scenario().history.versions('AuthentikFlow', scenario().namespace, slug).slice(wasReady);
    expect([...new Set(later.map((object) => verdict(object)))]).toEqual(['Ready=True/Reconciled']);
    const events = (await scenario().events(`AuthentikFlow/${slug}`)).filter(({ type }) => type === 'Warning');
    expect(events.map(({ reason, count }) => `${reason} ${count}`).sort()).toEqual(['NoPasswordPolicy 1', 'SignedInMaySignUp 1']);
  });

  it('names validationPolicies where a Password policy is bound before there is a password (case 13)', async () => {
    const [slug, strong] = [scenario().name('early-sign-up'), scenario().name('early-strong')];
    const policies = [{ order: 0, policyRef: { name: strong } }];
    await scenario().apply(...signUp('early', { flow: { policies } }));
    await scenario().ready('AuthentikFlow', slug);
    const message = await advised('AuthentikFlow', slug, 'True/PasswordPolicyTooEarly');
    expect(message).toContain(`"${strong}" on the flow`);
    expect(message).toContain('validationPolicies');
    await scenario().patchSpec('AuthentikFlow', slug, { policies: [] });
    await advised('AuthentikFlow', slug, 'False/NothingToAdvise');
  });
});
