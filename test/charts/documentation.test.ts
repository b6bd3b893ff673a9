import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { jest } from '@jest/globals';
import { parse } from 'yaml';
import { connectControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import { chartFolder, valuePaths, type ChartName } from './charts.ts';

/** helm and kubectl take their time when other test files keep the machine busy (milliseconds). */
jest.setTimeout(60_000);

const CHARTS: readonly ChartName[] = ['authentik-flow-operator', 'market-enrollment'];

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: unknown;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
}

/** Objects of known members that would let a misspelt one pass. */
function openObjects(schema: JsonSchema, at: string): readonly string[] {
  const children = [...Object.entries(schema.properties ?? {}), ...(schema.items === undefined ? [] : [['[]', schema.items] as const])];
  const here = schema.properties !== undefined && schema.additionalProperties !== false ? [at] : [];
  return [...here, ...children.flatMap(([name, child]) => openObjects(child, `${at}.${name}`))];
}

describe.each(CHARTS)('the chart %s', (chart) => {
  let controlPlane: ControlPlane;
  const read = async (file: string): Promise<string> => readFile(path.join(chartFolder(chart), file), 'utf8');

  beforeAll(() => {
    controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
  });

  it('passes helm lint --strict', async () => {
    await expect(controlPlane.helm(['lint', '--strict', chartFolder(chart)])).resolves.toMatchObject({ code: 0 });
  });

  it('explains every value in its README', async () => {
    const [values, readme] = await Promise.all([read('values.yaml'), read('README.md')]);
    const rows = readme.split('\n').filter((line) => line.startsWith('| `'));
    const explained = new Set(rows.flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '')));
    // A value that is documented as a whole, such as `resources`.
    const isExplained = (value: string): boolean =>
      value.split('.').some((_, index, parts) => explained.has(parts.slice(0, index + 1).join('.')));
    expect(valuePaths(values).filter((value) => !isExplained(value))).toEqual([]);
  });

  it('has a schema of its values that lets nothing unknown pass', async () => {
    const [values, text] = await Promise.all([read('values.yaml'), read('values.schema.json')]);
    const schema = JSON.parse(text) as JsonSchema;
    // What a chart above this one may pass to all its charts.
    const names = Object.keys(schema.properties ?? {}).filter((name) => name !== 'global');
    expect(openObjects(schema, '')).toEqual([]);
    expect(names.sort()).toEqual(Object.keys(parse(values) as object).sort());
  });

  it('carries the version of the project', async () => {
    const { version } = JSON.parse(await readFile(path.resolve(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string };
    expect(parse(await read('Chart.yaml'))).toMatchObject({ name: chart, version, appVersion: version });
  });

  it('generates and looks up nothing, so that Argo CD always renders the same', async () => {
    const { stdout: first } = await controlPlane.helm(['template', 'release', chartFolder(chart), '--values', '-'], {
      input: MINIMAL[chart],
    });
    const { stdout: second } = await controlPlane.helm(['template', 'release', chartFolder(chart), '--values', '-'], {
      input: MINIMAL[chart],
    });
    expect(first).toBe(second);
  });
});

const MINIMAL: Readonly<Record<ChartName, string>> = {
  'authentik-flow-operator': JSON.stringify({ image: { repository: 'registry.example.com/authentik-flow-operator' } }),
  'market-enrollment': JSON.stringify({
    market: { url: 'https://market.example.com' },
    authentik: { url: 'https://auth.example.com' },
    email: { useGlobalSettings: true },
  }),
};
