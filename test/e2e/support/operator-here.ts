import type { Config } from '../../../src/config.ts';
import { loadKubeConfig } from '../../../src/kube/kubeconfig.ts';
import { createLogger } from '../../../src/logging.ts';
import { Metrics } from '../../../src/metrics.ts';
import { FlowOperator } from '../../../src/operator.ts';
import { TermOfOffice } from '../../../src/runtime/office.ts';
import { Redaction } from '../../../src/runtime/redaction.ts';

/** The operator in the test's own process. */
export interface OperatorHere {
  /** Everything that it logged, at level debug, as it would appear on standard output. */
  readonly log: readonly string[];
  readonly metrics: Metrics;
  stop(): Promise<void>;
}

/** Starts the operator as `src/main.ts` does, without its process, its HTTP server and its Lease. Returns once it works. */
export async function startOperatorHere(
  kubeconfig: string,
  settings: Pick<Config, 'watchNamespaces'> & Partial<Config>,
): Promise<OperatorHere> {
  const log: string[] = [];
  const redaction = new Redaction();
  const kubeConfig = loadKubeConfig({ file: kubeconfig });
  const metrics = new Metrics();
  const config: Config = {
    configMapNames: [],
    invitationSecretNames: [],
    requireSecretLabel: false,
    leaderElect: false,
    httpPort: 0,
    workers: 4,
    logLevel: 'debug',
    ...settings,
  };
  const logger = createLogger(config.logLevel, redaction, { write: (line) => void log.push(line) });
  const office = new TermOfOffice();
  office.extend(Infinity);
  const operator = new FlowOperator({ config, kubeConfig, log: logger, metrics, redaction, version: '0.0.0-e2e', office });
  await operator.start();
  operator.work();
  return {
    log,
    metrics,
    stop: async () => {
      await operator.shutDown();
      await kubeConfig.close();
    },
  };
}
