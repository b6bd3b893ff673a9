import { z } from 'zod';
import { Metrics } from '../../src/metrics.ts';
import { code, fence, GENERATED, table } from './markdown.ts';

const Declared = z.looseObject({ name: z.string(), help: z.string(), labelNames: z.array(z.string()) });

/** Metrics of our own; the rest is what prom-client reports of any Node process, which differs between systems. */
const OWN = 'afo_';

/** The page of metrics, from the registry as it is when the operator runs. */
export async function metricsPage(): Promise<string> {
  const metrics = new Metrics();
  metrics.watchQueue(() => 0);
  const types = new Map((await metrics.registry.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]));
  const rows = metrics.registry
    .getMetricsAsArray()
    .map((metric) => Declared.parse(metric))
    .filter(({ name }) => name.startsWith(OWN))
    .map(({ name, help, labelNames }) => [code(name), types.get(name) ?? '', labelNames.map(code).join(', '), help]);
  metrics.registry.clear();
  return `${GENERATED}# Metrics

The operator answers \`GET /metrics\` in Prometheus' text format, on the port of \`--http-port\` (8080). The chart makes a Service for it.
Beside these there are those of any Node process (\`process_*\`, \`nodejs_*\`).

${table(['Metric', 'Type', 'Labels', 'Meaning'], rows)}
## What to watch

${fence('yaml', ALERTS)}`;
}

const ALERTS = `groups:
  - name: authentik-flow-operator
    rules:
      - alert: AuthentikObjectsNeedAHuman
        expr: sum by (kind) (increase(afo_reconcile_total{outcome="terminal"}[15m])) > 0
        annotations: { summary: "An object is Stalled: kubectl get authentik -A" }
      - alert: AuthentikOutOfReach
        expr: sum(rate(afo_authentik_requests_total{status=~"error|5.."}[10m])) > 0.1
        for: 15m
      - alert: NobodyWorks
        expr: sum(afo_leader) == 0 or absent(afo_leader)
        for: 5m
      - alert: AuthentikIsChangedByOthers
        expr: sum by (kind) (increase(afo_drift_corrected_total[1h])) > 5
        annotations: { summary: "Something or somebody keeps changing what the operator puts back" }
`;
