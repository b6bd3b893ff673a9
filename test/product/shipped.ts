import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../bed/eventually.ts';
import type { OperatorRelease } from '../charts/operator-release.ts';
import { startOperator, type OperatorProcess } from '../e2e/environment/operator-process.ts';
import { imageSettings } from './image-settings.ts';

const BUNDLE = path.resolve(import.meta.dirname, '../../scripts/bundle.ts');
/** With these nothing can be written and no program started: at least as narrow as a container with a read-only root. */
const READ_ONLY = ['--permission', '--allow-fs-read=*'];

/** What the image holds, without the image: the bundle, and how its entry point runs Node. */
export interface Shipped {
  /** Runs it as the release's Deployment says, with a new token of its ServiceAccount; comes back as soon as it listens unless `untilReady`. */
  run(release: OperatorRelease, podName: string, options?: { readonly untilReady?: false }): Promise<OperatorProcess>;
  remove(): Promise<void>;
}

/** Builds the bundle as the Dockerfile does, in a folder of its own. */
export async function buildShipped(): Promise<Shipped> {
  const folder = await mkdtemp(path.join(tmpdir(), 'shipped-'));
  await promisify(execFile)(process.execPath, [BUNDLE, folder]);
  const { flags, env } = await imageSettings();
  return {
    run: async (release, podName, options = {}) =>
      startOperator({
        program: [...READ_ONLY, ...flags, path.join(folder, 'main.js')],
        args: release.args,
        // A kubeconfig in place of the files that the kubelet would put into the pod.
        env: { ...env, ...release.env(podName), KUBECONFIG: await release.kubeconfig() },
        ...options,
      }),
    remove: async () => rm(folder, { recursive: true, force: true }),
  };
}

/** A port that is free now, for the chart's `http.port`. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Resident memory of a process in MB, once two readings a while apart are the same but for a megabyte. */
export async function settledMemoryMB(pid: number): Promise<number> {
  const resident = async (): Promise<number> => Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  let last = await resident();
  return eventually(
    async () => {
      const now = await resident();
      const moved = Math.abs(now - last);
      last = now;
      if (moved > 1) throw new Error(`still moving by ${moved.toFixed(1)} MB`);
      return now;
    },
    { timeout: 60_000, interval: 2_000, message: 'the memory settles' },
  );
}
