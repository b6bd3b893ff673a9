import { resolveTools } from '../../test/bed/tools.ts';
import { PAUSED_ANNOTATION } from '../../src/api/v1alpha1/group.ts';
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
      // The stand-in is an API without pages, and a browser would show nothing.
      `Authentik   ${authentik.url}${authentik.kind === 'sim' ? ' (the API and the flow executor only; no web pages)' : ''}`,
      // The token of somebody's real server isn't ours to show.
      ...(authentik.kind === 'sim' ? [`API token   ${authentik.adminToken}`] : []),
      `Market      ${scene.get('market').url}`,
      `Sign-up     ${scene.get('signUpURL')}`,
      `Login       ${person.username}, password ${person.password}`,
      ...(authentik.kind === 'sim'
        ? [`Look        curl -s '${authentik.url}/api/v3/flows/executor/${scene.get('names').slug}/?query='`]
        : []),
      `Try         sed -n '/^\`\`\`yaml/,/^\`\`\`/p' README.md | sed '/^\`\`\`/d; s#https://auth.example.com#${authentik.url}#' | kubectl apply -f -`,
      `Metrics     http://127.0.0.1:${scene.get('operator').httpPort}/metrics`,
    ].join('\n'),
  );
  scene.output.quote(
    `The operator watches the namespace ${scene.get('names').marketNamespace} only. A second Ctrl-C ends at once, without removing anything.`,
  );
  await scene.interruption.awaited();
  await removeOwn(scene);
  return { said: 'Ctrl-C: everything is removed now' };
}

/** What somebody tried out here uses the connection, which would wait for it. */
async function removeOwn(scene: Scene): Promise<void> {
  const namespace = scene.get('names').marketNamespace;
  const controlPlane = scene.get('controlPlane');
  await controlPlane.kubectl(['annotate', 'authentik', '--all', `${PAUSED_ANNOTATION}-`], { namespace });
  await controlPlane.kubectl(
    ['delete', 'authentik', '--selector=app.kubernetes.io/managed-by!=Helm', '--ignore-not-found', '--wait=false'],
    { namespace },
  );
}
