import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** How long a program may take to end by itself before it is killed (milliseconds). */
const PATIENCE = 3_000;

/** A program that runs until it is stopped. */
export interface Daemon {
  readonly name: string;
  /** Never resolves; rejects with the tail of the log if the program ends before `stop` was called. */
  readonly died: Promise<never>;
  stop(): Promise<void>;
}

/** Ends programs when this process is gone, however it ended. */
export interface DeathWatch {
  register(pid: number): void;
  /** Call when the programs have been stopped: their process ids may soon be somebody else's. */
  dismiss(): void;
}

/**
 * Starts a small shell that waits for the end of its input, which the kernel closes with this process, be it killed with SIGKILL; then it kills what was
 * registered and removes `folder` if given. Handlers for `exit` and signals would miss that, and would meddle with the host's own.
 */
export function startDeathWatch(folder?: string): DeathWatch {
  const script =
    'pids=; while read -r pid; do pids="$pids $pid"; done; kill -9 $pids 2>/dev/null; sleep 0.2; [ -z "$1" ] || rm -rf -- "$1"';
  const shell = spawn('/bin/sh', ['-c', script, 'sh', folder ?? ''], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.stdin.on('error', () => undefined);
  shell.unref();
  // The open pipe must not keep this process running.
  if (shell.stdin instanceof Socket) shell.stdin.unref();
  return {
    register: (pid) => void shell.stdin.write(`${pid}\n`),
    dismiss: () => void shell.kill('SIGKILL'),
  };
}

/**
 * Starts a program with its output in `<logs>/<name>.log`, in a process group of its own: a Ctrl-C meant for the parent, which may still need the API
 * server to clean up, doesn't reach it.
 */
export function startDaemon(command: string, args: readonly string[], logs: string, watch: DeathWatch): Daemon {
  const name = path.basename(command);
  const logFile = path.join(logs, `${name}.log`);
  const output = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', output, output], detached: true });
  closeSync(output);
  if (child.pid !== undefined) watch.register(child.pid);
  let stopping = false;
  const died = new Promise<never>((_resolve, reject) => {
    child.once('error', (cause) => reject(new Error(`${name} could not be started: ${cause.message}`, { cause })));
    child.once('exit', (code, signal) => {
      if (!stopping)
        reject(new Error(`${name} ended by itself (${signal ?? `exit ${code ?? '?'}`}); its log ends with:\n${tail(logFile)}`));
    });
  });
  // Whoever waits for it races against it; nobody waiting is no crash.
  died.catch(() => undefined);
  const stop = async (): Promise<void> => {
    stopping = true;
    await end(child);
  };
  return { name, died, stop };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const abort = new AbortController();
  const patience = delay(PATIENCE, undefined, { signal: abort.signal }).then(
    () => child.kill('SIGKILL'),
    () => undefined,
  );
  await exited;
  abort.abort();
  await patience;
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
}
