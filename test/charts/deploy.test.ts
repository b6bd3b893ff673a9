import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { jest } from '@jest/globals';
import { deployFiles } from '../../scripts/render-deploy.ts';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import { find, manifestsIn, type Manifest } from './charts.ts';

/** helm and kubectl take their time when other test files keep the machine busy (milliseconds). */
jest.setTimeout(60_000);

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = async (file: string): Promise<string> => readFile(path.join(ROOT, file), 'utf8');

/** Manifests name their namespaces; here they go into others, so that nothing of another test is in the way. */
function moved(manifests: readonly Manifest[], namespace: string): string {
  const items = manifests
    .filter(({ kind }) => kind !== 'Namespace')
    .map((manifest) =>
      manifest.metadata.namespace === undefined ? manifest : { ...manifest, metadata: { ...manifest.metadata, namespace } },
    );
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

describe('deploy/', () => {
  let controlPlane: ControlPlane;

  beforeAll(() => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
  });

  it('is what the charts render', async () => {
    const expected = await deployFiles();
    const actual = Object.keys(expected).map(async (file) => [file, await read(file)] as const);
    expect(Object.fromEntries(await Promise.all(actual))).toEqual(expected);
  });

  it.each(['deploy/operator.yaml', 'deploy/secrets.example.yaml', 'deploy/market-enrollment.yaml'])(
    '%s is taken by the API server',
    async (file) => {
      const namespace = await controlPlane.createNamespace('deploy');
      const manifests = manifestsIn(await read(file));
      const apply = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '--filename=-'];
      await expect(controlPlane.kubectl(apply, { input: moved(manifests, namespace) })).resolves.toMatchObject({ code: 0 });
    },
  );

  it('claims nothing of helm', async () => {
    for (const file of ['deploy/operator.yaml', 'deploy/market-enrollment.yaml']) {
      expect(await read(file)).not.toMatch(/helm\.sh\/|managed-by: Helm/);
    }
  });

  it('has examples of just the Secrets that the market needs', async () => {
    const secrets = manifestsIn(await read('deploy/secrets.example.yaml')).map(
      ({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`,
    );
    const market = manifestsIn(await read('deploy/market-enrollment.yaml'));
    expect(secrets).toEqual(['market/authentik-token', 'market/market-smtp']);
    expect(find(market, 'AuthentikConnection').spec).toMatchObject({ tokenSecretRef: { name: 'authentik-token', key: 'token' } });
    expect(find(market, 'AuthentikStage', 'email-account-confirmation').spec).toMatchObject({
      email: { smtpSecretRef: { name: 'market-smtp' } },
    });
  });
});
