import { describeChallenge } from '../../src/authentik/challenge.ts';
import type { FlowExecutor } from '../../src/authentik/flow-executor.ts';
import { EnrollmentWalk } from '../visitor/enrollment-walk.ts';
import { differences, type AuthentikState } from './environment/authentik-state.ts';
import { flow } from './support/manifests.ts';
import { MARKET_URL, marketGuide, objectsIn, type MarketGuide } from './support/market-chart.ts';
import { account, newPerson, withBrowser, type NewPerson } from './support/people.ts';
import { useScenario } from './support/scenario.ts';

/** No mail is sent here. */
const MAIL = { host: '127.0.0.1', port: 2525, username: 'mailer', password: 'never-used' };
/** People are active at once and logged in at the end, so that a sign-up is all it takes to be signed in. */
const AT_ONCE = { registration: { inactiveUntilConfirmed: false }, email: { enabled: false } };

describe.each([
  { reason: 'with stages of its own', shared: false },
  { reason: "with Authentik's shared stages", shared: true },
])('a sign-up by the chart, $reason', ({ shared }) => {
  const scenario = useScenario({ connection: false });
  let owner: NewPerson;
  let guide: MarketGuide;
  let before: AuthentikState;
  let loginSlug: string;

  const walk = (visitor?: FlowExecutor): EnrollmentWalk =>
    new EnrollmentWalk({
      url: scenario().target.url,
      enrollmentSlug: guide.slug,
      loginSlug,
      ...(visitor === undefined ? {} : { browser: visitor }),
    });
  const accountOf = async ({ username }: NewPerson): Promise<unknown> => account(scenario().target, username);

  beforeAll(async () => {
    owner = newPerson(scenario());
    before = await scenario().target.snapshot();
    // A login page of its own: others test with Authentik's.
    const identification = scenario().name('identification');
    loginSlug = scenario().name('login');
    guide = await marketGuide(scenario(), MAIL, {
      ...AT_ONCE,
      registration: { ...AT_ONCE.registration, reuseSharedStages: shared },
      login: { identificationStage: identification },
    });
    const login = [identification, { order: 20, stageRef: { external: 'default-authentication-login' } }];
    await scenario().apply(...guide.manifests, flow(loginSlug, login, { designation: 'authentication' }));
    for (const [kind, name] of objectsIn(guide.manifests)) await scenario().ready(kind, name);
  });

  it('lets a visitor in, who is logged in at the end and sent on', async () => {
    const end = await walk().signUp(owner);
    expect(end).toMatchObject({ component: 'xak-flow-redirect', raw: { to: `${MARKET_URL}/auth/login` } });
    expect(await accountOf(owner)).toMatchObject({ username: owner.username, email: owner.email, is_active: true });
  });

  interface SignedIn {
    readonly reason: string;
    /** How somebody comes to fill in the form while signed in. */
    readonly come: (browser: FlowExecutor) => Promise<void>;
  }
  const logIn = async (browser: FlowExecutor): Promise<void> => {
    await walk(browser).login(owner.username, owner.password);
  };
  const open = async (browser: FlowExecutor): Promise<string> => (await browser.open(guide.slug)).component;
  const signedIn: readonly SignedIn[] = [
    {
      reason: 'is signed in when opening it',
      come: async (visitor) => {
        await logIn(visitor);
        expect(describeChallenge(await visitor.open(guide.slug))).toBe('ak-stage-access-denied (Flow does not apply to current user)');
      },
    },
    {
      reason: 'opened it before signing in, in another tab',
      come: async (visitor) => {
        expect(await open(visitor)).toBe('ak-stage-prompt');
        await logIn(visitor);
      },
    },
  ];

  it.each(signedIn)('refuses whoever $reason, and leaves their account exactly as it was', async ({ come }) => {
    const other = newPerson(scenario());
    await withBrowser(scenario().target, async (visitor) => {
      await come(visitor);
      const asItWas = await accountOf(owner);
      expect(asItWas).toMatchObject({ username: owner.username });
      // Whoever sends the form all the same gets no further.
      const form = await visitor.open(guide.slug);
      const answer = await visitor.answer({ component: 'ak-stage-prompt', ...other, password_repeat: other.password });
      expect([form.component, answer.component]).toEqual(['ak-stage-access-denied', 'ak-stage-access-denied']);
      expect(await accountOf(owner)).toEqual(asItWas);
      expect(await accountOf(other)).toBeUndefined();
    });
  });

  it('knows the password that was theirs', async () => {
    await expect(walk().login(owner.username, owner.password)).resolves.toMatchObject({ component: 'xak-flow-redirect' });
  });

  const weak = [
    { reason: 'one letter', password: 'x' },
    { reason: 'one character too few', password: 'k7#Qz!m2Vp9' },
  ];

  it.each(weak)('refuses a password of $reason, and says what to write instead', async ({ password }) => {
    const other = { ...newPerson(scenario()), password };
    await expect(walk().signUp(other)).rejects.toThrow(/\(Please choose a password of at least 12 characters\. /);
    expect(await accountOf(other)).toBeUndefined();
  });

  it('leaves Authentik as it was', async () => {
    await scenario().removeAll();
    expect(differences(before, await scenario().target.snapshot()).filter(({ name }) => isAbout(name))).toEqual([]);
  });

  /** On a server that other test files use at the same time, what they made comes and goes. */
  const isAbout = (name: string): boolean =>
    name.includes('default-source-enrollment') || name.includes(guide.slug) || name.includes(loginSlug) || !name.includes('e2e-');
});
