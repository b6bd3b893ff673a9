import { EnrollmentWalk } from '../visitor/enrollment-walk.ts';
import { resolveMailTarget, type MailTarget } from './environment/mail-target.ts';
import { flow } from './support/manifests.ts';
import { MARKET_URL, marketGuide, objectsIn, type MarketGuide } from './support/market-chart.ts';
import { confirmationLink, isSignedIn, newPerson, withBrowser } from './support/people.ts';
import { useScenario } from './support/scenario.ts';

const scenario = useScenario({ connection: false });

let mail: MailTarget;
let guide: MarketGuide;
let loginSlug: string;

beforeAll(async () => {
  mail = await resolveMailTarget();
  // A login page of its own: others test with Authentik's.
  const identification = scenario().name('identification');
  loginSlug = scenario().name('login');
  guide = await marketGuide(scenario(), mail, { registration: { autoLogin: false }, login: { identificationStage: identification } });
  const login = [identification, { order: 20, stageRef: { external: 'default-authentication-login' } }];
  await scenario().apply(...guide.manifests, flow(loginSlug, login, { designation: 'authentication' }));
});

afterAll(async () => mail.stop());

describe("the guide's four stages to the letter", () => {
  it('are what the flow has', async () => {
    for (const [kind, name] of objectsIn(guide.manifests)) await scenario().ready(kind, name);
    expect(scenario().see('AuthentikFlow', guide.slug).status).toMatchObject({ stageCount: 4 });
  });

  it.each([
    { who: 'who came by themselves', query: '' },
    { who: 'whom the market sent', query: 'next=%2Fapplication%2Fo%2Fauthorize%2F' },
  ])("end at the market's login page and log nobody in: $who", async ({ query }) => {
    const person = newPerson(scenario());
    const site = { url: scenario().target.url, enrollmentSlug: guide.slug, loginSlug };
    await new EnrollmentWalk(site).signUp(person, query);
    await withBrowser(scenario().target, async (browser) => {
      const end = await new EnrollmentWalk({ ...site, browser }).confirm(await confirmationLink(mail, person.email));
      expect(end).toMatchObject({ component: 'xak-flow-redirect', raw: { to: `${MARKET_URL}/auth/login` } });
      expect(await isSignedIn(browser)).toBe(false);
    });
    await expect(new EnrollmentWalk(site).login(person.email, person.password)).resolves.toMatchObject({ component: 'xak-flow-redirect' });
  });
});
