import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Written to standard input, which is empty otherwise. */
  readonly input?: string;
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code; 128 + 15 when a signal ended it, as a shell would say. */
  readonly code: number;
}

/**
 * Runs a command to its end and answers what it printed, whatever its exit code. The caller judges the code.
 *
 * @throws when the command can't be started at all (ENOENT, EACCES).
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 143));
  });
  // A command that exits without reading its input breaks the pipe: its exit code tells the story better than EPIPE.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const endWithParent = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithParent);
  try {
    const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    return { stdout, stderr, code };
  } finally {
    process.off('exit', endWithParent);
  }
}
