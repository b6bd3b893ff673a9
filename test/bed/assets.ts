import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, type Log } from './cache.ts';
import { run } from './run.ts';

/** The programs of the test bed by name; the values are paths of executables. */
export interface Assets {
  readonly etcd: string;
  readonly 'kube-apiserver': string;
  readonly 'kube-controller-manager': string;
}

type Program = keyof Assets;

/** One of the Go modules below `assets/`: what it holds, and how to build it. */
interface GoModule {
  readonly name: 'etcd' | 'kube';
  /** The requirement whose version names the build. */
  readonly requires: string;
  readonly programs: Readonly<Partial<Record<Program, { readonly source: string; readonly minutes: number }>>>;
  readonly ldflags: (version: string) => readonly string[];
}

const SOURCES = path.join(import.meta.dirname, 'assets');
const PROGRESS = 15_000;

const MODULES: readonly GoModule[] = [
  {
    name: 'etcd',
    requires: 'go.etcd.io/etcd/server/v3',
    programs: { etcd: { source: '.', minutes: 1 } },
    ldflags: () => [],
  },
  {
    name: 'kube',
    requires: 'k8s.io/kubernetes',
    programs: {
      'kube-apiserver': { source: 'k8s.io/kubernetes/cmd/kube-apiserver', minutes: 7 },
      'kube-controller-manager': { source: 'k8s.io/kubernetes/cmd/kube-controller-manager', minutes: 2 },
    },
    // Without these it reports v0.0.0-master, which helm's kubeVersion check and client libraries stumble over.
    ldflags: (version) => {
      const [major = '', minor = ''] = version.replace(/^v/, '').split('.');
      const variables = { gitVersion: version, gitMajor: major, gitMinor: minor };
      return Object.entries(variables).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
    },
  },
];

/**
 * Finds the programs: each from its variable `TEST_ASSET_<NAME>`, else from the folder `KUBEBUILDER_ASSETS` if it is there, else from the cache,
 * else built once with Go from the modules in `assets/`, which takes some ten minutes on two cores. The names are those of controller-runtime's envtest.
 *
 * @throws when a variable names a file that doesn't exist, when Go is missing, or when the build fails; the message says what to do.
 */
export async function resolveAssets(log: Log = logToStderr): Promise<Assets> {
  const built = new Map<string, Promise<string>>();
  const find = async (program: Program): Promise<string> => {
    const given = fromEnvironment(program);
    if (given !== undefined) return given;
    const module = moduleOf(program);
    const folder = built.get(module.name) ?? buildOnce(module, log);
    built.set(module.name, folder);
    return path.join(await folder, program);
  };
  // One after the other: two Go builds at once only slow each other down.
  return {
    etcd: await find('etcd'),
    'kube-apiserver': await find('kube-apiserver'),
    'kube-controller-manager': await find('kube-controller-manager'),
  };
}

function fromEnvironment(program: Program): string | undefined {
  const variable = variableOf(program);
  const file = process.env[variable];
  if (file !== undefined && file !== '') {
    if (!existsSync(file)) throw new Error(`${variable} names ${file}, which does not exist`);
    return path.resolve(file);
  }
  const folder = process.env['KUBEBUILDER_ASSETS'];
  if (folder === undefined || folder === '') return undefined;
  if (!existsSync(folder)) throw new Error(`KUBEBUILDER_ASSETS names ${folder}, which does not exist`);
  // envtest's own archives hold no kube-controller-manager: what such a folder lacks comes from the cache or a build.
  const candidate = path.resolve(folder, program);
  return existsSync(candidate) ? candidate : undefined;
}

function variableOf(program: string): string {
  return `TEST_ASSET_${program.toUpperCase().replaceAll('-', '_')}`;
}

function moduleOf(program: Program): GoModule {
  const module = MODULES.find(({ programs }) => program in programs);
  if (module === undefined) throw new Error(`no Go module holds ${program}`);
  return module;
}

async function buildOnce(module: GoModule, log: Log): Promise<string> {
  const source = path.join(SOURCES, module.name);
  const version = requiredVersion(await readFile(path.join(source, 'go.mod'), 'utf8'), module.requires);
  const name = `${module.name}-${version}-${await fingerprint(source)}`;
  return cached(name, (folder) => build(module, version, folder, log), log);
}

function requiredVersion(goMod: string, required: string): string {
  const found = goMod.split('\n').find((line) => line.includes(`${required} v`));
  const version = /\s(v\d\S*)/.exec(found ?? '')?.[1];
  if (version === undefined) throw new Error(`go.mod requires no version of ${required}`);
  return version;
}

/** Changes with anything that goes into the build: sources, pinned versions, checksums, and the machine it is for. */
async function fingerprint(source: string): Promise<string> {
  const hash = createHash('sha256').update(`${process.platform}/${process.arch}\n`);
  for (const file of (await readdir(source)).sort()) {
    hash.update(`${file}\n`).update(await readFile(path.join(source, file)));
  }
  return hash.digest('hex').slice(0, 12);
}

async function build(module: GoModule, version: string, folder: string, log: Log): Promise<void> {
  await requireGo();
  for (const [program, { source, minutes }] of Object.entries(module.programs)) {
    const started = Date.now();
    const seconds = (): number => Math.round((Date.now() - started) / 1000);
    log(`building ${program} ${version} from its Go module (once; about ${minutes} min on two cores) …`);
    const progress = setInterval(() => log(`still building ${program} … ${seconds()} s`), PROGRESS);
    try {
      await goBuild(module, version, source, path.join(folder, program));
    } finally {
      clearInterval(progress);
    }
    log(`built ${program} in ${seconds()} s`);
  }
}

async function goBuild(module: GoModule, version: string, source: string, output: string): Promise<void> {
  const ldflags = ['-s', '-w', ...module.ldflags(version)].join(' ');
  const args = ['build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags', ldflags, '-o', output, source];
  // The caller's GOFLAGS, workspace or GOOS must not change what is built.
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off', GOOS: '', GOARCH: '' };
  const { code, stderr } = await run('go', args, { cwd: path.join(SOURCES, module.name), env });
  if (code !== 0) throw new Error(`go ${args.join(' ')} failed (exit ${code}):\n${stderr.split('\n').slice(-20).join('\n')}`);
}

async function requireGo(): Promise<void> {
  try {
    await run('go', ['version']);
  } catch (cause) {
    const variables = MODULES.flatMap(({ programs }) => Object.keys(programs)).map(variableOf);
    throw new Error(
      `The tests need a real Kubernetes API server, and there is no Go here to build it. Install Go 1.26 or later; or set KUBEBUILDER_ASSETS ` +
        `to a folder with etcd, kube-apiserver and kube-controller-manager, or ${variables.join(', ')} to the programs themselves.`,
      { cause },
    );
  }
}

function logToStderr(line: string): void {
  process.stderr.write(`bed: ${line}\n`);
}

async function prepare(): Promise<void> {
  try {
    for (const [program, file] of Object.entries(await resolveAssets())) process.stdout.write(`${program}: ${file}\n`);
  } catch (error) {
    logToStderr(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

// `node test/bed/assets.ts` makes the programs ready ahead of the tests and prints where they are. Without a top-level await: jest loads its global
// set-up by `require`, which can't load a module that has one.
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) void prepare();
