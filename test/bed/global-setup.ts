import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from './eventually.ts';
import { connectControlPlane, startControlPlane, type ControlPlane } from './control-plane.ts';

declare global {
  /** The control plane of this jest run; set-up and tear-down share nothing but the global object. */
  var bed: ControlPlane | undefined;
}

const CRDS = path.resolve(import.meta.dirname, '../../crds');

/**
 * Starts one API server for all test files, which find it by `BED_KUBECONFIG`, and applies the CRDs. A `BED_KUBECONFIG` that is already set is used as
 * it is: start a bed once, run the tests many times.
 */
export default async function setUp(): Promise<void> {
  const running = process.env['BED_KUBECONFIG'];
  if (running === undefined || running === '') {
    const started = Date.now();
    globalThis.bed = await startControlPlane({ log: say });
    process.env['BED_KUBECONFIG'] = globalThis.bed.kubeconfigPath;
    say(`API server ready in ${((Date.now() - started) / 1000).toFixed(1)} s at ${globalThis.bed.server}`);
  }
  const controlPlane = globalThis.bed ?? connectControlPlane(running ?? '');
  try {
    await applyCrds(controlPlane);
  } catch (error) {
    // Jest runs no tear-down after a failed set-up.
    await globalThis.bed?.stop();
    throw error;
  }
}

async function applyCrds(controlPlane: ControlPlane): Promise<void> {
  const entries = await readdir(CRDS).catch(() => []);
  const files = entries.filter((file) => file.endsWith('.yaml')).map((file) => path.join(CRDS, file));
  if (files.length === 0) return;
  const chosen = files.flatMap((file) => ['--filename', file]);
  await controlPlane.kubectl(['apply', '--server-side', '--force-conflicts', ...chosen]);
  await controlPlane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...chosen]);
  // Established is said a moment before the first list is answered.
  const resources = files.map((file) => path.basename(file, '.yaml').split('_').reverse().join('.'));
  for (const resource of resources)
    await eventually(async () => controlPlane.kubectl(['get', resource, '--all-namespaces']), { message: `${resource} is not served` });
  say(`${files.length} CRDs established`);
}

function say(line: string): void {
  process.stderr.write(`bed: ${line}\n`);
}
