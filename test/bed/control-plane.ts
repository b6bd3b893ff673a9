import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { resolveAssets, type Assets } from './assets.ts';
import { AUDIT_POLICY, auditFile } from './audit.ts';
import type { Log } from './cache.ts';
import { connectControlPlane, type ControlPlane } from './cluster.ts';
import { startDaemon, startDeathWatch, type Daemon, type DeathWatch } from './daemon.ts';
import { eventually } from './eventually.ts';
import { writeKubeconfig, type Access } from './kubeconfig.ts';
import { resolveTools } from './tools.ts';

export { connectControlPlane, type ControlPlane } from './cluster.ts';

export interface ControlPlaneOptions {
  /** Gets a line for each long step, and for a program that ends by itself; nothing is printed unless given. */
  readonly log?: Log;
  /** Where etcd's data, keys, kubeconfigs and logs live; kept at the end. A temporary folder that is removed unless given. */
  readonly dataDir?: string;
}

/** Ready within this time on a machine with other work to do (milliseconds); 4 s on two idle cores. */
const READY_TIMEOUT = 90_000;

/**
 * Starts etcd, kube-apiserver and the parts of kube-controller-manager that delete namespaces and collect garbage, on free ports of 127.0.0.1, and
 * waits until the API server is ready. They end with `stop`, or with this process, however it ends. There are no nodes: no pod ever runs.
 *
 * @throws when a program is missing (see `resolveAssets`), ends by itself (with the tail of its log), or isn't ready in time; nothing is left running.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const log = options.log ?? (() => undefined);
  const assets = await resolveAssets(log);
  await resolveTools(log);
  const temporary = options.dataDir === undefined ? await mkdtemp(path.join(tmpdir(), 'control-plane-')) : undefined;
  const folder = temporary ?? path.resolve(options.dataDir ?? '.');
  const watch = startDeathWatch(temporary);
  const daemons: Daemon[] = [];
  const stop = async (): Promise<void> => {
    // Last started, first stopped: nothing complains about a server that went away.
    for (const daemon of daemons.reverse()) await daemon.stop();
    watch.dismiss();
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  };
  try {
    const kubeconfigPath = await startPrograms(assets, folder, watch, daemons);
    for (const daemon of daemons) daemon.died.catch((error: unknown) => log(String(error)));
    return { ...connectControlPlane(kubeconfigPath), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startPrograms(assets: Assets, folder: string, watch: DeathWatch, daemons: Daemon[]): Promise<string> {
  const at = (...names: string[]): string => path.join(folder, ...names);
  const logs = at('logs');
  await mkdir(logs, { recursive: true });
  await mkdir(at('home'), { recursive: true });
  await writeFile(at('audit-policy.json'), JSON.stringify(AUDIT_POLICY));
  const start = (command: string, args: readonly string[]): void => void daemons.push(startDaemon(command, args, logs, watch));
  const [etcdPort, apiPort] = await freePorts();
  const { adminToken, controllerToken } = await writeIdentities(folder);

  start(assets.etcd, etcdArguments(at('etcd'), etcdPort));
  start(assets['kube-apiserver'], apiServerArguments(folder, etcdPort, apiPort));
  const server = `https://127.0.0.1:${apiPort}`;
  const caPem = await ready(server, adminToken, at('certs', 'apiserver.crt'), daemons);

  await writeKubeconfig(at('controller-manager.kubeconfig'), { server, caPem, token: controllerToken });
  start(assets['kube-controller-manager'], [
    `--kubeconfig=${at('controller-manager.kubeconfig')}`,
    '--controllers=namespace-controller,garbage-collector-controller',
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    '--secure-port=0',
  ]);
  const kubeconfigPath = at('admin.kubeconfig');
  await writeKubeconfig(kubeconfigPath, { server, caPem, token: adminToken });
  return kubeconfigPath;
}

function etcdArguments(dataDir: string, port: number): readonly string[] {
  const url = `http://127.0.0.1:${port}`;
  return [
    `--data-dir=${dataDir}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    '--listen-peer-urls=http://127.0.0.1:0',
    // The data lives as long as a test run: it need not survive a power cut.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

function apiServerArguments(folder: string, etcdPort: number, port: number): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--cert-dir=${path.join(folder, 'certs')}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    '--authorization-mode=RBAC',
    `--token-auth-file=${path.join(folder, 'tokens.csv')}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${path.join(folder, 'service-account.pub')}`,
    `--service-account-signing-key-file=${path.join(folder, 'service-account.key')}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    // No controller makes the ServiceAccount `default` that this plugin would demand for pods, and a Service needs no endpoints of the server itself.
    '--disable-admission-plugins=ServiceAccount',
    '--endpoint-reconciler-type=none',
    '--allow-privileged=true',
    `--audit-policy-file=${path.join(folder, 'audit-policy.json')}`,
    `--audit-log-path=${auditFile(folder)}`,
    // In megabytes: one file for a whole test run.
    '--audit-log-maxsize=2000',
  ];
}

/** Keys for ServiceAccount tokens, and the tokens of the two users. A folder used before keeps its keys, so that tokens given out stay valid. */
async function writeIdentities(folder: string): Promise<{ adminToken: string; controllerToken: string }> {
  const keyFile = path.join(folder, 'service-account.key');
  if (!existsSync(keyFile)) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(path.join(folder, 'service-account.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    await writeFile(keyFile, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  }
  const [adminToken, controllerToken] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
  const users = [
    `${adminToken},bed-admin,bed-admin,"system:masters"`,
    `${controllerToken},bed-controllers,bed-controllers,"system:masters"`,
  ];
  await writeFile(path.join(folder, 'tokens.csv'), `${users.join('\n')}\n`, { mode: 0o600 });
  return { adminToken, controllerToken };
}

/** Waits until the server is ready and has its first namespace; answers the certificate chain that it made for itself. */
async function ready(server: string, token: string, certificate: string, daemons: readonly Daemon[]): Promise<string> {
  const check = async (): Promise<string> => {
    const access: Access = { server, token, caPem: await readFile(certificate, 'utf8') };
    await get(access, '/readyz');
    await get(access, '/api/v1/namespaces/default');
    return access.caPem;
  };
  const abort = new AbortController();
  const waiting = eventually(check, { timeout: READY_TIMEOUT, message: 'kube-apiserver is ready', signal: abort.signal });
  try {
    return await Promise.race([waiting, ...daemons.map(({ died }) => died)]);
  } finally {
    abort.abort();
  }
}

async function get({ server, token, caPem }: Access, location: string): Promise<void> {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const options = { ca: caPem, headers: { authorization: `Bearer ${token}` }, agent: false, timeout: 5_000 };
    const call = request(new URL(location, server), options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on('timeout', () => call.destroy(new Error('no answer in 5 s')));
    call.on('error', reject);
    call.end();
  });
  if (status !== 200) throw new Error(`GET ${location} answered ${status ?? 'nothing'}`);
}

/** Two ports that are free now; both are held until both are known, so they differ. */
async function freePorts(): Promise<[number, number]> {
  const probes = [createServer(), createServer()];
  const ports = await Promise.all(
    probes.map(
      async (probe) =>
        new Promise<number>((resolve, reject) => {
          probe.once('error', reject);
          probe.listen(0, '127.0.0.1', () => {
            const address = probe.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(probes.map(async (probe) => new Promise((resolve) => probe.close(resolve))));
  return [ports[0] ?? 0, ports[1] ?? 0];
}
