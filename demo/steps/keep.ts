import { resolveTools } from '../../test/bed/tools.ts';
import type { Shown, Step } from '../runner.ts';
import type { Scene } from '../scene.ts';

/** Leaves everything running until Ctrl-C; the removal follows then. */
export const keepStep: Step = { act: 'Yours to look at, until Ctrl-C', doing: 'wait for Ctrl-C', unhurried: true, run: keep };

async function keep(scene: Scene): Promise<Shown> {
  const { kubectl } = await resolveTools();
  const [person] = scene.get('names').people;
  const authentik = scene.get('authentik');
  scene.output.quote(
    [
      `export KUBECONFIG=${scene.get('controlPlane').kubeconfigPath}`,
      `alias kubectl=${kubectl}`,
      `kubectl --namespace ${scene.get('names').marketNamespace} get authentik`,
      '',
      `Authentik   ${authentik.url}`,
      // The token of somebody's real server isn't ours to show.
      ...(authentik.kind === 'sim' ? [`API token   ${authentik.token}`] : []),
      `Sign-up     ${scene.get('signUpURL')}`,
      `Login       ${person.username}, password ${person.password}`,
      `Metrics     http://127.0.0.1:${scene.get('operator').httpPort}/metrics`,
    ].join('\n'),
  );
  await scene.interruption.awaited();
  return { said: 'Ctrl-C: everything is removed now' };
}
