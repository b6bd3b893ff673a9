/** A flow on what isn't ours: a brand, a login form, a source, a provider. Put there when it is whole, one writer a field, and put back. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';
import { callsOf, isWrite, somebodyElse } from './requests.ts';

const KIND = 'FlowBinding';
const IDENTIFICATION = 'default-authentication-identification';
const DEFAULT_BRAND = { brand: { default: true } };
const LOGIN_FORM = { identificationStageRef: { external: IDENTIFICATION } };

type Row = Record<string, unknown> & { pk?: string };

let sim: AuthentikSim;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim, { driftPollInterval: '1s' });
});

afterEach(async () => {
  const { errors } = bed;
  await bed.stop();
  await sim.stop();
  if (errors.length > 0) throw new Error(`what went wrong inside: ${JSON.stringify(errors)}`);
});

async function first(path: string): Promise<Row> {
  const { results } = (await somebodyElse(sim, 'GET', path)) as { results: Row[] };
  if (results[0] === undefined) throw new Error(`nothing at ${path}`);
  return results[0];
}

const brand = async (): Promise<Row> => first('/core/brands/?domain=authentik-default');
const form = async (): Promise<Row> => first(`/stages/identification/?name=${IDENTIFICATION}`);
const flowKey = async (slug: string): Promise<string> => String((await first(`/flows/instances/?slug=${slug}`)).pk);
const setBrand = async (fields: object): Promise<Row> =>
  somebodyElse(sim, 'PATCH', `/core/brands/${String((await brand())['brand_uuid'])}/`, fields);

/** A flow of ours with a form that anybody can fill in. */
function flow(slug = 'ours', designation = 'recovery', more: object = {}): void {
  bed.apply('AuthentikStage', 'who', { type: 'Identification', identification: { userFields: ['email'] } });
  const stages = [{ order: 10, stageRef: { name: 'who' } }];
  bed.apply('AuthentikFlow', slug, { slug, name: slug, title: slug, designation, stages, ...more });
}

function bind(name: string, at: object, as: string, more: object = {}): void {
  bed.apply(KIND, name, { flowRef: { name: 'ours' }, at, as, ...more });
}

const uuid = (slug = 'ours'): unknown => bed.status('AuthentikFlow', slug)['uuid'];
const messageOf = (kind: string, name: string): string => bed.condition(kind, name, 'Ready')?.message ?? '';
const writes = (): readonly string[] => callsOf(sim).filter(isWrite);

/** A provider of somebody else's, whose secret is nobody's business. */
async function provider(): Promise<Row> {
  const [authorization, invalidation] = [
    await flowKey('default-provider-authorization-implicit-consent'),
    await flowKey('default-provider-invalidation-flow'),
  ];
  return somebodyElse(sim, 'POST', '/providers/oauth2/', {
    name: 'shop',
    authorization_flow: authorization,
    invalidation_flow: invalidation,
    client_secret: 'canary-of-the-provider',
    redirect_uris: [],
  });
}

async function source(): Promise<Row> {
  return somebodyElse(sim, 'POST', '/sources/oauth/', {
    name: 'company',
    slug: 'company',
    provider_type: 'github',
    consumer_key: 'k',
    consumer_secret: 'canary-of-the-source',
  });
}

describe('a brand', () => {
  it('gets a flow once that is Ready, keeps everything else, and has again what it had when the binding goes', async () => {
    const [before, was] = [sim.snapshot(), await brand()];
    bind('recovery', DEFAULT_BRAND, 'flowRecovery');
    await bed.until(KIND, 'recovery', 'False/ReferenceNotFound');
    expect(await brand()).toEqual(was);
    flow();
    await bed.until(KIND, 'recovery', 'True/Reconciled');
    expect(await brand()).toEqual({ ...was, flow_recovery: uuid() });
    expect(sim.requests.filter(({ method, path }) => method === 'PATCH' && path.includes('/core/brands/')).map(({ body }) => body)).toEqual(
      [{ flow_recovery: uuid() }],
    );
    expect(bed.condition(KIND, 'recovery', 'Verified')).toMatchObject({ status: 'True', message: 'whoever comes by this brand gets ours' });
    expect(bed.status(KIND, 'recovery')).toMatchObject({ previousValue: '', publishedFlow: uuid(), flowSlug: 'ours', target: 'default' });
    // The flow goes after what leads to it.
    bed.delete('AuthentikFlow', 'ours');
    await bed.until('AuthentikFlow', 'ours', 'False/WaitingForDependents');
    bed.delete(KIND, 'recovery');
    bed.delete('AuthentikStage', 'who');
    await bed.until('AuthentikFlow', 'ours', 'gone');
    await bed.until('AuthentikStage', 'who', 'gone');
    expect(sim.snapshot()).toEqual(before);
  });

  it.each([
    { as: 'flowAuthentication', field: 'flow_authentication' },
    { as: 'flowInvalidation', field: 'flow_invalidation' },
    { as: 'flowRecovery', field: 'flow_recovery' },
    { as: 'flowUnenrollment', field: 'flow_unenrollment' },
    { as: 'flowUserSettings', field: 'flow_user_settings' },
    { as: 'flowDeviceCode', field: 'flow_device_code' },
  ])('takes $as, named by its domain, and gives back what was there', async ({ as, field }) => {
    const was = await brand();
    flow();
    bind('binding', { brand: { domain: 'authentik-default' } }, as);
    await bed.until(KIND, 'binding', 'True/Reconciled');
    expect(await brand()).toEqual({ ...was, [field]: uuid() });
    bed.delete(KIND, 'binding');
    await bed.until(KIND, 'binding', 'gone');
    expect(await brand()).toEqual(was);
  });

  it('is not touched again when nothing changed, and by one write when the flow is another', async () => {
    flow();
    flow('other');
    bind('recovery', DEFAULT_BRAND, 'flowRecovery');
    await bed.until(KIND, 'recovery', 'True/Reconciled');
    await bed.until('AuthentikFlow', 'other', 'True/Reconciled');
    await bed.quiet();
    sim.resetRequests();
    bind('recovery', DEFAULT_BRAND, 'flowRecovery', { flowRef: { name: 'other' } });
    await bed.until(KIND, 'recovery', 'True/Reconciled');
    expect(writes()).toEqual([expect.stringMatching(/^PATCH \/core\/brands\//)]);
    expect(await brand()).toMatchObject({ flow_recovery: uuid('other') });
    bed.delete(KIND, 'recovery');
    await bed.until(KIND, 'recovery', 'gone');
    expect(await brand()).toMatchObject({ flow_recovery: null });
  });

  it('is put right when somebody changes the field, and kept as somebody else left it when the binding goes', async () => {
    flow();
    bind('settings', DEFAULT_BRAND, 'flowUserSettings');
    await bed.until(KIND, 'settings', 'True/Reconciled');
    const theirs = await flowKey('default-password-change');
    await setBrand({ flow_user_settings: theirs });
    await bed.eventually('it is ours again', async () => (await brand())['flow_user_settings'] === uuid());
    bed.apply(KIND, 'settings', bed.get(KIND, 'settings')?.spec as object, { 'authentik.oceanenterprise.io/paused': 'true' });
    await setBrand({ flow_user_settings: theirs });
    bed.apply(KIND, 'settings', bed.get(KIND, 'settings')?.spec as object, { 'authentik.oceanenterprise.io/paused': 'true' });
    await bed.until(KIND, 'settings', 'Unknown/Paused');
    bed.delete(KIND, 'settings');
    bed.apply(KIND, 'settings', bed.get(KIND, 'settings')?.spec as object, {});
    await bed.until(KIND, 'settings', 'gone');
    expect(await brand()).toMatchObject({ flow_user_settings: theirs });
  });

  it('has one writer a field, however it is named, and several for several fields', async () => {
    const was = await brand();
    flow();
    bind('first', DEFAULT_BRAND, 'flowRecovery');
    await bed.until(KIND, 'first', 'True/Reconciled');
    bind('second', { brand: { domain: 'authentik-default' } }, 'flowRecovery');
    await bed.until(KIND, 'second', 'False/Conflict');
    bind('settings', DEFAULT_BRAND, 'flowUserSettings');
    await bed.until(KIND, 'settings', 'True/Reconciled');
    bed.delete(KIND, 'settings');
    await bed.until(KIND, 'settings', 'gone');
    expect(await brand()).toEqual({ ...was, flow_recovery: uuid() });
    bed.delete(KIND, 'second');
    await bed.until(KIND, 'second', 'gone');
    expect(await brand()).toEqual({ ...was, flow_recovery: uuid() });
  });

  it.each([
    { reason: 'ends before anybody could log in', more: { stages: [] }, says: 'ends before anybody could log in' },
    {
      reason: 'turns everybody away',
      more: { authentication: 'require_superuser' },
      says: 'nobody could log in',
    },
  ])('does not get a login flow that $reason', async ({ more, says }) => {
    const was = await brand();
    flow('ours', 'authentication', more);
    bind('login', DEFAULT_BRAND, 'flowAuthentication');
    await bed.until(KIND, 'login', 'False/VerificationFailed');
    expect(messageOf(KIND, 'login')).toContain(says);
    expect(await brand()).toEqual(was);
    flow('ours', 'authentication', { authentication: 'none' });
    await bed.until(KIND, 'login', 'True/Reconciled');
    expect(await brand()).toMatchObject({ flow_authentication: uuid() });
  });

  it('of another address is not judged by this one', async () => {
    await somebodyElse(sim, 'POST', '/core/brands/', { domain: 'market.example.com' });
    flow();
    bind('recovery', { brand: { domain: 'market.example.com' } }, 'flowRecovery');
    await bed.until(KIND, 'recovery', 'True/Reconciled');
    expect(bed.condition(KIND, 'recovery', 'Verified')).toMatchObject({ status: 'Unknown', reason: 'NotApplicable' });
    expect(await first('/core/brands/?domain=market.example.com')).toMatchObject({ flow_recovery: uuid() });
    expect(await brand()).toMatchObject({ flow_recovery: null });
  });

  it('that is not there is waited for', async () => {
    flow();
    bind('recovery', { brand: { domain: 'later.example.com' } }, 'flowRecovery');
    await bed.until(KIND, 'recovery', 'False/ReferenceNotFound');
    expect(messageOf(KIND, 'recovery')).toContain('no brand with domain "later.example.com"');
    await somebodyElse(sim, 'POST', '/core/brands/', { domain: 'later.example.com' });
    await bed.until(KIND, 'recovery', 'True/Reconciled');
  });

  it('has no such flow on this version', async () => {
    flow();
    bind('lockdown', DEFAULT_BRAND, 'flowLockdown');
    await bed.until(KIND, 'lockdown', 'False/UnsupportedVersion');
    expect(messageOf(KIND, 'lockdown')).toContain('flowLockdown needs Authentik 2026.5');
  });

  it('keeps a flow that it uses from being deleted, whoever has put it there', async () => {
    flow();
    await bed.until('AuthentikFlow', 'ours', 'True/Reconciled');
    await setBrand({ flow_recovery: uuid() });
    bed.delete('AuthentikFlow', 'ours');
    await bed.until('AuthentikFlow', 'ours', 'False/DeletionBlocked');
    expect(messageOf('AuthentikFlow', 'ours')).toContain('a default flow of brand "Default brand"');
    expect(await brand()).toMatchObject({ flow_recovery: await flowKey('ours') });
    await setBrand({ flow_recovery: null });
    await bed.until('AuthentikFlow', 'ours', 'gone');
  });

  it('takes no more rights than are asked for', async () => {
    bed.connect({ url: sim.url, token: sim.createToken([]) });
    flow();
    bind('recovery', DEFAULT_BRAND, 'flowRecovery');
    const missing = (): readonly string[] => (bed.status('AuthentikConnection', 'default')['missingPermissions'] ?? []) as string[];
    await bed.eventually('all is asked for', () => missing().includes('authentik_brands.change_brand'));
    bed.connect({ url: sim.url, token: sim.createToken([...missing()]) });
    await bed.until(KIND, 'recovery', 'True/Reconciled');
    for (const [kind, name] of [
      [KIND, 'recovery'],
      ['AuthentikFlow', 'ours'],
      ['AuthentikStage', 'who'],
    ] as const)
      bed.delete(kind, name);
    await bed.until('AuthentikStage', 'who', 'gone');
    expect(await brand()).toMatchObject({ flow_recovery: null });
  });
});

describe('a login form', () => {
  it.each([
    { as: 'recoveryFlow', field: 'recovery_flow' },
    { as: 'passwordlessFlow', field: 'passwordless_flow' },
    { as: 'enrollmentFlow', field: 'enrollment_flow' },
  ])('shows visitors the link of $as, and no more when it is taken back', async ({ as, field }) => {
    const was = await form();
    flow();
    bind('link', LOGIN_FORM, as);
    await bed.until(KIND, 'link', 'True/Reconciled');
    expect(bed.condition(KIND, 'link', 'Verified')).toMatchObject({
      status: 'True',
      message: 'an anonymous visitor of default-authentication-flow sees the link',
    });
    expect(await form()).toEqual({ ...was, [field]: uuid() });
    bed.delete(KIND, 'link');
    await bed.until(KIND, 'link', 'gone');
    expect(await form()).toEqual(was);
  });

  it('of ours can have a link that others declare', async () => {
    flow();
    bed.apply('AuthentikStage', 'form', { type: 'Identification', identification: { userFields: ['username'] } });
    const stages = [{ order: 0, stageRef: { name: 'form' } }];
    bed.apply('AuthentikFlow', 'login', { slug: 'login', name: 'l', title: 'l', designation: 'authentication', stages });
    bind('link', { identificationStageRef: { name: 'form' } }, 'recoveryFlow');
    await bed.until(KIND, 'link', 'True/Reconciled');
    bed.apply('AuthentikStage', 'form', { type: 'Identification', identification: { userFields: ['email'] } });
    await bed.until('AuthentikStage', 'form', 'True/Reconciled');
    expect(await first('/stages/identification/?name=form')).toMatchObject({ user_fields: ['email'], recovery_flow: uuid() });
    // Two would write it.
    bed.apply('AuthentikStage', 'form', {
      type: 'Identification',
      identification: { userFields: ['email'], recoveryFlow: { none: true } },
    });
    await bed.until(KIND, 'link', 'False/Conflict');
    expect(messageOf(KIND, 'link')).toContain('AuthentikStage market/form declares recoveryFlow itself');
  });

  it('has one sign-up link, whichever kind publishes it', async () => {
    flow('ours', 'enrollment');
    bind('link', LOGIN_FORM, 'enrollmentFlow');
    await bed.until(KIND, 'link', 'True/Reconciled');
    bed.apply('EnrollmentBinding', 'join', { flowRef: { name: 'ours' }, ...LOGIN_FORM, verify: 'Skip' });
    await bed.until('EnrollmentBinding', 'join', 'False/Conflict');
    expect(messageOf('EnrollmentBinding', 'join')).toContain('FlowBinding market/link already publishes a flow there');
  });

  it('that no login flow shows makes the link nobody’s', async () => {
    await somebodyElse(sim, 'POST', '/stages/identification/', { name: 'alone', user_fields: ['email'] });
    flow();
    bind('link', { identificationStageRef: { external: 'alone' } }, 'recoveryFlow');
    await bed.until(KIND, 'link', 'False/VerificationFailed');
    expect(messageOf(KIND, 'link')).toContain('no flow uses the identification stage "alone"');
    bind('link', { identificationStageRef: { external: 'alone' } }, 'recoveryFlow', { verify: 'Skip' });
    await bed.until(KIND, 'link', 'True/Reconciled');
  });
});

describe('sources and providers', () => {
  it.each([
    { as: 'authenticationFlow', field: 'authentication_flow' },
    { as: 'enrollmentFlow', field: 'enrollment_flow' },
  ])('a source takes $as', async ({ as, field }) => {
    const was = await source();
    flow();
    bind('binding', { sourceRef: { external: 'company' } }, as);
    await bed.until(KIND, 'binding', 'True/Reconciled');
    expect(await first('/sources/oauth/?slug=company')).toMatchObject({ [field]: uuid() });
    bed.delete(KIND, 'binding');
    await bed.until(KIND, 'binding', 'gone');
    expect((await first('/sources/oauth/?slug=company'))[field]).toBe(was[field]);
  });

  it.each([
    { as: 'authenticationFlow', field: 'authentication_flow' },
    { as: 'authorizationFlow', field: 'authorization_flow' },
    { as: 'invalidationFlow', field: 'invalidation_flow' },
  ])('a provider takes $as, and its secret shows nowhere', async ({ as, field }) => {
    const was = await provider();
    flow();
    bind('binding', { providerRef: { external: 'shop' } }, as);
    await bed.until(KIND, 'binding', 'True/Reconciled');
    expect(await first('/providers/oauth2/')).toMatchObject({ [field]: uuid(), client_secret: 'canary-of-the-provider' });
    expect(JSON.stringify([bed.get(KIND, 'binding'), bed.events])).not.toContain('canary');
    bed.delete(KIND, 'binding');
    await bed.until(KIND, 'binding', 'gone');
    expect((await first('/providers/oauth2/'))[field]).toBe(was[field]);
  });
});
