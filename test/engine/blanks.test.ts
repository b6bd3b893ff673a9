/** Blanks around what people write, copy and put into Secrets: Authentik drops them, so they are no difference, and never a write for ever. */
import { startAuthentikSim, type AuthentikSim, type RequestLog } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';

let sim: AuthentikSim;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim);
});

afterEach(async () => {
  await bed.stop();
  await sim.stop();
});

const writes = (): readonly string[] =>
  sim.requests
    .filter(({ method, path }: RequestLog) => method !== 'GET' && !path.endsWith('/cache_clear/'))
    .map(({ method, path }) => `${method} ${path.replace('/api/v3', '')}`);

const NAMED = [
  ['AuthentikStage', 'greeting', { name: 'greeting of mine ', type: 'Deny', deny: { denyMessage: 'Not today.\n' } }],
  [
    'AuthentikPrompt',
    'nickname',
    { name: ' nickname', fieldKey: 'attributes.nickname', label: 'Nickname ', type: 'text', placeholder: '  x' },
  ],
  ['AuthentikPolicy', 'anyone', { name: 'anyone\n', type: 'Expression', expression: { expression: '\n# first\n\nreturn True\n\n' } }],
  [
    'AuthentikFlow',
    'blanks',
    {
      slug: 'blanks',
      name: ' Blanks ',
      title: 'Blanks\n',
      designation: 'stage_configuration',
      stages: [{ order: 0, stageRef: { name: 'greeting' } }],
    },
  ],
] as const;

it('around names and texts are dropped everywhere alike: one create each, nothing after it, nothing after a restart', async () => {
  for (const [kind, name, spec] of NAMED) bed.apply(kind, name, spec);
  for (const [kind, name] of NAMED) await bed.until(kind, name, 'True/Reconciled');
  await bed.quiet();
  expect([...writes()].sort()).toEqual([
    'POST /flows/bindings/',
    'POST /flows/instances/',
    'POST /policies/expression/',
    'POST /stages/deny/',
    'POST /stages/prompt/prompts/',
  ]);
  expect(sim.requests.find(({ path, method }) => method === 'POST' && path.endsWith('/stages/deny/'))?.body).toMatchObject({
    name: 'greeting of mine',
  });

  await bed.stop();
  sim.resetRequests();
  bed = new EngineBed({}, bed);
  for (const [kind, name, spec] of NAMED) bed.apply(kind, name, spec, { seen: 'again' });
  bed.engine.work();
  await bed.quiet();
  for (const [kind, name] of NAMED) expect(bed.ready(kind, name)).toBe('True/Reconciled');
  expect(writes()).toEqual([]);
});

it("that Authentik's own defaults have are no difference: what was copied from there is adopted as it is", async () => {
  const before = sim.snapshot();
  bed.apply('AuthentikPolicy', 'default', {
    name: 'default-password-change-password-policy',
    adoptionPolicy: 'IfMatch',
    type: 'Password',
    password: { passwordField: 'password', lengthMin: 8, symbolCharset: '!\\"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ ' },
  });
  bed.apply('AuthentikPolicy', 'fresh', { type: 'Password', password: { lengthMin: 12, amountSymbols: 1, symbolCharset: '!"# ' } });
  await bed.until('AuthentikPolicy', 'default', 'True/Reconciled');
  await bed.until('AuthentikPolicy', 'fresh', 'True/Reconciled');
  bed.apply(
    'AuthentikPolicy',
    'fresh',
    { type: 'Password', password: { lengthMin: 12, amountSymbols: 1, symbolCharset: '!"# ' } },
    { seen: 'again' },
  );
  await bed.quiet();
  expect(writes()).toEqual(['POST /policies/password/']);
  bed.delete('AuthentikPolicy', 'default');
  bed.delete('AuthentikPolicy', 'fresh');
  await bed.until('AuthentikPolicy', 'default', 'gone');
  await bed.until('AuthentikPolicy', 'fresh', 'gone');
  expect(sim.snapshot()).toEqual(before);
});

it.each([
  {
    reason: 'a blank in front of the password',
    data: { password: ' not-a-secret ' },
    says: 'key "password" of Secret "smtp" begins or ends',
  },
  { reason: 'a password beyond ASCII', data: { password: 'pa$Cs#1"\'\\\u00f6%20{{ x }}' }, says: 'key "password" of Secret "smtp" holds' },
  {
    reason: "a blank in Authentik's own names",
    data: { AUTHENTIK_EMAIL__USERNAME: 'market ' },
    says: 'key "AUTHENTIK_EMAIL__USERNAME" of Secret "smtp" begins',
  },
])('in a Secret that Authentik could not use are refused, by key: $reason', async ({ data, says }) => {
  const smtp = { host: ' mail.example.com', port: ' 587 ', useTls: ' true', from: 'market@example.com' };
  bed.sources.set('Secret', 'market', 'smtp', { ...smtp, ...data });
  bed.apply('AuthentikStage', 'mail', {
    type: 'Email',
    email: { smtpSecretRef: { name: 'smtp' }, subject: 'Please confirm', template: 'email/account_confirmation.html' },
  });
  await bed.until('AuthentikStage', 'mail', 'False/SecretInvalid');
  const told = JSON.stringify(bed.status('AuthentikStage', 'mail')) + bed.events.join('\n');
  expect(bed.condition('AuthentikStage', 'mail', 'Ready')?.message).toContain(says);
  expect(told).not.toMatch(/not-a-secret|pa\$Cs|market \b/);
  expect(writes()).toEqual([]);

  const password = 'pa$Cs#1"\'\\o%20{{ x }}';
  bed.sources.set('Secret', 'market', 'smtp', { ...smtp, username: 'market', password });
  await bed.until('AuthentikStage', 'mail', 'True/Reconciled');
  expect(sim.requests.find(({ method }) => method === 'POST')?.body).toMatchObject({ host: 'mail.example.com', port: 587, password });
  await bed.quiet();
  expect(writes()).toEqual(['POST /stages/email/']);
});
