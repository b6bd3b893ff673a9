import { differences, type Difference } from '../../test/e2e/environment/authentik-state.ts';
import type { Shown, Step } from '../runner.ts';
import type { Scene } from '../scene.ts';

/** Everything goes again, and Authentik is as if nobody had been there. */
export const removalSteps: readonly Step[] = [
  { act: 'Removal', doing: "uninstall the market's chart", run: uninstallMarket },
  { doing: 'remove the people', run: removePeople },
  { doing: 'compare Authentik with how it was', run: compare },
  { doing: "uninstall the operator's chart", run: uninstallOperator },
  { doing: 'stop the operator', run: stopOperator },
];

async function uninstallMarket(scene: Scene): Promise<Shown> {
  await scene.undo("uninstall the market's chart");
  const controlPlane = scene.get('controlPlane');
  const { marketNamespace: namespace } = scene.get('names');
  const { stdout } = await controlPlane.kubectl(['get', 'authentik', '--output=name'], { namespace });
  if (stdout.trim() !== '') throw new Error(`these are still there: ${stdout.trim().replaceAll('\n', ', ')}`);
  return {
    said: 'helm uninstall: all objects are gone; what was made is deleted, what was taken over is given back (its ConfigMap follows by garbage collection)',
  };
}

async function removePeople(scene: Scene): Promise<Shown> {
  const { people, administrator, application } = scene.get('names');
  const usernames = [...people, administrator].map(({ username }) => username);
  for (const username of usernames) await scene.undo(`remove ${username}`);
  await scene.undo("remove the market's application");
  return { said: `Removed what the demo made itself: ${usernames.join(', ')}, and the application ${application}` };
}

async function compare(scene: Scene): Promise<Shown> {
  const authentik = scene.get('authentik');
  const all = differences(scene.get('before'), await authentik.snapshot());
  const ours = authentik.kind === 'sim' ? all : all.filter((difference) => isOurs(difference, scene));
  if (ours.length > 0) throw new Error(`Authentik differs from how it was: ${ours.map(describe).join('; ')}`);
  const others = all.map(describe).join('; ');
  return {
    said: `Authentik is as it was: no object more or less, no field changed${others === '' ? '' : ` (by others meanwhile: ${others})`}`,
  };
}

/** A server of many people changes while we look: what they add and remove is not ours, unless it has our names. */
function isOurs({ change, name }: Difference, scene: Scene): boolean {
  const { slug, emailStage, redirectStage } = scene.get('names');
  return change === 'changed' || [slug, emailStage, redirectStage].some((own) => name.includes(own));
}

function describe({ list, name, change, fields }: Difference): string {
  return `${list} "${name}" ${change}${fields.length === 0 ? '' : ` (${fields.join(', ')})`}`;
}

async function uninstallOperator(scene: Scene): Promise<Shown> {
  await scene.undo("uninstall the operator's chart");
  return { said: 'helm uninstall: the operator has no rights any more; the nine kinds stay (crds.keep)' };
}

async function stopOperator(scene: Scene): Promise<Shown> {
  await scene.undo('stop the operator');
  const code = await scene.get('operator').ended;
  if (code !== 0) throw new Error(`the operator ended with exit code ${code}`);
  return { said: 'SIGTERM, as the kubelet sends it: the operator ended in order, exit code 0' };
}
