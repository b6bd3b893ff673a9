import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { KINDS } from './api/v1alpha1/kinds.ts';
import type { RequestRecord } from './authentik/line.ts';
import type { ReconcileMetrics } from './runtime/environment.ts';

/** How a pass may end, as `afo_reconcile_total` counts it. */
const OUTCOMES = ['ready', 'paused', 'gone', 'conflict', 'waiting', 'transient', 'terminal'];

/** Every metric of the operator, declared in one place; `docs/metrics.md` lists them. */
export class Metrics implements ReconcileMetrics {
  readonly registry = new Registry();
  readonly #reconciles = new Counter({
    name: 'afo_reconcile_total',
    help: 'Passes over one object, by kind and how they ended (ready, paused, gone, conflict, waiting, transient, terminal).',
    labelNames: ['kind', 'outcome'],
    registers: [this.registry],
  });
  readonly #seconds = new Histogram({
    name: 'afo_reconcile_duration_seconds',
    help: 'Duration of a pass over one object.',
    labelNames: ['kind', 'outcome'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60],
    registers: [this.registry],
  });
  readonly #drift = new Counter({
    name: 'afo_drift_corrected_total',
    help: 'Changes made by others in Authentik that were put back.',
    labelNames: ['kind'],
    registers: [this.registry],
  });
  readonly #requests = new Counter({
    name: 'afo_authentik_requests_total',
    help: 'Requests to Authentik, by method, path template and status; "error" when no answer came.',
    labelNames: ['method', 'path', 'status'],
    registers: [this.registry],
  });
  readonly #requestSeconds = new Histogram({
    name: 'afo_authentik_request_duration_seconds',
    help: 'Duration of a request to Authentik.',
    labelNames: ['method', 'path'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.registry],
  });
  readonly #restarts = new Counter({
    name: 'afo_watch_restarts_total',
    help: 'Watches of the API server that were opened anew, by kind and why.',
    labelNames: ['kind', 'reason'],
    registers: [this.registry],
  });
  readonly #leader = new Gauge({ name: 'afo_leader', help: '1 while this replica does the work.', registers: [this.registry] });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    // A counter that begins with its first event has no increase then, and no alert sees it.
    for (const { kind } of KINDS) {
      for (const outcome of OUTCOMES) this.#reconciles.inc({ kind, outcome }, 0);
      this.#drift.inc({ kind }, 0);
    }
  }

  reconciled(kind: string, outcome: string, seconds: number): void {
    this.#reconciles.inc({ kind, outcome });
    this.#seconds.observe({ kind, outcome }, seconds);
  }

  driftCorrected(kind: string): void {
    this.#drift.inc({ kind });
  }

  request({ method, template, status, durationMs }: RequestRecord): void {
    this.#requests.inc({ method, path: template, status: String(status) });
    this.#requestSeconds.observe({ method, path: template }, durationMs / 1000);
  }

  watchRestarted(kind: string, reason: string): void {
    this.#restarts.inc({ kind, reason });
  }

  leading(yes: boolean): void {
    this.#leader.set(yes ? 1 : 0);
  }

  /** Shows the depth of the queue whenever the metrics are asked for. */
  watchQueue(depth: () => number): void {
    const show = function (this: Gauge): void {
      this.set(depth());
    };
    new Gauge({ name: 'afo_workqueue_depth', help: 'Objects that wait for a worker.', registers: [this.registry], collect: show });
  }
}
