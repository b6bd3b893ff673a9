import { startControlPlane } from '../../test/bed/control-plane.ts';
import { resolveAuthentikTarget } from '../../test/e2e/environment/authentik-target.ts';
import { createMarketApplication } from '../../test/e2e/environment/market-application.ts';
import { resolveMailTarget } from '../../test/e2e/environment/mail-target.ts';
import { startMarket } from '../../test/market/market.ts';
import { namesFor } from '../names.ts';
import type { Progress, Shown, Step } from '../runner.ts';
import type { Scene } from '../scene.ts';

/** What the guide takes for granted: a cluster, an Authentik, a mail server. */
export const startSteps: readonly Step[] = [
  { act: 'What has to be there', doing: 'start a Kubernetes API server', run: startApiServer },
  { doing: 'reach Authentik', run: reachAuthentik },
  { doing: 'reach a mail server', run: reachMailServer },
  { doing: 'open a market', run: openMarket },
  { doing: 'note what Authentik holds', run: noteState },
];

async function startApiServer(scene: Scene, progress: Progress): Promise<Shown> {
  const controlPlane = await startControlPlane({ log: progress });
  scene.undoLater('stop the API server', async () => controlPlane.stop());
  scene.put('controlPlane', controlPlane);
  const { stdout } = await controlPlane.kubectl(['version', '--output=json']);
  const { serverVersion } = JSON.parse(stdout) as { serverVersion: { gitVersion: string } };
  return { said: `A real Kubernetes API server, ${serverVersion.gitVersion}, with its etcd and two of its controllers (no nodes)` };
}

async function reachAuthentik(scene: Scene): Promise<Shown> {
  const authentik = await resolveAuthentikTarget();
  scene.undoLater('let go of Authentik', async () => authentik.stop());
  scene.put('authentik', authentik);
  scene.put('names', namesFor(authentik.kind));
  const what =
    authentik.kind === 'sim' ? "Authentik's stand-in, which answers as recorded servers of version" : 'A real Authentik, version';
  return { said: `${what} ${await authentik.version()} at ${authentik.url}` };
}

async function reachMailServer(scene: Scene): Promise<Shown> {
  const mail = await resolveMailTarget();
  scene.undoLater('stop the mail server', async () => mail.stop());
  scene.put('mail', mail);
  const at = `${mail.host}:${mail.port}`;
  return { said: mail.kind === 'own' ? `An SMTP server at ${at} that demands a password` : `Your SMTP server at ${at}` };
}

/** The guide's other half, which the operator leaves alone: an application with an OAuth2 provider. */
async function openMarket(scene: Scene): Promise<Shown> {
  const market = await startMarket();
  scene.undoLater('close the market', async () => market.stop());
  scene.put('market', market);
  const slug = scene.get('names').application;
  const application = await createMarketApplication(scene.get('authentik').client, { slug, redirectURI: market.redirectURI });
  scene.undoLater("remove the market's application", async () => application.remove());
  scene.put('application', application);
  return { said: `A market at ${market.url}, and the application ${slug} for it in Authentik, with an OAuth2 provider` };
}

async function noteState(scene: Scene): Promise<Shown> {
  const state = await scene.get('authentik').snapshot();
  scene.put('before', state);
  const count = (list: string): number => Object.keys(state[list] ?? {}).length;
  const [flows, stages, prompts] = [count('/flows/instances/'), count('/stages/all/'), count('/stages/prompt/prompts/')];
  return { said: `Noted what Authentik holds, to compare at the end: ${flows} flows, ${stages} stages, ${prompts} prompts, and so on` };
}
