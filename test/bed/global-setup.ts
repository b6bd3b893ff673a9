import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { installOperator } from '../charts/operator-release.ts';
import { eventually } from './eventually.ts';
import { connectControlPlane, startControlPlane, type ControlPlane } from './control-plane.ts';

declare global {
  /** The control plane of this jest run; set-up and tear-down share nothing but the global object. */
  var bed: ControlPlane | undefined;
}

const CRDS = path.resolve(import.meta.dirname, '../../crds');

/**
 * Starts one API server for all test files, which find it by `BED_KUBECONFIG`, applies the CRDs, and installs the operator's chart for its rights. A `BED_KUBECONFIG` that is already set is used as
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
    process.env['BED_OPERATOR_KUBECONFIG'] = await operatorRights(controlPlane);
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

/**
 * The ConfigMaps that the tests have markets read. In the operator's own configuration of a scenario any name will do; its rights decide.
 */
const CONFIG_MAPS = ['market-sign-up', 'market-registration', 'taken', 'free'];

/** A token of the chart's ServiceAccount, for all scenarios: nothing that is tested runs as the cluster's administrator. Answers its kubeconfig. */
async function operatorRights(controlPlane: ControlPlane): Promise<string> {
  const release = await installOperator(controlPlane, {
    namespace: 'e2e-operator',
    values: { rbac: { configMapNames: CONFIG_MAPS, invitationSecretNames: ['invitation-link'] } },
  });
  return release.kubeconfig();
}

function say(line: string): void {
  process.stderr.write(`bed: ${line}\n`);
}
