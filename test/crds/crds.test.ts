import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { jest } from '@jest/globals';
import { generatedFiles } from '../../scripts/generated-files.ts';
import { chartCrds } from '../../scripts/render-deploy.ts';
import { GROUP, VERSION } from '../../src/api/v1alpha1/group.ts';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import { nodeAt, readCrds, walk, type SchemaNode } from './crd-schema.ts';

/** kubectl takes its time when other test files keep the machine busy (milliseconds). */
jest.setTimeout(60_000);

const ROOT = path.resolve(import.meta.dirname, '../..');
const crds = await readCrds();
const rows = crds.map((crd) => ({ kind: crd.kind, crd }));

interface Conditions {
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string; readonly message: string }[] };
}

/** What makes a schema structural, as far as a generator can get it wrong. */
function structuralFaults(schema: SchemaNode): readonly string[] {
  const faults: string[] = [];
  for (const { at, node } of walk(schema)) {
    const where = at.join('.');
    if (node.type === undefined) faults.push(`${where} has no type`);
    if (node.properties !== undefined && node.additionalProperties !== undefined)
      faults.push(`${where} has properties and additionalProperties`);
    if (node.type === 'array' && node.items === undefined) faults.push(`${where} has no items`);
    if (node.type === 'array' && node['x-kubernetes-list-type'] === undefined) faults.push(`${where} doesn't say how it is merged`);
    for (const keyword of ['$ref', 'oneOf', 'anyOf', 'allOf', 'not', 'default', 'nullable'])
      if (keyword in node) faults.push(`${where} has ${keyword}`);
  }
  return faults;
}

describe('the CRDs', () => {
  let controlPlane: ControlPlane;

  beforeAll(() => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
  });

  it('are what the schemas in src/api generate, and so are the copies in the chart', async () => {
    const expected = { ...(await generatedFiles()), ...(await chartCrds()) };
    const actual = Object.keys(expected).map(async (file) => [file, await readFile(path.join(ROOT, file), 'utf8')] as const);
    expect(Object.fromEntries(await Promise.all(actual))).toEqual(expected);
    expect(crds.map(({ kind }) => kind).sort()).toEqual(KINDS.map(({ kind }) => kind).sort());
  });

  it('stay small enough to be applied and kept: 300 kB each, 700 kB together', async () => {
    const files = Object.entries(await generatedFiles()).filter(([file]) => file.startsWith('crds/'));
    const sizes = files.map(([file, text]) => ({ file, bytes: Buffer.byteLength(text) }));
    expect(sizes.filter(({ bytes }) => bytes > 300_000)).toEqual([]);
    expect(sizes.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(700_000);
  });

  it.each(rows)('$kind: the schema is structural, without defaults', ({ crd }) => {
    expect(structuralFaults(crd.schema)).toEqual([]);
  });

  it.each(rows)('$kind: the API server has established it, without complaints', async ({ crd }) => {
    const { stdout } = await controlPlane.kubectl(['get', 'crd', crd.name, '--output=json']);
    const { conditions } = (JSON.parse(stdout) as Conditions).status;
    expect(
      conditions
        .filter(({ status }) => status === 'True')
        .map(({ type }) => type)
        .sort(),
    ).toEqual(['Established', 'NamesAccepted']);
    // NonStructuralSchema, KubernetesAPIApprovalPolicyConformant, Terminating would be here.
    expect(conditions).toHaveLength(2);
  });

  it('have a description on every field', () => {
    const silent = crds.flatMap(({ kind, schema }) =>
      [...walk(schema)]
        .filter(({ at, node }) => at.at(-1) !== '*' && at.join('.') !== 'metadata' && (node.description ?? '').trim() === '')
        .map(({ at }) => `${kind} ${at.join('.')}`),
    );
    expect(silent).toEqual([]);
  });

  it.each(rows)('$kind: kubectl explain teaches every field of the spec', async ({ crd }) => {
    // As JSON, from where `kubectl explain` takes it: one question for all fields.
    const { stdout } = await controlPlane.kubectl(['get', '--raw', `/openapi/v3/apis/${GROUP}/${VERSION}`]);
    const { components } = JSON.parse(stdout) as { components: { schemas: Record<string, SchemaNode> } };
    const published = Object.entries(components.schemas).find(([name]) => name.endsWith(`.${crd.kind}`))?.[1];
    if (published === undefined) throw new Error(`the API server publishes no schema of ${crd.kind}`);
    for (const { at, node } of walk(nodeAt(crd.schema, ['spec']), ['spec'])) {
      const shown = { field: at.join('.'), description: nodeAt(published, at).description };
      expect(shown).toEqual({ field: at.join('.'), description: node.description });
    }
    const explained = await controlPlane.kubectl(['explain', `${crd.plural}.spec`]);
    for (const [field, { description }] of Object.entries(nodeAt(crd.schema, ['spec']).properties ?? {})) {
      expect(explained.stdout).toContain(`  ${field}\t<`);
      // kubectl breaks lines: the first words must do.
      expect(explained.stdout.replace(/\s+/g, ' ')).toContain((description ?? '').split(/\s+/).slice(0, 8).join(' '));
    }
  });

  it.each(KINDS)('$kind: has its short names and belongs to the category authentik', async ({ kind, plural, shortNames }) => {
    const { stdout } = await controlPlane.kubectl([
      'api-resources',
      `--api-group=${GROUP}`,
      '--categories=authentik',
      '--no-headers',
      '--cached=false',
    ]);
    const line = stdout.split('\n').find((candidate) => candidate.startsWith(`${plural} `));
    expect(line?.split(/\s+/)).toEqual([plural, shortNames.join(','), `${GROUP}/${VERSION}`, 'true', kind]);
  });
});
