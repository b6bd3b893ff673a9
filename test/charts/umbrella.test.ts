import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { jest } from '@jest/globals';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import { chartFolder, kindsOf, manifestsIn, type ChartName, type Values } from './charts.ts';

/** helm takes its time when other test files keep the machine busy (milliseconds). */
jest.setTimeout(120_000);

/** A chart above ours, as people write one, and what our charts need to be rendered. */
const CHARTS: Readonly<Record<ChartName, Values>> = {
  'authentik-flow-operator': { image: { repository: 'registry.example.com/operator' }, crds: { enabled: false } },
  'market-enrollment': {
    market: { url: 'https://market.example.com' },
    authentik: { url: 'https://auth.example.com' },
    email: { useGlobalSettings: true },
  },
};

const OF_THE_OPERATOR = 'Deployment';
const OF_THE_MARKET = 'EnrollmentBinding';

describe('a chart above ours', () => {
  let controlPlane: ControlPlane;
  let folder: string;

  beforeAll(async () => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
    folder = await mkdtemp(path.join(os.tmpdir(), 'umbrella-'));
    await mkdir(path.join(folder, 'charts'));
    for (const name of Object.keys(CHARTS) as ChartName[])
      await cp(chartFolder(name), path.join(folder, 'charts', name), { recursive: true });
    const dependencies = Object.keys(CHARTS).map((name) => ({ name, version: '*', condition: `${name}.enabled`, tags: ['identity'] }));
    await writeFile(
      path.join(folder, 'Chart.yaml'),
      JSON.stringify({ apiVersion: 'v2', name: 'platform', version: '1.0.0', dependencies }),
    );
  });

  afterAll(async () => rm(folder, { recursive: true, force: true }));

  async function kindsWith(enabled: Readonly<Partial<Record<ChartName, boolean>>>): Promise<readonly string[]> {
    const values = Object.fromEntries(
      Object.entries(CHARTS).map(([name, given]) => {
        const on = enabled[name as ChartName];
        return [name, on === undefined ? given : { ...given, enabled: on }];
      }),
    );
    const { stdout } = await controlPlane.helm(['template', 'release', folder, '--values', '-'], { input: JSON.stringify(values) });
    return kindsOf(manifestsIn(stdout));
  }

  it.each([
    { reason: 'has both when it says nothing', enabled: {}, has: [OF_THE_OPERATOR, OF_THE_MARKET], lacks: [] },
    {
      reason: 'switches both on',
      enabled: { 'authentik-flow-operator': true, 'market-enrollment': true },
      has: [OF_THE_OPERATOR, OF_THE_MARKET],
      lacks: [],
    },
    {
      reason: 'switches the operator off alone',
      enabled: { 'authentik-flow-operator': false },
      has: [OF_THE_MARKET],
      lacks: [OF_THE_OPERATOR],
    },
    { reason: 'switches the market off alone', enabled: { 'market-enrollment': false }, has: [OF_THE_OPERATOR], lacks: [OF_THE_MARKET] },
  ])('$reason', async ({ enabled, has, lacks }) => {
    const kinds = await kindsWith(enabled);
    expect(kinds).toEqual(expect.arrayContaining(has));
    for (const kind of lacks) expect(kinds).not.toContain(kind);
  });
});
