import { spawn, type ChildProcessByStdio } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { startDeathWatch } from '../../bed/daemon.ts';
import { eventually } from '../../bed/eventually.ts';

export interface OperatorOptions {
  /** Whose rights the operator has. Unless given, `args` and `env` say everything, as in a container, and nothing is inherited. */
  readonly kubeconfigPath?: string;
  /** What Node is called with: its own flags and the program's file. The sources unless given. */
  readonly program?: readonly string[];
  /** False comes back as soon as it listens, ready or not. */
  readonly untilReady?: false;
  /** Further flags, such as `--watch-namespaces=a,b`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Gets each line that the operator logs. */
  readonly log?: (line: string) => void;
}

/** The operator as a process of its own, as in its container. It ends with this process, however that ends. */
export interface OperatorProcess {
  readonly pid: number;
  readonly httpPort: number;
  /** Resolves with the exit code when it ends, by whatever cause; 128 + 15 for a signal. */
  readonly ended: Promise<number>;
  metrics(): Promise<string>;
  /** Asks a probe: the status, and what is said. */
  probe(location: '/healthz' | '/readyz'): Promise<{ readonly status: number; readonly body: string }>;
  /** All that it has written so far. */
  logs(): string;
  /** Sends the signal (SIGTERM unless given) and answers the exit code. One that doesn't end within 30 s is killed. */
  stop(signal?: NodeJS.Signals): Promise<number>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

const MAIN = path.resolve(import.meta.dirname, '../../../src/main.ts');
/** Milliseconds to begin and to list every kind, on a machine with other work to do. */
const READY_TIMEOUT = 60_000;
/** What Kubernetes gives it to end, in milliseconds. */
const STOP_TIMEOUT = 30_000;

const Starting = z.looseObject({ msg: z.literal('starting'), port: z.number() });

/**
 * Starts the operator and waits until it is ready.
 *
 * @throws with the end of its log when it ends by itself or isn't ready within a minute; it doesn't run then.
 */
export async function startOperator(options: OperatorOptions): Promise<OperatorProcess> {
  const { kubeconfigPath, program = [MAIN], args = [], env = {}, log, untilReady = true } = options;
  const here = kubeconfigPath === undefined ? [] : ['--kubeconfig', kubeconfigPath, '--http-port', '0', '--http-host', '127.0.0.1'];
  // Of a process group of its own: a Ctrl-C is for whoever started it, and may need it to clean up.
  const child = spawn(process.execPath, [...program, ...here, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...(kubeconfigPath === undefined ? {} : inherited()), ...env },
    detached: true,
  });
  const watch = startDeathWatch();
  if (child.pid !== undefined) watch.register(child.pid);
  const lines: string[] = [];
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 143));
  }).finally(() => watch.dismiss());
  ended.catch(() => undefined);
  const port = portOf(child, (line) => {
    lines.push(line);
    log?.(line);
  });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number> => {
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT);
    return ended.finally(() => clearTimeout(late));
  };
  try {
    const httpPort = await ready(port, ended, untilReady);
    return {
      pid: child.pid ?? 0,
      httpPort,
      ended,
      metrics: async () => get(httpPort, '/metrics'),
      probe: async (location) => ask(httpPort, location),
      logs: () => lines.join('\n'),
      stop,
      kill: async () => {
        await stop('SIGKILL');
      },
    };
  } catch (error) {
    await stop('SIGKILL');
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(`the operator did not become ready: ${cause}\n${lines.slice(-20).join('\n')}`, { cause: error });
  }
}

/** Its configuration comes from flags and `env` only, not from whatever the developer has set. */
function inherited(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('AFO_') && name !== 'KUBECONFIG' && name !== 'NODE_OPTIONS');
  return { ...Object.fromEntries(own), NODE_NO_WARNINGS: '1' };
}

/** The port that it chose, from its log. */
async function portOf(child: ChildProcessByStdio<null, Readable, Readable>, line: (text: string) => void): Promise<number> {
  return new Promise((resolve) => {
    createInterface({ input: child.stderr }).on('line', line);
    createInterface({ input: child.stdout }).on('line', (text) => {
      line(text);
      const starting = Starting.safeParse(jsonOf(text));
      if (starting.success) resolve(starting.data.port);
    });
  });
}

async function ready(port: Promise<number>, ended: Promise<number>, untilReady: boolean): Promise<number> {
  const over = new AbortController();
  const death = ended.then((code) => {
    throw new Error(`it ended with exit code ${code}`);
  });
  const readiness = eventually(
    async () => {
      const known = await port;
      if (untilReady) await get(known, '/readyz');
      return known;
    },
    { timeout: READY_TIMEOUT, message: '/readyz', signal: over.signal },
  );
  readiness.catch(() => undefined);
  try {
    return await Promise.race([readiness, death]);
  } finally {
    over.abort();
    death.catch(() => undefined);
  }
}

async function ask(port: number, location: string): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${location}`, { signal: AbortSignal.timeout(5_000) });
  return { status: response.status, body: await response.text() };
}

async function get(port: number, location: string): Promise<string> {
  const { status, body } = await ask(port, location);
  if (status !== 200) throw new Error(`${location} answered ${status}: ${body.trim()}`);
  return body;
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
