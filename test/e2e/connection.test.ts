import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { requiredPermissions } from '../../src/catalogue/permissions.ts';
import { resolveAuthentikTarget, type AuthentikTarget } from './environment/authentik-target.ts';
import { conditionOf, isReconciling, isStalled } from './support/conditions.ts';
import { connection, dummyStage, tokenSecret, withSpec, type Manifest } from './support/manifests.ts';
import { describeOnStandIn } from './support/only-stand-in.ts';
import { useScenario, type Scenario } from './support/scenario.ts';

const STAGES = '/stages/dummy/';

/** A connection with a Secret of its own, and a stage that needs it. */
function dependentOn(scenario: Scenario, name: string): Manifest {
  return dummyStage(scenario.name(name), { connectionRef: { name } });
}

function connectionWith(url: string, name: string, spec: Readonly<Record<string, unknown>> = {}): Manifest {
  return connection(url, { tokenSecretRef: { name: `token-${name}`, key: 'token' }, ...spec }, name);
}

/** The stage must wait without alarm, as the connection will heal or be mended, and nothing may be in Authentik. */
async function expectWaiting(scenario: Scenario, name: string): Promise<void> {
  const stage = await scenario.judged('AuthentikStage', scenario.name(name), 'Ready=False/ConnectionNotReady');
  expect(isReconciling(stage)).toBe(true);
  expect(conditionOf(stage, 'Ready')?.message).toContain(`${scenario.namespace}/${name}`);
  expect(await scenario.authentik.find(STAGES, scenario.name(name))).toBeUndefined();
}

/** Both get Ready by themselves. */
async function expectHealed(scenario: Scenario, name: string): Promise<void> {
  const healed = await scenario.ready('AuthentikConnection', name);
  expect(conditionOf(healed, 'Authenticated')?.status).toBe('True');
  await scenario.ready('AuthentikStage', scenario.name(name));
  expect(await scenario.authentik.find(STAGES, scenario.name(name))).toBeDefined();
}

describe('a token whose Secret must allow its use', () => {
  const scenario = useScenario({ connection: false, operator: () => ({ requireSecretLabel: true }) });

  it('is not used until the command of the message has been run', async () => {
    const name = 'unlabelled';
    await scenario().apply(
      tokenSecret(scenario().target.token, `token-${name}`),
      connectionWith(scenario().target.url, name),
      dependentOn(scenario(), name),
    );
    const refused = await scenario().judged('AuthentikConnection', name, 'Ready=False/SecretNotAllowed');
    await expectWaiting(scenario(), name);
    const command = /kubectl (label secret .*)$/.exec(conditionOf(refused, 'Ready')?.message ?? '')?.[1] ?? '';
    await scenario().controlPlane.kubectl(command.split(' '));
    await expectHealed(scenario(), name);
  });
});

describe('a token that cannot be used', () => {
  const scenario = useScenario({ connection: false });

  interface BadToken {
    readonly reason: string;
    readonly name: string;
    /** What the Secret holds at first; undefined for no Secret at all. */
    readonly data: Readonly<Record<string, string>> | undefined;
    readonly verdict: string;
    readonly says: RegExp;
  }
  const rows: readonly BadToken[] = [
    { reason: 'there is no Secret', name: 'missing', data: undefined, verdict: 'SecretNotFound', says: /no Secret "token-missing"/ },
    {
      reason: 'the Secret lacks the key',
      name: 'keyless',
      data: { other: 'value' },
      verdict: 'SecretKeyMissing',
      says: /"token-keyless" has no key "token"/,
    },
    {
      reason: 'the key is empty',
      name: 'empty',
      data: { token: '' },
      verdict: 'SecretKeyMissing',
      says: /has no key "token", or nothing in it/,
    },
    {
      reason: 'there is nothing but a newline',
      name: 'newline',
      data: { token: '\n' },
      verdict: 'SecretKeyMissing',
      says: /nothing in it/,
    },
    {
      reason: 'there is a newline in its middle',
      name: 'two-lines',
      data: { token: 'first-half\nsecond-half' },
      verdict: 'SecretInvalid',
      says: /holds what no token can/,
    },
    {
      reason: 'Authentik knows no such token',
      name: 'wrong',
      data: { token: 'not-a-token-of-this-server' },
      verdict: 'Unauthorized',
      says: /refused the token/,
    },
  ];

  it.each(rows)('says so and heals with the Secret: $reason', async ({ name, data, verdict, says }) => {
    if (data !== undefined) await scenario().apply({ ...tokenSecret('', `token-${name}`), stringData: data });
    await scenario().apply(connectionWith(scenario().target.url, name), dependentOn(scenario(), name));
    const broken = await scenario().judged('AuthentikConnection', name, `Ready=False/${verdict}`);
    expect(conditionOf(broken, 'Authenticated')).toMatchObject({ status: 'False', reason: verdict });
    expect(conditionOf(broken, 'Ready')?.message).toMatch(says);
    expect(isReconciling(broken)).toBe(true);
    // A token that is no good is no less a secret.
    for (const value of Object.values(data ?? {}).filter((text) => text.length > 4)) expect(JSON.stringify(broken)).not.toContain(value);
    await expectWaiting(scenario(), name);

    await scenario().apply(tokenSecret(scenario().target.token, `token-${name}`));
    await expectHealed(scenario(), name);
  });

  it('uses a token without the newline at its end, and says so', async () => {
    await scenario().apply(tokenSecret(`${scenario().target.token}\n`, 'token-trimmed'), connectionWith(scenario().target.url, 'trimmed'));
    await scenario().ready('AuthentikConnection', 'trimmed');
    const event = await scenario().event('AuthentikConnection/trimmed', 'Trimmed');
    expect(event.note).toMatch(/"token" of Secret "token-trimmed" ends in a newline/);
    expect(event.note).not.toContain(scenario().target.token);
  });

  it('notices when a good token turns bad, keeps what is there, and heals', async () => {
    const name = 'turned';
    await scenario().apply(
      tokenSecret(scenario().target.token, `token-${name}`),
      connectionWith(scenario().target.url, name),
      dependentOn(scenario(), name),
    );
    await expectHealed(scenario(), name);
    await scenario().apply(tokenSecret('revoked-and-of-no-use', `token-${name}`));
    await scenario().judged('AuthentikConnection', name, 'Ready=False/Unauthorized');
    await scenario().judged('AuthentikStage', scenario().name(name), 'Ready=False/ConnectionNotReady');
    expect(await scenario().authentik.find(STAGES, scenario().name(name))).toBeDefined();
    await scenario().apply(tokenSecret(scenario().target.token, `token-${name}`));
    await expectHealed(scenario(), name);
  });

  it('never shows a token', () => {
    const shown = JSON.stringify([scenario().history.all(), scenario().log]);
    expect(shown).not.toContain(scenario().target.token);
    expect(shown).not.toContain('revoked-and-of-no-use');
  });
});

describe('a server that is none', () => {
  const scenario = useScenario({ connection: false });
  let website: Server;

  beforeAll(async () => {
    website = createServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Welcome</title>'),
    );
    await new Promise<void>((resolve) => void website.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    website.close();
    website.closeAllConnections();
  });

  const rows: readonly { readonly reason: string; readonly name: string; readonly url: () => string; readonly says: RegExp }[] = [
    // The port is that of "discard", which nobody serves.
    { reason: 'nobody listens', name: 'unreachable', url: () => 'http://127.0.0.1:9', says: /127\.0\.0\.1:9/ },
    { reason: 'there is no such host', name: 'unknown-host', url: () => 'http://authentik.invalid', says: /authentik\.invalid/ },
    {
      reason: 'a web site answers',
      name: 'website',
      url: () => `http://127.0.0.1:${(website.address() as AddressInfo).port}`,
      says: /not in JSON|not answer/,
    },
  ];

  it.each(rows)('is Unreachable, and heals with its URL: $reason', async ({ name, url, says }) => {
    await scenario().apply(
      tokenSecret(scenario().target.token, `token-${name}`),
      connectionWith(url(), name),
      dependentOn(scenario(), name),
    );
    const broken = await scenario().judged('AuthentikConnection', name, 'Ready=False/Unreachable');
    expect(conditionOf(broken, 'Ready')?.message).toMatch(says);
    expect(isReconciling(broken)).toBe(true);
    // Nobody has seen the token, so nobody can say whether it is good.
    expect(conditionOf(broken, 'Authenticated')?.status).toBe('Unknown');
    await expectWaiting(scenario(), name);

    await scenario().apply(connectionWith(scenario().target.url, name));
    await expectHealed(scenario(), name);
  });
});

describeOnStandIn('a token without the rights', 'it takes tokens with chosen permissions', () => {
  const scenario = useScenario({ connection: false });

  function tokenWith(permissions: readonly string[], options?: { readonly expired?: boolean }): string {
    return scenario().target.sim?.createToken([...permissions], options) ?? '';
  }

  it('is listed with what it lacks, and heals with a better one', async () => {
    const name = 'powerless';
    const lacking = ['authentik_flows.add_flow', 'authentik_stages_dummy.add_dummystage'];
    const granted = requiredPermissions().filter((permission) => !lacking.includes(permission));
    await scenario().apply(
      tokenSecret(tokenWith(granted), `token-${name}`),
      connectionWith(scenario().target.url, name),
      dependentOn(scenario(), name),
    );
    const broken = await scenario().judged('AuthentikConnection', name, 'PermissionsGranted=False/PermissionDenied');
    expect(conditionOf(broken, 'Authenticated')?.status).toBe('True');
    // The other right that the role lacks is one that nobody here needs.
    expect(broken.status?.['missingPermissions']).toEqual(['authentik_stages_dummy.add_dummystage']);
    expect(conditionOf(broken, 'Ready')?.status).toBe('True');
    const stage = await scenario().judged('AuthentikStage', scenario().name(name), 'Ready=False/PermissionDenied');
    expect(isReconciling(stage)).toBe(true);

    await scenario().apply(tokenSecret(tokenWith(requiredPermissions()), `token-${name}`));
    await expectHealed(scenario(), name);
    expect(scenario().see('AuthentikConnection', name).status?.['missingPermissions']).toBeUndefined();
  });

  it('is no administrator, and needs to be none', async () => {
    const name = 'least';
    await scenario().apply(
      tokenSecret(tokenWith(requiredPermissions()), `token-${name}`),
      connectionWith(scenario().target.url, name),
      dependentOn(scenario(), name),
    );
    await expectHealed(scenario(), name);
    expect(conditionOf(scenario().see('AuthentikConnection', name), 'PermissionsGranted')?.status).toBe('True');
    // Changing and deleting take other rights than creating.
    await scenario().apply(withSpec(dependentOn(scenario(), name), { dummy: { throwError: true } }));
    await scenario().ready('AuthentikStage', scenario().name(name));
    await scenario().remove(['AuthentikStage', scenario().name(name)]);
    expect(await scenario().authentik.find(STAGES, scenario().name(name))).toBeUndefined();
  });

  it('is as good as none once it has expired', async () => {
    const name = 'expired';
    await scenario().apply(
      tokenSecret(tokenWith(requiredPermissions(), { expired: true }), `token-${name}`),
      connectionWith(scenario().target.url, name),
      dependentOn(scenario(), name),
    );
    const broken = await scenario().judged('AuthentikConnection', name, 'Ready=False/Unauthorized');
    expect(conditionOf(broken, 'Authenticated')).toMatchObject({ status: 'False', reason: 'Unauthorized' });
    await expectWaiting(scenario(), name);
    await scenario().apply(tokenSecret(tokenWith(requiredPermissions()), `token-${name}`));
    await expectHealed(scenario(), name);
  });
});

describeOnStandIn('a version that is not supported', 'a real server has the version it has', () => {
  const scenario = useScenario({ connection: false });
  let old: AuthentikTarget;

  beforeAll(async () => {
    old = await resolveAuthentikTarget({ reportedVersion: '2024.12.3' });
  });
  afterAll(async () => old.stop());

  it('waits for a human, and names what would do', async () => {
    const name = 'old';
    await scenario().apply(tokenSecret(old.token, `token-${name}`), connectionWith(old.url, name), dependentOn(scenario(), name));
    const broken = await scenario().judged('AuthentikConnection', name, 'Ready=False/UnsupportedVersion');
    expect(conditionOf(broken, 'VersionSupported')).toMatchObject({ status: 'False', reason: 'UnsupportedVersion' });
    expect(conditionOf(broken, 'Ready')?.message).toMatch(/is 2024\.12\.3, and the oldest that works is 2025\.10/);
    expect(isStalled(broken)).toBe(true);
    await expectWaiting(scenario(), name);
    expect(old.sim?.counts().writes).toBe(0);

    await scenario().apply(tokenSecret(scenario().target.token, `token-${name}`), connectionWith(scenario().target.url, name));
    await expectHealed(scenario(), name);
  });
});

describe('allowedNamespaces', () => {
  const scenario = useScenario({ namespaces: 2, operator: ([home = '']) => ({ defaultConnection: { namespace: home, name: 'default' } }) });

  const guest = (): string => scenario().namespaces[1] ?? '';
  const labels = (): Readonly<Record<string, string>> => ({ 'kubernetes.io/metadata.name': guest() });

  interface Permit {
    readonly reason: string;
    readonly name: string;
    readonly allowed: () => object | undefined;
  }
  const admitting: readonly Permit[] = [
    { reason: 'from All', name: 'all', allowed: () => ({ from: 'All' }) },
    {
      reason: 'a selector that picks the namespace',
      name: 'picked',
      allowed: () => ({ from: 'Selector', selector: { matchLabels: labels() } }),
    },
  ];
  const refusing: readonly Permit[] = [
    { reason: 'nothing is said: the own namespace only', name: 'unsaid', allowed: () => undefined },
    { reason: 'from Same', name: 'same', allowed: () => ({ from: 'Same' }) },
    {
      reason: 'a selector that picks another',
      name: 'unpicked',
      allowed: () => ({ from: 'Selector', selector: { matchLabels: { ...labels(), tier: 'gold' } } }),
    },
  ];

  async function allow(allowed: object | undefined): Promise<void> {
    await scenario().apply(connection(scenario().target.url, allowed === undefined ? {} : { allowedNamespaces: allowed }));
    await scenario().ready('AuthentikConnection', 'default');
  }

  /** A stage of another namespace that asks for the connection by name. */
  async function visit(name: string): Promise<void> {
    await scenario().applyIn(
      guest(),
      dummyStage(scenario().name(name), { connectionRef: { name: 'default', namespace: scenario().namespace } }),
    );
  }

  it.each(refusing)('refuses with $reason', async ({ name, allowed }) => {
    await allow(allowed());
    await visit(name);
    const refused = await scenario().judged('AuthentikStage', scenario().name(name), 'Ready=False/NamespaceNotAllowed', guest());
    expect(isReconciling(refused)).toBe(true);
    expect(conditionOf(refused, 'Ready')?.message).toContain(guest());
    expect(await scenario().authentik.find(STAGES, scenario().name(name))).toBeUndefined();
  });

  it.each(admitting)('admits with $reason', async ({ name, allowed }) => {
    await allow(allowed());
    await visit(name);
    const admitted = await scenario().ready('AuthentikStage', scenario().name(name), guest());
    expect(admitted.status?.['connection']).toBe(`${scenario().namespace}/default`);
    expect(await scenario().authentik.find(STAGES, scenario().name(name))).toBeDefined();
  });

  it('holds for the connection that the operator gives to everybody, too, and is checked again when it changes', async () => {
    await allow({ from: 'Same' });
    const name = scenario().name('by-default');
    await scenario().applyIn(guest(), dummyStage(name));
    await scenario().judged('AuthentikStage', name, 'Ready=False/NamespaceNotAllowed', guest());
    await allow({ from: 'All' });
    for (const { name: row } of refusing) await scenario().ready('AuthentikStage', scenario().name(row), guest());
    const admitted = await scenario().ready('AuthentikStage', name, guest());
    expect(admitted.status?.['connection']).toBe(`${scenario().namespace}/default`);
  });
});
