import path from 'node:path';
import { z } from 'zod';
import { GROUP } from '../../src/api/v1alpha1/group.ts';
import { startOperator } from '../../test/e2e/environment/operator-process.ts';
import { requestCounts } from '../request-counts.ts';
import type { Shown, Step } from '../runner.ts';
import type { Scene } from '../scene.ts';
import { applySecret, smtpSettings } from '../secrets.ts';

const HELM = path.resolve(import.meta.dirname, '../../helm');
/** A real server on a busy machine takes half a minute for the whole guide. */
const READY_TIMEOUT = '180s';

/** From two charts to a sign-up that works, with the commands that an administrator would use. */
export const installSteps: readonly Step[] = [
  { act: 'Installation, by two charts', doing: "install the operator's chart", run: installOperator },
  { doing: "run the operator as its chart's ServiceAccount", run: runOperator },
  { doing: 'create the two Secrets', run: createSecrets },
  { doing: "install the market's chart", run: installMarket },
  { doing: 'wait until all objects are Ready', run: waitUntilReady },
  { doing: 'start the market with what was published', run: readPublished },
];

async function installOperator(scene: Scene): Promise<Shown> {
  const controlPlane = scene.get('controlPlane');
  const names = scene.get('names');
  await controlPlane.kubectl(['create', 'namespace', names.marketNamespace]);
  const values = {
    // No image is run here: there are no nodes.
    image: { repository: 'registry.example.com/authentik-flow-operator' },
    watchNamespaces: [names.marketNamespace],
    rbac: { secretNames: [names.tokenSecret, names.smtpSecret] },
  };
  scene.undoLater("uninstall the operator's chart", async () =>
    controlPlane.helm(['uninstall', names.operatorRelease, '--ignore-not-found', '--wait', '--timeout=60s'], {
      namespace: names.operatorNamespace,
    }),
  );
  await controlPlane.helm(
    ['install', names.operatorRelease, path.join(HELM, 'authentik-flow-operator'), '--create-namespace', '--values', '-'],
    { namespace: names.operatorNamespace, input: JSON.stringify(values) },
  );
  const selector = ['crd', '--selector=app.kubernetes.io/part-of=authentik-flow-operator'];
  await controlPlane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', ...selector]);
  return { said: `helm install ${names.operatorRelease}: nine kinds, and rights in the namespace ${names.marketNamespace} only` };
}

const Deployment = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({ serviceAccountName: z.string(), containers: z.tuple([z.object({ args: z.array(z.string()) })]) }),
    }),
  }),
});

/** There are no nodes, so the pod's container runs here: same program, same arguments, same ServiceAccount. */
async function runOperator(scene: Scene): Promise<Shown> {
  const controlPlane = scene.get('controlPlane');
  const names = scene.get('names');
  const namespace = names.operatorNamespace;
  const { stdout } = await controlPlane.kubectl(['get', 'deployment', names.operatorRelease, '--output=json'], { namespace });
  const { serviceAccountName, containers } = Deployment.parse(JSON.parse(stdout)).spec.template.spec;
  const operator = await startOperator({
    kubeconfigPath: await controlPlane.serviceAccountKubeconfig(namespace, serviceAccountName),
    args: containers[0].args.filter((flag) => !flag.startsWith('--http-port')),
    env: { POD_NAME: `${names.operatorRelease}-0`, POD_NAMESPACE: namespace },
  });
  scene.undoLater('stop the operator', async () => operator.stop());
  scene.put('operator', operator);
  return { said: `The operator runs with a token of ServiceAccount ${namespace}/${serviceAccountName} and the flags of its Deployment` };
}

async function createSecrets(scene: Scene): Promise<Shown> {
  const { tokenSecret, smtpSecret, marketNamespace } = scene.get('names');
  await applySecret(scene, tokenSecret, { token: scene.get('authentik').token });
  await applySecret(scene, smtpSecret, smtpSettings(scene));
  return { said: `Two Secrets in the namespace ${marketNamespace}: ${tokenSecret} and ${smtpSecret}` };
}

async function installMarket(scene: Scene): Promise<Shown> {
  const controlPlane = scene.get('controlPlane');
  const authentik = scene.get('authentik');
  const names = scene.get('names');
  const values = {
    market: { url: scene.get('market').url, application: scene.get('application').slug },
    authentik: { url: authentik.url, tokenSecret: { name: names.tokenSecret } },
    registration: { slug: names.slug, stageNames: { email: names.emailStage, redirect: names.redirectStage } },
    email: { smtpSecretName: names.smtpSecret },
    output: { configMap: names.configMap },
  };
  const namespace = names.marketNamespace;
  scene.undoLater("uninstall the market's chart", async () =>
    controlPlane.helm(['uninstall', names.marketRelease, '--ignore-not-found', '--wait', '--timeout=180s'], { namespace }),
  );
  await controlPlane.helm(['install', names.marketRelease, path.join(HELM, 'market-enrollment'), '--values', '-'], {
    namespace,
    input: JSON.stringify(values),
  });
  return { said: `helm install ${names.marketRelease}: the guide as values` };
}

async function waitUntilReady(scene: Scene): Promise<Shown> {
  const [controlPlane, namespace] = [scene.get('controlPlane'), scene.get('names').marketNamespace];
  try {
    await controlPlane.kubectl(['wait', '--for=condition=Ready', 'authentik', '--all', `--timeout=${READY_TIMEOUT}`], { namespace });
  } catch (error) {
    // kubectl also complains of objects that are Ready, once the time is used up by others.
    throw new Error(`not all objects were Ready within ${READY_TIMEOUT}`, { cause: error });
  }
  const { reads, writes, visits } = requestCounts(await scene.get('operator').metrics());
  const { stdout } = await controlPlane.kubectl(['get', 'authentik'], { namespace });
  return {
    said: `kubectl wait: all are Ready, by ${writes} writes and ${reads} reads on Authentik, and ${visits} looks as a visitor. kubectl get authentik says (without the kinds' group):`,
    quote: withoutGroup(stdout),
  };
}

/** Takes the group out of the names in kubectl's tables, and as much out of their headers, so that they fit a screen. */
function withoutGroup(tables: string): string {
  const group = `.${GROUP}`;
  return tables.replaceAll(`${group}/`, '/').replace(new RegExp(`^NAME {${group.length}}`, 'gm'), 'NAME');
}

const Binding = z.object({ status: z.object({ signUpURL: z.string() }) });

async function readPublished(scene: Scene): Promise<Shown> {
  const controlPlane = scene.get('controlPlane');
  const names = scene.get('names');
  const namespace = names.marketNamespace;
  const { stdout } = await controlPlane.kubectl(['get', 'enrollmentbinding', names.slug, '--output=json'], { namespace });
  const { signUpURL } = Binding.parse(JSON.parse(stdout)).status;
  scene.put('signUpURL', signUpURL);
  const { stdout: data } = await controlPlane.kubectl(['get', 'configmap', names.configMap, '--output=json'], { namespace });
  const variables = z.object({ data: z.record(z.string(), z.string()) }).parse(JSON.parse(data)).data;
  // As `envFrom` does it: the ConfigMap, and the client secret from a Secret of the market's own.
  scene.get('market').restart({ ...variables, OIDC_CLIENT_SECRET: scene.get('application').clientSecret });
  return {
    said: `Sign-up is published: ${signUpURL}; the market starts with its client secret and ConfigMap ${names.configMap}:`,
    quote: Object.entries(variables)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
  };
}
