import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { ControlPlane } from '../bed/control-plane.ts';

const HELM = path.resolve(import.meta.dirname, '../../helm');

/** A rendered object, as far as the tests look at it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly rules?: unknown;
}

export type ChartName = 'authentik-flow-operator' | 'market-enrollment';
export type Values = Readonly<Record<string, unknown>>;

export function chartFolder(chart: ChartName): string {
  return path.join(HELM, chart);
}

export interface Release {
  readonly chart: ChartName;
  readonly name?: string;
  readonly namespace?: string;
  readonly values?: Values;
}

/** What a chart asks for and has no default for. */
const REQUIRED: Readonly<Partial<Record<ChartName, Values>>> = {
  'authentik-flow-operator': { image: { repository: 'registry.example.com/authentik-flow-operator' } },
};

function input({ chart, values }: Release): string {
  return JSON.stringify({ ...REQUIRED[chart], ...values });
}

function args({ chart, name = 'release', namespace = 'somewhere' }: Release): readonly string[] {
  return [name, chartFolder(chart), '--namespace', namespace, '--values', '-'];
}

/** The text that `helm template` writes. @throws when helm refuses the values. */
export async function renderText(controlPlane: ControlPlane, release: Release): Promise<string> {
  const { stdout } = await controlPlane.helm(['template', ...args(release)], { input: input(release) });
  return stdout;
}

export async function render(controlPlane: ControlPlane, release: Release): Promise<readonly Manifest[]> {
  return manifestsIn(await renderText(controlPlane, release));
}

/** Why `helm template` refuses the values. @throws when it doesn't. */
export async function refusal(controlPlane: ControlPlane, release: Release): Promise<string> {
  const { stderr } = await controlPlane.helm(['template', ...args(release)], {
    input: input(release),
    expectFailure: true,
  });
  return stderr;
}

/** Installs a release and answers what helm tells the user. No pod ever runs here, so it doesn't wait. */
export async function install(controlPlane: ControlPlane, release: Release, ...options: readonly string[]): Promise<string> {
  const { stdout } = await controlPlane.helm(['install', ...args(release), ...options], { input: input(release) });
  return stdout;
}

export function manifestsIn(text: string): readonly Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** The only object of a kind, or the one with a name. @throws when there is none. */
export function find(manifests: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && (name === undefined || manifest.metadata.name === name));
  if (found === undefined)
    throw new Error(
      `no ${kind} ${name ?? ''} among ${manifests.map((manifest) => `${manifest.kind}/${manifest.metadata.name}`).join(', ')}`,
    );
  return found;
}

export function kindsOf(manifests: readonly Manifest[]): readonly string[] {
  return [...new Set(manifests.map(({ kind }) => kind))].sort();
}

/** Paths of all values in a values file: `image.tag`. A list or an empty map is one value. */
export function valuePaths(text: string): readonly string[] {
  const paths = (value: unknown, at: string): readonly string[] => {
    const members = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
    if (members.length === 0) return [at];
    return members.flatMap(([name, member]) => paths(member, at === '' ? name : `${at}.${name}`));
  };
  return paths(parse(text), '');
}
