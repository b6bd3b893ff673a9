import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { apiCalls, type ApiCall } from './audit.ts';
import { readKubeconfig, writeKubeconfig } from './kubeconfig.ts';
import { run, type CommandResult } from './run.ts';
import { resolveTools, type Tools } from './tools.ts';

export interface ToolOptions {
  /** Standard input, for `-f -`. */
  readonly input?: string;
  readonly namespace?: string;
  /** The command must fail: success throws then. */
  readonly expectFailure?: boolean;
}

/** A running API server and what tests do with it as its administrator. */
export interface ControlPlane {
  readonly kubeconfigPath: string;
  readonly server: string;
  readonly caPem: string;
  /** Token of a member of `system:masters`. */
  readonly adminToken: string;
  /** Runs kubectl as administrator. @throws with the command and its stderr when it doesn't end as expected. */
  kubectl(args: readonly string[], options?: ToolOptions): Promise<CommandResult>;
  /** Runs helm as administrator. @throws with the command and its stderr when it doesn't end as expected. */
  helm(args: readonly string[], options?: ToolOptions): Promise<CommandResult>;
  /** Creates a namespace `<prefix>-<random>` and answers its name. */
  createNamespace(prefix?: string): Promise<string>;
  /** Writes a kubeconfig with a one-day token of its own of an existing ServiceAccount (TokenRequest) and answers its path. */
  serviceAccountKubeconfig(namespace: string, serviceAccount: string): Promise<string>;
  /** What ServiceAccounts have asked of the API server so far, from its audit log. */
  apiCalls(): Promise<readonly ApiCall[]>;
  /** Ends the programs; does nothing on a handle from `connectControlPlane`. */
  stop(): Promise<void>;
}

/**
 * A handle on a server that another process started, from the kubeconfig it wrote; its `stop` does nothing.
 *
 * @throws when the file is missing or not one of ours.
 */
export function connectControlPlane(kubeconfigPath: string): ControlPlane {
  const { server, caPem, token } = readKubeconfig(kubeconfigPath);
  const folder = path.dirname(kubeconfigPath);
  const tool = async (name: keyof Tools, args: readonly string[], options: ToolOptions = {}): Promise<CommandResult> => {
    const command = (await resolveTools())[name];
    const scope = options.namespace === undefined ? [] : ['--namespace', options.namespace];
    const input = options.input === undefined ? {} : { input: options.input };
    const result = await run(command, [...scope, ...args], { env: environment(kubeconfigPath, folder), ...input });
    if ((result.code !== 0) !== (options.expectFailure ?? false)) throw new Error(complaint(name, [...scope, ...args], result));
    return result;
  };
  const kubectl: ControlPlane['kubectl'] = async (args, options) => tool('kubectl', args, options);

  return {
    kubeconfigPath,
    server,
    caPem,
    adminToken: token,
    kubectl,
    helm: async (args, options) => tool('helm', args, options),
    createNamespace: async (prefix = 'test') => {
      const name = `${prefix}-${randomBytes(4).toString('hex')}`;
      await kubectl(['create', 'namespace', name]);
      return name;
    },
    serviceAccountKubeconfig: async (namespace, serviceAccount) => {
      const { stdout } = await kubectl(['create', 'token', serviceAccount, '--duration=24h'], { namespace });
      const file = path.join(folder, `${namespace}-${serviceAccount}-${randomBytes(4).toString('hex')}.kubeconfig`);
      await writeKubeconfig(file, { server, caPem, token: stdout.trim() }, namespace);
      return file;
    },
    apiCalls: async () => apiCalls(folder),
    stop: async () => Promise.resolve(),
  };
}

/** Nothing of the caller's own clusters, charts, plugins or proxies gets in. */
function environment(kubeconfigPath: string, folder: string): NodeJS.ProcessEnv {
  const home = path.join(folder, 'home');
  return {
    PATH: process.env['PATH'],
    TMPDIR: process.env['TMPDIR'],
    HOME: home,
    KUBECONFIG: kubeconfigPath,
    HELM_CACHE_HOME: path.join(home, 'helm', 'cache'),
    HELM_CONFIG_HOME: path.join(home, 'helm', 'config'),
    HELM_DATA_HOME: path.join(home, 'helm', 'data'),
  };
}

function complaint(tool: string, args: readonly string[], { code, stdout, stderr }: CommandResult): string {
  const verdict = code === 0 ? 'succeeded, which the caller did not expect' : `failed (exit ${code})`;
  return `${tool} ${args.join(' ')} ${verdict}: ${(stderr.trim() || stdout.trim()).slice(0, 4_000)}`;
}
