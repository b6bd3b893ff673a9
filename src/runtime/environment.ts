import type { DependencyIndex } from './dependency-index.ts';
import type { EventRecorder } from './events.ts';
import type { Patience } from './patience.ts';
import type { Pass } from './pass.ts';
import type { ObjectStore } from './store.ts';

/** Counts what the engine does; the names of the metrics are declared in `src/metrics.ts`. */
export interface ReconcileMetrics {
  reconciled(kind: string, outcome: string, seconds: number): void;
  driftCorrected(kind: string): void;
}

/** What the steps work with. */
export interface Environment {
  readonly store: ObjectStore;
  readonly index: DependencyIndex;
  readonly events: EventRecorder;
  readonly metrics: ReconcileMetrics;
  /** Our finalizer. */
  readonly finalizer: string;
  readonly annotations: { readonly paused: string; readonly forceDelete: string; readonly abandon: string };
  /** Why a spec can't be worked with; undefined when it can. */
  readonly specProblem: (kind: string, spec: unknown) => string | undefined;
  /** Without it every verdict is written at once. */
  readonly patience?: Patience;
  /** Takes the secrets of these namespaces out of a text. */
  readonly redact: (text: string, namespaces: readonly string[]) => string;
  /** RFC 3339, to the second, as Kubernetes writes times. */
  now(): string;
  /** RFC 3339: when we began to work. Whatever a status says to be under way since before was somebody else's doing. */
  readonly startedAt: string;
  /** Writes the status as it stands now, in the middle of a pass. */
  flush(pass: Pass<never> | Pass<unknown>): Promise<void>;
}
