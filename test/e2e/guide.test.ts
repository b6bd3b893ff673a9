import { FlowExecutor } from '../../src/authentik/flow-executor.ts';
import { EnrollmentWalk, type EnrollmentSite } from '../visitor/enrollment-walk.ts';
import type { Challenge } from '../../src/authentik/challenge.ts';
import { differences, type AuthentikState } from './environment/authentik-state.ts';
import { resolveMailTarget, type MailTarget } from './environment/mail-target.ts';
import { isReady } from './support/conditions.ts';
import { MARKET_URL, marketGuide, objectsIn, type MarketGuide } from './support/market-chart.ts';
import { confirmationLink, isSignedIn, newPerson, withBrowser, type NewPerson } from './support/people.ts';
import { useScenario } from './support/scenario.ts';

const LOGIN_FLOW = 'default-authentication-flow';
const IDENTIFICATION = 'default-authentication-identification';

const scenario = useScenario({ connection: false });

let mail: MailTarget;
let guide: MarketGuide;
let before: AuthentikState;
let walk: EnrollmentWalk;
let person: NewPerson;
let link: string;

beforeAll(async () => {
  mail = await resolveMailTarget();
  guide = await marketGuide(scenario(), mail);
  before = await scenario().target.snapshot();
  walk = new EnrollmentWalk(site());
  person = newPerson(scenario());
});

afterAll(async () => mail.stop());

function site(): EnrollmentSite {
  return { url: scenario().target.url, enrollmentSlug: guide.slug, loginSlug: LOGIN_FLOW };
}

/** Opens the sign-up form as one visitor, sends it, and answers what comes back. */
async function send(answers: Readonly<Record<string, unknown>>): Promise<Challenge> {
  const visitor = new FlowExecutor({ url: scenario().target.url });
  try {
    const form = await visitor.open(guide.slug);
    expect(form.component).toBe('ak-stage-prompt');
    return await visitor.answer({ component: form.component, ...answers });
  } finally {
    visitor.close();
  }
}

/** On a server that other test files use at the same time, what they made comes and goes. */
function isOfOthers(name: string): boolean {
  return name.includes('e2e-') && !name.includes(guide.slug);
}

/** The tests are the steps of the guide: each begins where the one before it ended. */
describe('the guide', () => {
  it('is applied with kubectl, and everything gets Ready', async () => {
    const { controlPlane, namespace } = scenario();
    const input = guide.manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n');
    await controlPlane.kubectl(['apply', '--filename=-'], { namespace, input });
    for (const [kind, name] of objectsIn(guide.manifests)) await scenario().ready(kind, name);
    // What the user's own tool says.
    const { stdout } = await controlPlane.kubectl(['wait', '--for=condition=Ready', '--timeout=10s', 'authentikflow', '--all'], {
      namespace,
    });
    expect(stdout).toContain('condition met');
  });

  it('shows in kubectl get what there is', async () => {
    const { controlPlane, namespace } = scenario();
    const { stdout } = await controlPlane.kubectl(['get', 'authentikflow', guide.slug], { namespace });
    const [header = '', row = ''] = stdout.split('\n').map((line) => line.replaceAll(/\s+/g, ' '));
    expect(header).toBe('NAME SLUG DESIGNATION STAGES READY REASON AGE');
    expect(row).toMatch(new RegExp(`^${guide.slug} ${guide.slug} enrollment 5 True Reconciled `));
    // All kinds at once, by their category.
    const { stdout: all } = await controlPlane.kubectl(['get', 'authentik', '--output=name'], { namespace });
    expect(all.trim().split('\n')).toHaveLength(objectsIn(guide.manifests).length);
  });

  it('links the login page to sign-up, verified as a visitor', async () => {
    const binding = await scenario().ready('EnrollmentBinding', guide.slug);
    expect(binding.status).toMatchObject({
      signUpURL: `${scenario().target.url}/if/flow/${guide.slug}/`,
      loginFlowSlug: LOGIN_FLOW,
      flowSlug: guide.slug,
      target: IDENTIFICATION,
    });
    expect(binding.status?.conditions).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'Published', status: 'True' }),
        expect.objectContaining({ type: 'Verified', status: 'True' }),
      ]),
    );
    const visitor = new FlowExecutor({ url: scenario().target.url });
    try {
      const login = await visitor.open(LOGIN_FLOW);
      expect(login.raw['enroll_url']).toMatch(new RegExp(`/if/flow/${guide.slug}/$`));
      expect(login.raw['user_fields']).toEqual(['username', 'email']);
      expect(login.raw['password_fields']).toBe(true);
    } finally {
      visitor.close();
    }
  });

  it('tells the market where sign-up is', async () => {
    const { api, namespace } = scenario();
    const configMap = await api.read('ConfigMap', namespace, 'market-sign-up');
    expect(configMap?.['data']).toEqual({
      NEXT_PUBLIC_OIDC_SIGNUP_FLOW: guide.slug,
      AUTHENTIK_SIGN_UP_URL: `${scenario().target.url}/if/flow/${guide.slug}/`,
    });
  });

  interface Refusal {
    readonly reason: string;
    /** What is filled in otherwise. */
    readonly wrong: () => Readonly<Record<string, unknown>>;
    readonly field: string;
  }
  const refusals: readonly Refusal[] = [
    { reason: 'no e-mail address', wrong: () => ({ email: 'ada' }), field: 'email' },
    { reason: 'no username at all', wrong: () => ({ username: '' }), field: 'username' },
    { reason: 'a username that is taken', wrong: () => ({ username: 'akadmin' }), field: 'username' },
    { reason: 'two passwords that differ', wrong: () => ({ password_repeat: 'another' }), field: 'non_field_errors' },
    { reason: 'a password of one letter', wrong: () => ({ password: 'x', password_repeat: 'x' }), field: 'non_field_errors' },
  ];

  it.each(refusals)('refuses a form with $reason', async ({ wrong, field }) => {
    const challenge = await send({
      username: person.username,
      name: person['name'],
      email: person.email,
      password: person.password,
      password_repeat: person.password,
      ...wrong(),
    });
    expect(challenge.component).toBe('ak-stage-prompt');
    expect(challenge.responseErrors.map((error) => error.field)).toContain(field);
  });

  it('signs a person up, who then waits for a mail', async () => {
    await expect(walk.signUp(person)).resolves.toMatchObject({ component: 'ak-stage-email' });
  });

  it('sends the mail through the server of the Secret, with a link to confirm', async () => {
    link = await confirmationLink(mail, person.email);
    expect(link).toContain(`/if/flow/${guide.slug}/`);
  });

  it("doesn't let anybody in whose address is not confirmed", async () => {
    await expect(walk.login(person.username, person.password)).rejects.toThrow(/Login stopped at/);
  });

  it("confirms the address by the mail's link, logs the person in, and sends who came by themselves on to the market", async () => {
    await withBrowser(scenario().target, async (browser) => {
      expect(await isSignedIn(browser)).toBe(false);
      const end = await new EnrollmentWalk({ ...site(), browser }).confirm(link);
      expect(end).toMatchObject({ component: 'xak-flow-redirect', raw: { to: `${MARKET_URL}/auth/login` } });
      expect(await isSignedIn(browser)).toBe(true);
    });
  });

  it('logs in whom the market sent, and leads them back to where it wanted them', async () => {
    const sent = newPerson(scenario());
    const next = '/application/o/authorize/?client_id=the-market';
    await walk.signUp(sent, new URLSearchParams({ next }).toString());
    // Opened wherever mails are read: another browser knows nothing of the first.
    await withBrowser(scenario().target, async (browser) => {
      const end = await new EnrollmentWalk({ ...site(), browser }).confirm(await confirmationLink(mail, sent.email));
      expect(end).toMatchObject({ component: 'xak-flow-redirect', raw: { to: next } });
      expect(await isSignedIn(browser)).toBe(true);
    });
  });

  const ways: readonly { readonly by: string; readonly uid: () => string }[] = [
    { by: 'username', uid: () => person.username },
    { by: 'e-mail address', uid: () => person.email },
  ];

  it.each(ways)('logs the person in by $by', async ({ uid }) => {
    await expect(walk.login(uid(), person.password)).resolves.toMatchObject({ component: 'xak-flow-redirect' });
  });

  it('refuses a wrong password', async () => {
    await expect(walk.login(person.username, 'not-the-password')).rejects.toThrow(/Login stopped at/);
  });

  it('stayed Ready from the first moment on, with nothing but good news in its events', async () => {
    for (const [kind, name] of objectsIn(guide.manifests)) {
      const versions = scenario().history.versions(kind, scenario().namespace, name);
      const first = versions.findIndex(isReady);
      expect({ kind, name, later: versions.slice(first).filter((version) => !isReady(version)).length }).toEqual({ kind, name, later: 0 });
    }
    const events = await scenario().events();
    expect(events.filter(({ type }) => type !== 'Normal')).toEqual([]);
  });

  it('is deleted with kubectl, and leaves Authentik as it was', async () => {
    const { controlPlane, namespace, target, history } = scenario();
    await controlPlane.kubectl(['delete', 'authentik', '--all'], { namespace });
    await history.until(() => history.present().length === 0, 'every object is gone');
    expect(differences(before, await target.snapshot()).filter(({ name }) => !isOfOthers(name))).toEqual([]);
    await expect(target.client.list('/flows/instances/', { slug: guide.slug })).resolves.toEqual([]);
  });
});
