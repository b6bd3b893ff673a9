import { isRefusal } from '../../src/authentik/challenge.ts';
import { type AfterSignUp, type Market, startMarket } from '../market/market.ts';
import { describe as tell, MarketVisitor } from '../visitor/market-visitor.ts';
import { createMarketApplication, type MarketApplication } from './environment/market-application.ts';
import { resolveMailTarget, type MailTarget } from './environment/mail-target.ts';
import { flow } from './support/manifests.ts';
import { marketGuide, objectsIn, type MarketGuide } from './support/market-chart.ts';
import { account, confirmationLink, newPerson, type NewPerson } from './support/people.ts';
import { useScenario } from './support/scenario.ts';

const scenario = useScenario({ connection: false });

let mail: MailTarget;
let market: Market;
let guide: MarketGuide;
let application: MarketApplication;

beforeAll(async () => {
  mail = await resolveMailTarget();
  market = await startMarket();
  // A login page of its own: others test with Authentik's.
  const [identification, loginFlow] = [scenario().name('identification'), scenario().name('login')];
  guide = await marketGuide(scenario(), mail, { market: { url: market.url }, login: { identificationStage: identification } });
  const login = [identification, { order: 20, stageRef: { external: 'default-authentication-login' } }];
  await scenario().apply(...guide.manifests, flow(loginFlow, login, { designation: 'authentication' }));
  for (const [kind, name] of [...objectsIn(guide.manifests), ['AuthentikFlow', loginFlow] as const]) await scenario().ready(kind, name);
  const { client } = scenario().target;
  application = await createMarketApplication(client, { slug: scenario().name('market'), redirectURI: market.redirectURI, loginFlow });
  scenario().afterwards(async () => application.remove());
});

afterAll(async () => {
  await market.stop();
  await mail.stop();
});

function visitor(person: NewPerson): MarketVisitor {
  return new MarketVisitor({ market: market.url, authentik: scenario().target.url }, person);
}

function open(afterSignUp: AfterSignUp = 'login'): void {
  market.restart({ ...application.variables, NEXT_PUBLIC_OIDC_SIGNUP_FLOW: guide.slug }, afterSignUp);
}

interface Way {
  readonly reason: string;
  readonly afterSignUp?: AfterSignUp;
  readonly begin: (visitor: MarketVisitor) => Promise<unknown>;
  readonly elsewhere?: true;
  /** Where the mail's link ends: in the market, or before its door. */
  readonly end: '/profile' | '/auth/login';
}

const byMarket: Way['begin'] = async (person) => person.signUp();
const ways: readonly Way[] = [
  { reason: "by the market's button", begin: byMarket, end: '/profile' },
  { reason: "by the market's button, with the mail opened in another browser", begin: byMarket, elsewhere: true, end: '/profile' },
  { reason: 'by the button of an older market', afterSignUp: 'authorize', begin: byMarket, end: '/profile' },
  {
    reason: 'by the button of an older market, which knows nothing of the other browser',
    afterSignUp: 'authorize',
    begin: byMarket,
    elsewhere: true,
    end: '/auth/login',
  },
  { reason: "by the link on Authentik's login page", begin: async (person) => person.signUpFromLogin(), end: '/profile' },
  {
    reason: 'by itself',
    begin: async (person) => person.signUpAt(`${scenario().target.url}/if/flow/${guide.slug}/`),
    end: '/auth/login',
  },
  {
    reason: 'by a link that leads astray',
    begin: async (person) => person.signUpAt(`${scenario().target.url}/if/flow/${guide.slug}/?next=https%3A%2F%2Fevil.example%2F`),
    end: '/auth/login',
  },
];

describe('a sign-up', () => {
  it.each(ways)('$reason ends at $end, and is in the market by name', async ({ afterSignUp, begin, elsewhere, end }) => {
    open(afterSignUp);
    const person = newPerson(scenario());
    const here = visitor(person);
    await begin(here);
    expect(tell(here.browser.shown)).toBe('ak-stage-email');
    const reader = elsewhere === true ? here.elsewhere() : here;
    const link = await confirmationLink(mail, person.email);
    expect(tell(await reader.openMail(link))).toBe(`${market.url}${end} (200)`);
    expect(await reader.name()).toBe(end === '/profile' ? 'Ada Lovelace' : undefined);
    // Signed in at Authentik they are in any case: one click, and no password.
    expect(tell(await reader.browser.open(`${market.url}/api/auth/login`))).toBe(`${market.url}/profile (200)`);
    expect(await reader.name()).toBe('Ada Lovelace');
  });
});

describe('who signed up', () => {
  let person: NewPerson;
  let member: MarketVisitor;

  beforeAll(async () => {
    open();
    person = newPerson(scenario());
    member = visitor(person);
    await member.signUp();
    await member.openMail(await confirmationLink(mail, person.email));
  });

  it('is refused a second sign-up while signed in, and keeps the account as it is', async () => {
    const signedIn = member.elsewhere();
    await signedIn.logIn();
    const before = await account(scenario().target, person.username);
    const shown = await signedIn.signUp();
    expect(shown.kind === 'flow' && isRefusal(shown.challenge)).toBe(true);
    expect(await account(scenario().target, person.username)).toEqual(before);
    expect(await signedIn.name()).toBe('Ada Lovelace');
  });

  it('logs out, and in again by the button of the market', async () => {
    await member.logOut();
    expect(await member.name()).toBeUndefined();
    expect(tell(await member.logIn())).toBe(`${market.url}/profile (200)`);
    expect(await member.name()).toBe('Ada Lovelace');
  });

  it('logs in nowhere with another password', async () => {
    const stranger = visitor({ ...person, password: 'not-the-password' });
    expect(tell(await stranger.logIn())).toMatch(/^ak-stage-identification \(/);
    expect(await stranger.name()).toBeUndefined();
  });
});
