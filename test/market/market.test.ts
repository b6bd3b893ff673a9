/** The market against the stand-in, with a sign-up made by hand: who gets in from where, and who doesn't. */
import { jest } from '@jest/globals';
import { AuthentikClient } from '../../src/authentik/client.ts';
import { silentLogger } from '../../src/authentik/silent-logger.ts';
import { type AuthentikSim, startAuthentikSim } from '../authentik-sim/sim.ts';
import { createMarketApplication, type MarketApplication } from '../e2e/environment/market-application.ts';
import { type MailServer, startMailServer } from '../mail-server/mail-server.ts';
import { describe as tell, MarketVisitor } from '../visitor/market-visitor.ts';
import { type AfterSignUp, type Market, startMarket } from './market.ts';

// Two cores shared with a cluster's tests can be slow.
jest.setTimeout(120_000);

const PASSWORD = 'correct horse battery';
const ADA = { username: 'ada', name: 'Ada Lovelace', email: 'ada@example.com', password: PASSWORD };
const ADMIN = { username: 'akadmin', password: 'adminpw' };
const SLUG = 'sign-up';

let authentik: AuthentikSim;
let client: AuthentikClient;
let mail: MailServer;
let market: Market;
let application: MarketApplication;

type Created = Record<string, unknown> & { pk: string };
async function create(path: string, body: object): Promise<Created> {
  return (await client.post(path, body)) as Created;
}
async function pk(path: string, name: string): Promise<string> {
  const rows = (await client.list(path)) as Created[];
  return rows.find((row) => row['slug'] === name || row['name'] === name)?.pk ?? '';
}

/** As the chart declares it. */
const leadsOn = (home: string): string => `
next = request.http_request.session.get('authentik/flows/get', {}).get('next', '')
if next.startswith((request.http_request.build_absolute_uri('/'), "${home}/")):
    context['flow_plan'].context['redirect_stage_target'] = next
return not next.startswith('/') or next.startswith('//')
`;

async function createSignUp(): Promise<void> {
  const flow = await create('/flows/instances/', {
    name: SLUG,
    slug: SLUG,
    title: 'Sign-up',
    designation: 'enrollment',
    authentication: 'require_unauthenticated',
  });
  const prompts = ['user-settings-field-username', 'user-settings-field-name', 'user-settings-field-email'];
  const passwords = ['password-change-field-password', 'password-change-field-password-repeat'];
  const fields = await Promise.all([...prompts, ...passwords].map(async (name) => pk('/stages/prompt/prompts/', `default-${name}`)));
  const email = { use_global_settings: false, host: mail.host, port: mail.port, username: 'mailer', password: 'secret' };
  const stages = [
    await create('/stages/prompt/stages/', { name: 'form', fields }),
    await create('/stages/user_write/', { name: 'write', user_creation_mode: 'create_when_required', create_users_as_inactive: true }),
    await create('/stages/email/', { name: 'mail', subject: 'Confirm', activate_user_on_success: true, ...email }),
    await create('/stages/user_login/', { name: 'login' }),
    await create('/stages/redirect/', { name: 'redirect', mode: 'static', target_static: `${market.url}/auth/login` }),
  ];
  let last = '';
  for (const [index, { pk: stage }] of stages.entries()) {
    const binding = { target: flow.pk, stage, order: index * 10, evaluate_on_plan: false, re_evaluate_policies: true };
    last = (await create('/flows/bindings/', binding)).pk;
  }
  const policy = await create('/policies/expression/', { name: 'leads-on', expression: leadsOn(market.url) });
  await create('/policies/bindings/', { target: last, policy: policy.pk, order: 0 });
  const identification = await pk('/stages/identification/', 'default-authentication-identification');
  await client.patch(`/stages/identification/${identification}/`, {
    user_fields: ['username', 'email'],
    enrollment_flow: flow.pk,
  });
}

function visitor(person: { readonly username: string; readonly password: string } = ADA): MarketVisitor {
  return new MarketVisitor({ market: market.url, authentik: authentik.url }, person);
}

async function link(): Promise<string> {
  return /https?:\/\/\S+flow_token=\S+/.exec((await mail.waitForMail(ADA.email, 20_000)).text)?.[0] ?? '';
}

beforeEach(async () => {
  authentik = await startAuthentikSim({ version: '2026.2', adminPassword: ADMIN.password });
  client = new AuthentikClient({ url: authentik.url, token: authentik.token, userAgent: 'test', log: silentLogger });
  mail = await startMailServer({ username: 'mailer', password: 'secret' });
  market = await startMarket();
  application = await createMarketApplication(client, { slug: 'market', redirectURI: market.redirectURI });
  await createSignUp();
});
afterEach(async () => {
  await market.stop();
  await mail.stop();
  client.close();
  await authentik.stop();
  const violations = authentik.schemaViolations;
  if (violations.length > 0) throw new Error(JSON.stringify(violations));
});

function open(afterSignUp: AfterSignUp = 'login'): void {
  market.restart({ ...application.variables, NEXT_PUBLIC_OIDC_SIGNUP_FLOW: SLUG }, afterSignUp);
}

describe('a sign-up from the market', () => {
  it.each<{ afterSignUp: AfterSignUp; browser: 'the same' | 'another'; isIn: boolean }>([
    { afterSignUp: 'login', browser: 'the same', isIn: true },
    { afterSignUp: 'login', browser: 'another', isIn: true },
    { afterSignUp: 'authorize', browser: 'the same', isIn: true },
    // A login ends in the browser that began it: here one more click is needed.
    { afterSignUp: 'authorize', browser: 'another', isIn: false },
  ])('that goes on to $afterSignUp, with the mail opened in $browser browser', async ({ afterSignUp, browser, isIn }) => {
    open(afterSignUp);
    const ada = visitor();
    expect(tell(await ada.signUp())).toBe('ak-stage-email');
    const reader = browser === 'the same' ? ada : ada.elsewhere();
    expect(tell(await reader.openMail(await link()))).toBe(isIn ? `${market.url}/profile (200)` : `${market.url}/auth/login (200)`);
    if (!isIn) await reader.logIn();
    expect(await reader.name()).toBe('Ada Lovelace');
  });

  it('by the link on the login page', async () => {
    open();
    const ada = visitor();
    expect(tell(await ada.signUpFromLogin())).toBe('ak-stage-email');
    expect(tell(await ada.openMail(await link()))).toBe(`${market.url}/profile (200)`);
  });

  it('by itself ends on the login page of the market, where one click is enough', async () => {
    open();
    const ada = visitor();
    expect(tell(await ada.signUpAt(`${authentik.url}/if/flow/${SLUG}/`))).toBe('ak-stage-email');
    expect(tell(await ada.openMail(await link()))).toBe(`${market.url}/auth/login (200)`);
    expect(await ada.name()).toBeUndefined();
    await ada.logIn();
    expect(await ada.name()).toBe('Ada Lovelace');
  });

  it.each(['https://evil.example/', '//evil.example/', ''])('leads nobody astray: next=%s', async (next) => {
    open();
    const ada = visitor();
    await ada.signUpAt(`${authentik.url}/if/flow/${SLUG}/?next=${encodeURIComponent(next)}`);
    expect(tell(await ada.openMail(await link()))).toBe(`${market.url}/auth/login (200)`);
  });

  it('is refused to somebody who is signed in', async () => {
    open();
    const admin = visitor(ADMIN);
    await admin.logIn();
    expect(await admin.name()).toBe('authentik Default Admin');
    expect(tell(await admin.signUp())).toBe('ak-stage-access-denied (Flow does not apply to current user)');
  });
});

describe('a session at the market', () => {
  it('ends with the logout, and begins again with a login', async () => {
    open();
    const admin = visitor(ADMIN);
    await admin.logIn();
    expect(await admin.name()).toBe('authentik Default Admin');
    await admin.logOut();
    expect(await admin.name()).toBeUndefined();
    expect(tell(await admin.browser.open(`${market.url}/api/auth/login`))).toBe('ak-stage-identification');
    expect(tell(await admin.logIn())).toBe(`${market.url}/profile (200)`);
  });

  it('is not made of the answer to somebody else', async () => {
    open();
    const admin = visitor(ADMIN);
    await admin.logIn();
    const other = visitor();
    expect(tell(await other.browser.open(`${market.url}/auth/callback?code=abc&state=xyz`))).toBe(`${market.url}/auth/login (200)`);
    expect(market.failures).toEqual(['this browser began no login']);
  });

  it("doesn't begin where the market wasn't told all, and names what is missing", () => {
    const { OIDC_CLIENT_SECRET: secret, ...variables } = application.variables;
    expect(() => market.restart(variables)).toThrow("the market can't start: OIDC_CLIENT_SECRET missing or wrong");
    expect(secret).toBe(application.clientSecret);
  });
});
