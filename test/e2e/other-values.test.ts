import { chartFolder, type Values } from '../charts/charts.ts';
import { differences, type AuthentikState } from './environment/authentik-state.ts';
import { flow, secret, tokenSecret } from './support/manifests.ts';
import { marketValues } from './support/market-chart.ts';
import { useScenario } from './support/scenario.ts';

const RELEASE = 'market';

/** What helm does when the values of a release change: objects come, change, and go, while people sign up. */
describe('other values of the market chart', () => {
  const scenario = useScenario({ connection: false });
  let slug: string;
  let identification: string;
  let before: AuthentikState;

  /** As far as these values decide. */
  const inAuthentik = async (): Promise<unknown> => {
    const state = await scenario().target.snapshot();
    const bindings = Object.keys(state['/flows/bindings/'] ?? {}).filter((name) => name.startsWith(`${slug} #`));
    const bound = Object.keys(state['/policies/bindings/'] ?? {}).filter((name) => name.includes(`${slug}-`));
    const policies = Object.keys(state['/policies/all/'] ?? {}).filter((name) => name.startsWith(slug));
    return {
      stages: bindings.map((name) => name.slice(slug.length + 1)).sort(),
      policies: policies.map((name) => name.slice(slug.length)).sort(),
      onStages: bound.length,
      onForm: state['/stages/prompt/stages/']?.[`${slug}-prompt`]?.['validation_policies'],
    };
  };

  const upgrade = async (registration: Values): Promise<void> => {
    const { controlPlane, namespace } = scenario();
    const values = marketValues(scenario(), slug, { registration, login: { identificationStage: identification } });
    const args = ['upgrade', RELEASE, chartFolder('market-enrollment'), '--install', '--wait=hookOnly', '--values', '-'];
    await controlPlane.helm(args, { namespace, input: JSON.stringify(values) });
    const { stdout } = await controlPlane.kubectl(['get', 'authentik', '--output=json'], { namespace });
    const { items } = JSON.parse(stdout) as { items: { kind: string; metadata: { name: string; deletionTimestamp?: string } }[] };
    for (const { kind, metadata } of items) {
      if (metadata.deletionTimestamp !== undefined) {
        await scenario().history.until(
          () => scenario().history.latest(kind, namespace, metadata.name) === undefined,
          `${kind} ${metadata.name} is gone`,
        );
      } else await scenario().ready(kind, metadata.name);
    }
  };

  beforeAll(async () => {
    before = await scenario().target.snapshot();
    slug = scenario().name('values');
    identification = scenario().name('identification');
    await scenario().apply(
      tokenSecret(scenario().target.token),
      secret('market-smtp', { host: '127.0.0.1', port: '2525' }),
      flow(scenario().name('login'), [identification], { designation: 'authentication' }),
    );
  });

  const all = {
    stages: ['#10 PROMPT', '#20 WRITE', '#30 EMAIL', '#35 LOGIN', '#40 REDIRECT'],
    policies: ['-password', '-without-next'],
    onStages: 1,
    onForm: ['-password'],
  };
  const steps: readonly { readonly reason: string; readonly registration: Values; readonly expected: typeof all }[] = [
    { reason: 'the defaults', registration: {}, expected: all },
    {
      reason: "then the guide's four stages: the login goes, and the redirect is for everybody",
      registration: { autoLogin: false },
      expected: { ...all, stages: all.stages.filter((name) => !name.includes('35')), policies: ['-password'], onStages: 0 },
    },
    { reason: 'then the defaults again', registration: {}, expected: all },
    {
      reason: 'then passwords that nobody judges',
      registration: { passwordPolicy: { enabled: false } },
      expected: { ...all, policies: ['-without-next'], onForm: [] },
    },
    { reason: 'then the defaults once more', registration: {}, expected: all },
  ];

  it.each(steps)('$reason', async ({ registration, expected }) => {
    await upgrade(registration);
    const names: Readonly<Record<string, string>> = {
      PROMPT: `${slug}-prompt`,
      WRITE: `${slug}-write`,
      EMAIL: `${slug}-email`,
      LOGIN: `${slug}-login`,
      REDIRECT: `${slug}-redirect`,
    };
    expect(await inAuthentik()).toEqual({
      ...expected,
      stages: expected.stages.map((entry) => entry.replace(/[A-Z]+$/, (name) => names[name] ?? name)),
      onForm: expected.onForm.map((name) => slug + name),
    });
  });

  it('leave nothing behind when the release is uninstalled', async () => {
    // It isn't the release's, and the stage that it shows waits for it.
    await scenario().remove(['AuthentikFlow', scenario().name('login')]);
    await scenario().controlPlane.helm(['uninstall', RELEASE, '--wait', '--timeout=60s'], { namespace: scenario().namespace });
    const left = differences(before, await scenario().target.snapshot()).filter(({ name }) => name.includes(slug));
    expect(left).toEqual([]);
  });
});
