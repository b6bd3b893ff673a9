import process from 'node:process';
import * as k8s from '@kubernetes/client-node';
import { readConfig, type Config } from './config.ts';
import { Fitness } from './fitness.ts';
import { serveHttp } from './http-server.ts';
import { currentNamespace, loadKubeConfig } from './kube/kubeconfig.ts';
import { runLeaderElection, type LeaderElection } from './kube/leader-election.ts';
import { leaseNameFor } from './kube/lease-name.ts';
import { createLogger } from './logging.ts';
import { Metrics } from './metrics.ts';
import { FlowOperator } from './operator.ts';
import type { Logger } from './runtime/logger.ts';
import { TermOfOffice } from './runtime/office.ts';
import { Redaction } from './runtime/redaction.ts';
import { VERSION } from './version.ts';

/** client-node needs it. */
const LEAST_NODE = [22, 19] as const;

/** Runs until a signal, a lost lease or an error. Answers the exit code. */
async function main(): Promise<number> {
  const invocation = readConfig(process.argv.slice(2), process.env, VERSION);
  if (invocation.kind === 'exit') {
    (invocation.code === 0 ? process.stdout : process.stderr).write(invocation.text);
    return invocation.code;
  }
  const redaction = new Redaction();
  const log = createLogger(invocation.config.logLevel, redaction);
  // A promise that nobody waits for must not pass unseen, nor leave a half-dead operator behind.
  process.on('unhandledRejection', (error) => {
    log.error({ err: error }, 'a promise was rejected and nobody handled it');
    process.exitCode = 1;
    process.kill(process.pid, 'SIGTERM');
  });
  try {
    return await run(invocation.config, log, redaction);
  } catch (error) {
    log.error({ err: error }, 'the operator could not start');
    return 1;
  }
}

async function run(config: Config, log: Logger, redaction: Redaction): Promise<number> {
  const kubeConfig = loadKubeConfig({ file: config.kubeconfig, context: config.context });
  const metrics = new Metrics();
  const office = new TermOfOffice();
  const operator = new FlowOperator({ config, kubeConfig, log, metrics, redaction, version: VERSION, office });
  const fitness = new Fitness(() => operator.signs, log);
  const ended = new Promise<'signal'>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve('signal'));
  });
  const http = await serveHttp(config.httpPort, config.httpHost, {
    unhealthy: () => fitness.unfit(),
    notReady: () => fitness.notReady(),
    registry: metrics.registry,
  });
  log.info({ version: VERSION, port: http.port, namespaces: config.watchNamespaces, leaderElect: config.leaderElect }, 'starting');
  const started = operator.start().then(() => log.info({}, 'every kind is listed'));
  const outcome = await (config.leaderElect
    ? lead(operator, fitness, office, config, kubeConfig, log, metrics, ended, started)
    : work(operator, office, metrics, ended, started));
  log.info({ outcome }, 'stopping');
  if (outcome === 'lost') return 1;
  await operator.shutDown();
  office.end();
  await http.close();
  await kubeConfig.close();
  log.info({}, 'stopped');
  return 0;
}

async function work(
  operator: FlowOperator,
  office: TermOfOffice,
  metrics: Metrics,
  ended: Promise<'signal'>,
  started: Promise<void>,
): Promise<'signal'> {
  office.extend(Infinity);
  const working = started.then(() => operator.work());
  metrics.leading(true);
  // A failure to start ends the wait; success doesn't.
  await Promise.race([ended, working.then(async () => ended)]);
  return ended;
}

/**
 * Works only while the Lease is ours. Whoever loses it has written for the last time: the office has ended before this answers `lost`,
 * and the process ends at once, long before the Lease does.
 */
async function lead(
  operator: FlowOperator,
  fitness: Fitness,
  office: TermOfOffice,
  config: Config,
  kubeConfig: ReturnType<typeof loadKubeConfig>,
  log: Logger,
  metrics: Metrics,
  ended: Promise<'signal'>,
  started: Promise<void>,
): Promise<'signal' | 'lost'> {
  await Promise.race([ended, started]);
  const election: LeaderElection = runLeaderElection({
    client: kubeConfig.makeApiClient(k8s.CoordinationV1Api),
    namespace: config.leaderElectionNamespace ?? currentNamespace(kubeConfig) ?? 'default',
    name: config.leaseName ?? leaseNameFor(config.watchNamespaces),
    identity: `${config.podName ?? 'operator'}_${crypto.randomUUID()}`,
    office,
    isFit: () => fitness.unfit() === undefined,
    logger: log,
    onStartedLeading: () => {
      metrics.leading(true);
      operator.work();
    },
    onStopping: async () => operator.shutDown(),
  });
  const outcome = await Promise.race([ended, election.done]);
  metrics.leading(false);
  if (outcome === 'lost') return 'lost';
  await election.stop();
  return 'signal';
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1])) {
  process.stderr.write(`authentik-flow-operator needs Node ${LEAST_NODE.join('.')} or later; this is ${process.versions.node}\n`);
  process.exit(2);
}
const code = await main();
process.exit(code === 0 ? Number(process.exitCode ?? 0) : code);
