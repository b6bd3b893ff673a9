import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { jest } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { API_VERSION } from '../../src/api/v1alpha1/group.ts';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';

/** kubectl takes its time when other test files keep the machine busy (milliseconds). */
jest.setTimeout(60_000);

const ROOT = path.resolve(import.meta.dirname, '../..');
const Manifest = z.looseObject({ apiVersion: z.literal(API_VERSION), metadata: z.looseObject({ name: z.string() }) });
type Manifest = z.infer<typeof Manifest>;

/** Whole objects of our kinds in the fenced YAML blocks of a page. Excerpts, and objects of others, are left alone. */
function manifestsOf(markdown: string): readonly Manifest[] {
  const blocks = [...markdown.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, yaml]) => yaml ?? '');
  const documents = blocks.flatMap((yaml) => parseAllDocuments(yaml).map((document) => Manifest.safeParse(document.toJS())));
  return documents.flatMap(({ data }) => (data === undefined || !('spec' in data) ? [] : [data]));
}

const folder = await readdir(path.join(ROOT, 'docs'), { recursive: true });
const pages = ['README.md', ...folder.filter((name) => name.endsWith('.md') && !name.startsWith('adr')).map((name) => `docs/${name}`)];
const texts = await Promise.all(pages.map(async (page) => ({ page, manifests: manifestsOf(await readFile(path.join(ROOT, page), 'utf8')) })));

describe('manifests to copy', () => {
  let controlPlane: ControlPlane;

  beforeAll(() => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
  });

  it('are in the README', () => {
    expect(texts[0]?.manifests).not.toEqual([]);
  });

  it.each(texts.filter(({ manifests }) => manifests.length > 0))('$page: the API server takes them', async ({ manifests }) => {
    const namespace = await controlPlane.createNamespace('documented');
    const items = manifests.map((manifest) => ({ ...manifest, metadata: { ...manifest.metadata, namespace } }));
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const apply = ['apply', '--server-side', '--dry-run=server', '--filename=-'];
    await expect(controlPlane.kubectl(apply, { input })).resolves.toMatchObject({ code: 0 });
  });
});
