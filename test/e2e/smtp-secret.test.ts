import type { RequestLog } from '../authentik-sim/sim.ts';
import { conditionOf, isReconciling } from './support/conditions.ts';
import { secret, stage } from './support/manifests.ts';
import { describeOnStandIn } from './support/only-stand-in.ts';
import { useScenario, type Scenario } from './support/scenario.ts';

const EMAIL_STAGES = '/stages/email/';
const GOOD = {
  host: 'smtp.example.com',
  port: '587',
  username: 'mailer',
  password: 'opal-Fjord-73',
  useTls: 'true',
  from: 'market@example.com',
};
const WANTED = {
  use_global_settings: false,
  host: 'smtp.example.com',
  port: 587,
  username: 'mailer',
  use_tls: true,
  from_address: 'market@example.com',
};

/** Holds every place that the operator writes to free of values that must never be seen outside of the Secret and Authentik. */
async function expectUnseen(scenario: Scenario, values: readonly string[]): Promise<void> {
  const said = await scenario.said();
  expect(said.log).toContain('"level":"debug"');
  expect(said.metrics).toContain('afo_authentik_requests_total{');
  for (const value of values) {
    for (const form of [value, Buffer.from(value).toString('base64'), encodeURIComponent(value)]) {
      const places = Object.entries(said).filter(([, text]) => text.includes(form));
      expect({ value, places: places.map(([place]) => place) }).toEqual({ value, places: [] });
    }
  }
}

function emailStage(name: string, smtp: string, fields: Readonly<Record<string, unknown>> = {}): ReturnType<typeof stage> {
  return stage(name, 'Email', { smtpSecretRef: { name: smtp }, subject: 'Account Confirmation', ...fields });
}

describe('SMTP settings from a Secret', () => {
  const scenario = useScenario();

  it.each([
    { title: 'is missing', data: undefined, says: 'SecretNotFound', naming: /there is no Secret "e2e-smtp-/ },
    { title: 'has no host', data: { ...GOOD, host: '' }, says: 'SecretKeyMissing', naming: /no key "host"/ },
    {
      title: 'holds a port that is no number',
      data: { ...GOOD, port: 'submission' },
      says: 'SecretInvalid',
      naming: /key "port" .* must be a port, 1 to 65535/,
    },
    {
      title: 'holds a port that is none',
      data: { ...GOOD, port: '70000' },
      says: 'SecretInvalid',
      naming: /key "port" .* must be a port, 1 to 65535/,
    },
    { title: 'wants STARTTLS and TLS', data: { ...GOOD, useSsl: 'yes' }, says: 'SecretInvalid', naming: /both useTls and useSsl/ },
    {
      title: 'has a sender with a name',
      data: { ...GOOD, from: 'Market <market@example.com>' },
      says: 'SecretInvalid',
      naming: /key "from" .* bare address/,
    },
  ])('that $title are named, and the stage is not created half', async ({ title, data, says, naming }) => {
    const own = title.replaceAll(' ', '-').toLowerCase();
    const [name, smtp] = [scenario().name(`mail-${own}`), scenario().name(`smtp-${own}`)];
    if (data !== undefined) await scenario().apply(secret(smtp, data));
    await scenario().apply(emailStage(name, smtp));
    const waiting = await scenario().judged('AuthentikStage', name, `Ready=False/${says}`);
    expect(isReconciling(waiting)).toBe(true);
    expect(conditionOf(waiting, 'SecretsResolved')).toMatchObject({ status: 'False', reason: says });
    expect(conditionOf(waiting, 'Ready')?.message).toMatch(naming);
    expect(await scenario().authentik.find(EMAIL_STAGES, name)).toBeUndefined();
    // No hand but that on the Secret is needed.
    await scenario().apply(secret(smtp, { ...GOOD, useSsl: 'false' }));
    await scenario().ready('AuthentikStage', name);
    expect(await scenario().authentik.get(EMAIL_STAGES, name)).toMatchObject(WANTED);
  });

  it("are taken under the names that Authentik's own chart writes", async () => {
    const [name, smtp] = [scenario().name('chart-mail'), scenario().name('chart-smtp')];
    const chart = {
      AUTHENTIK_EMAIL__HOST: GOOD.host,
      AUTHENTIK_EMAIL__PORT: '587',
      AUTHENTIK_EMAIL__USERNAME: 'mailer',
      AUTHENTIK_EMAIL__PASSWORD: 'copper-Lynx-55',
      AUTHENTIK_EMAIL__USE_TLS: 'true',
      AUTHENTIK_EMAIL__USE_SSL: 'false',
      AUTHENTIK_EMAIL__TIMEOUT: '15',
      AUTHENTIK_EMAIL__FROM: GOOD.from,
    };
    await scenario().apply(secret(smtp, chart), emailStage(name, smtp));
    await scenario().ready('AuthentikStage', name);
    expect(await scenario().authentik.get(EMAIL_STAGES, name)).toMatchObject({ ...WANTED, use_ssl: false, timeout: 15 });
  });

  it('give way to fields that the stage gives itself', async () => {
    const [name, smtp] = [scenario().name('explicit-mail'), scenario().name('explicit-smtp')];
    await scenario().apply(secret(smtp, GOOD), emailStage(name, smtp, { host: 'relay.example.com', fromAddress: 'sign-up@example.com' }));
    await scenario().ready('AuthentikStage', name);
    expect(await scenario().authentik.get(EMAIL_STAGES, name)).toMatchObject({
      ...WANTED,
      host: 'relay.example.com',
      from_address: 'sign-up@example.com',
    });
  });

  it('reach Authentik again as soon as the Secret changes', async () => {
    const [name, smtp] = [scenario().name('rotated-mail'), scenario().name('rotated-smtp')];
    await scenario().apply(secret(smtp, GOOD), emailStage(name, smtp));
    const before = await scenario().ready('AuthentikStage', name);
    await scenario().apply(secret(smtp, { ...GOOD, username: 'mailer-2', password: 'basalt-Heron-19' }));
    const after = await scenario().until(
      'AuthentikStage',
      name,
      (object) => JSON.stringify(object.status?.['secrets']) !== JSON.stringify(before.status?.['secrets']),
      'has other secrets on record',
    );
    expect(conditionOf(after, 'Ready')?.status).toBe('True');
    expect(await scenario().authentik.get(EMAIL_STAGES, name)).toMatchObject({ ...WANTED, username: 'mailer-2' });
    const event = await scenario().event(`AuthentikStage/${name}`, 'SecretRotated');
    expect(event.type).toBe('Normal');
  });

  // The last: it looks at everything that was said before.
  it('are seen nowhere else', async () => {
    await scenario().stopOperator();
    await expectUnseen(scenario(), [GOOD.password, 'basalt-Heron-19', 'copper-Lynx-55', scenario().target.token]);
  });
});

describeOnStandIn('an SMTP password', 'it looks at the requests that arrive', () => {
  const scenario = useScenario({ connection: { driftPollInterval: '0s' } });

  const writesOf = (stageName: string): readonly RequestLog[] =>
    (scenario().target.sim?.requests ?? []).filter(
      (request) =>
        request.method !== 'GET' && request.path.includes(EMAIL_STAGES) && (request.body as { name?: string }).name === stageName,
    );
  const passwordOf = ({ body }: RequestLog): unknown => (body as { password?: string }).password;

  it('is sent once when it is new, once when it changes, and never besides', async () => {
    const [name, smtp] = [scenario().name('mail'), scenario().name('smtp')];
    await scenario().apply(secret(smtp, GOOD), emailStage(name, smtp));
    const first = await scenario().ready('AuthentikStage', name);
    const hash = JSON.stringify(first.status?.['secrets']);

    await scenario().apply(secret(smtp, { ...GOOD, password: 'basalt-Heron-19' }));
    await scenario().until(
      'AuthentikStage',
      name,
      (object) => JSON.stringify(object.status?.['secrets']) !== hash,
      'has another password on record',
    );
    expect(writesOf(name).map(passwordOf)).toEqual([GOOD.password, 'basalt-Heron-19']);

    // Another field of the stage goes without the password; Authentik keeps what it has.
    await scenario().apply(emailStage(name, smtp, { subject: 'Please confirm' }));
    await scenario().ready('AuthentikStage', name);
    expect(writesOf(name).map(passwordOf)).toEqual([GOOD.password, 'basalt-Heron-19', undefined]);

    // A touched Secret with the same values is a new version, and no news.
    const version = JSON.stringify(scenario().see('AuthentikStage', name).status?.['secrets']);
    await scenario().api.patch('Secret', scenario().namespace, smtp, { metadata: { annotations: { touched: 'yes' } } });
    await scenario().until(
      'AuthentikStage',
      name,
      (object) => JSON.stringify(object.status?.['secrets']) !== version,
      'has seen the new version',
    );
    expect(writesOf(name)).toHaveLength(3);
  });

  it("that Authentik's refusal quotes isn't passed on", async () => {
    const [name, smtp] = [scenario().name('refused-mail'), scenario().name('refused-smtp')];
    const heal = scenario().target.sim?.faults.inject({
      match: { method: 'POST', pathPrefix: EMAIL_STAGES },
      respond: { kind: 'status', status: 400, body: { password: ['"quartz-Otter-48" is not a good password.'] } },
    });
    await scenario().apply(secret(smtp, { ...GOOD, password: 'quartz-Otter-48\n' }), emailStage(name, smtp));
    const refused = await scenario().judged('AuthentikStage', name, 'Ready=False/InvalidSpec');
    expect(conditionOf(refused, 'Ready')?.message).toMatch(/password: "\[(hidden|redacted)]" is not a good password/);
    await scenario().event(`AuthentikStage/${name}`, 'InvalidSpec');
    await scenario().event(`AuthentikStage/${name}`, 'Trimmed');
    heal?.();
    await expectUnseen(scenario(), ['quartz-Otter-48', GOOD.password, 'basalt-Heron-19']);
  });
});
