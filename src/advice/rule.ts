import type { FlowModel } from './flow-model.ts';

/**
 * How bad it is:
 * - `error`: the wrong ones get in, an account is lost, or nobody gets through;
 * - `warning`: something is hardly meant as it is;
 * - `info`: may be meant, and should be known.
 */
export type Severity = 'error' | 'warning' | 'info';

/** What a rule found. */
export interface Finding {
  /** What is so, what follows from it, and what to write instead; short, and without a full stop. */
  readonly text: string;
  /** The names of the stages that cause it; empty when it is the flow itself. */
  readonly stages: readonly string[];
}

/** One thing that a flow should not be. */
export interface Rule<Id extends string = string> {
  /** Also the reason that a condition gives. */
  readonly id: Id;
  readonly severity: Severity;
  /** What decides it, by the names of the spec. */
  readonly looksAt: readonly string[];
  /** Nothing when all is well, and nothing when what decides isn't known. */
  readonly check: (flow: FlowModel) => readonly Finding[];
}

export function found(text: string, ...stages: readonly string[]): readonly Finding[] {
  return [{ text, stages }];
}

export const NOTHING: readonly Finding[] = [];

/** `"a", "b"`: names as messages show them. */
export function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
