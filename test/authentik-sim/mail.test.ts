/** Confirmation mails over real SMTP: the stage's own credentials, the server's settings, and what happens when they are wrong. */
import { jest } from '@jest/globals';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MailServer, startMailServer } from '../mail-server/mail-server.ts';
import { asText, type JsonObject } from './json.ts';
import { type AuthentikSim, startAuthentikSim } from './sim.ts';
import { apiCaller, browser, type Call } from './test-client.ts';

// Two cores shared with a cluster's tests can be slow.
jest.setTimeout(120_000);

let sim: AuthentikSim;
let mail: MailServer;
let dropFile: string;
let call: Call;
const TO = 'walker@example.com';

beforeEach(async () => {
  dropFile = join(await mkdtemp(join(tmpdir(), 'mails-')), 'mails.jsonl');
  mail = await startMailServer({ username: 'market', password: 'secret', dropFile });
  sim = await startAuthentikSim({
    version: '2026.2',
    smtp: {
      globalHost: mail.host,
      globalPort: mail.port,
      globalUsername: 'market',
      globalPassword: 'secret',
      globalFrom: 'authentik@example.com',
    },
  });
  call = apiCaller(sim.url, sim.token);
});
afterEach(async () => {
  await sim.stop();
  await mail.stop();
  if (sim.schemaViolations.length > 0) throw new Error(JSON.stringify(sim.schemaViolations));
});

/** The sign-up of the guide, with these settings of its email stage. Gives the pk of that stage. */
async function buildSignUp(email: JsonObject): Promise<string> {
  const prompts = ['default-user-settings-field-username', 'default-user-settings-field-email', 'default-password-change-field-password'];
  const fields = await Promise.all(
    prompts.map(async (name) => (await call('GET', `/stages/prompt/prompts/?name=${name}`)).first.pk ?? null),
  );
  const target = (await call('POST', '/flows/instances/', { name: 's', slug: 's', title: 'S', designation: 'enrollment' })).body.pk ?? null;
  const stages = [
    await call('POST', '/stages/prompt/stages/', { name: 's-prompt', fields }),
    await call('POST', '/stages/user_write/', { name: 's-write', create_users_as_inactive: true }),
    await call('POST', '/stages/email/', {
      name: 's-email',
      subject: 'Please confirm',
      template: 'email/account_confirmation.html',
      activate_user_on_success: true,
      from_address: 'no-reply@example.com',
      ...email,
    }),
    await call('POST', '/stages/user_login/', { name: 's-login' }),
  ];
  for (const [order, { body }] of stages.entries()) await call('POST', '/flows/bindings/', { target, stage: body.pk ?? null, order });
  return asText(stages[2]?.body.pk);
}

async function signUp(): Promise<JsonObject> {
  const visitor = browser(sim.url);
  await visitor.open('s');
  return visitor.answer('s', { component: 'ak-stage-prompt', username: 'walker', email: TO, password: 'Correct-horse-1' });
}

const own = (): JsonObject => ({ host: mail.host, port: mail.port, username: 'market', password: 'secret' });

it.each([
  { reason: "the stage's own settings", settings: own, from: 'no-reply@example.com' },
  { reason: "the server's settings", settings: () => ({ use_global_settings: true }), from: 'authentik@example.com' },
])('sends a link that confirms the address once, with $reason', async ({ settings, from }) => {
  await buildSignUp(settings());
  expect(await signUp()).toMatchObject({ component: 'ak-stage-email' });
  const sent = await mail.waitForMail(TO, 5000);
  expect(sent).toMatchObject({ from, to: TO, subject: 'Please confirm' });
  expect(mail.logins).toMatchObject([{ username: 'market', accepted: true }]);
  expect(
    (await readFile(dropFile, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([{ to: TO, text: sent.text }]);

  const link = new URL(/http:\S+/.exec(sent.text)?.[0] ?? '');
  expect(link.origin).toBe(sim.url);
  expect(link.pathname).toBe('/if/flow/s/');
  const query = link.search.slice(1);
  const reader = browser(sim.url);
  const consent = await reader.open('s', query);
  expect(consent).toMatchObject({ component: 'ak-stage-consent', pending_user: 'walker' });
  expect(sim.users().at(-1)).toMatchObject({ username: 'walker', is_active: false });
  expect(await reader.answer('s', { component: 'ak-stage-consent', token: consent.token ?? '' }, query)).toEqual({
    component: 'xak-flow-redirect',
    to: '/',
  });
  expect(sim.users().at(-1)).toMatchObject({ username: 'walker', is_active: true });
  expect(await browser(sim.url).open('s', query)).toMatchObject({ component: 'ak-stage-prompt' });
});

it('keeps a refused login to itself, and sends after the stage got the right password', async () => {
  const stage = await buildSignUp(own());
  mail.setCredentials('market', 'rotated');
  expect(await signUp()).toMatchObject({ component: 'ak-stage-email' });
  await sim.mailsSettled();
  expect(mail.mails).toEqual([]);
  expect(sim.mailFailures).toMatchObject([{ to: TO, stage: 's-email', message: expect.stringContaining('535') as string }]);
  await call('PATCH', `/stages/email/${stage}/`, { name: 's-email', password: 'rotated' });
  await call('DELETE', `/core/users/${asText((await call('GET', '/core/users/?username=walker')).first.pk)}/`);
  await signUp();
  expect((await mail.waitForMail(TO, 5000)).to).toBe(TO);
});

it('drops a login without password, as the server does when one of the two is missing, and the mail server refuses it', async () => {
  await buildSignUp({ ...own(), password: '' });
  await signUp();
  await sim.mailsSettled();
  await expect(mail.waitForMail(TO, 1)).rejects.toThrow(`no mail to ${TO}`);
  expect(mail.logins).toEqual([]);
  expect(sim.mailFailures).toHaveLength(1);
});
