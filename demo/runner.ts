import type { Scene } from './scene.ts';

/** What a step has to show. */
export interface Shown {
  /** Completes the step's line. */
  readonly said: string;
  /** Printed below it as it is. */
  readonly quote?: string;
}

/** Tells what goes on within a step that takes long. */
export type Progress = (text: string) => void;

export interface Step {
  /** Printed before the step's line when it is the first of its act. */
  readonly act?: string;
  /** Names the step while it runs and when it fails: "install the operator's chart". */
  readonly doing: string;
  /** Waits for a person: no reminders that it is still running. */
  readonly unhurried?: boolean;
  /** @throws whatever goes wrong; the runner tells it. */
  readonly run: (scene: Scene, progress: Progress) => Promise<Shown>;
}

/** A step that says nothing gets a line of progress this often (milliseconds). */
const REMINDER = 10_000;

/**
 * Runs the steps one after the other, each with one line and the time it took.
 *
 * @throws what the first failing step throws, after its line; the steps behind it don't run.
 */
export async function runSteps(steps: readonly Step[], scene: Scene): Promise<void> {
  const { output, interruption } = scene;
  for (const { act, doing, unhurried = false, run } of steps) {
    if (act !== undefined) output.heading(act);
    const started = performance.now();
    const elapsed = (): number => performance.now() - started;
    const reminder = setInterval(() => unhurried || output.progress(`${doing}, ${Math.round(elapsed() / 1000)} s so far`), REMINDER);
    const progress: Progress = (text) => {
      output.progress(text);
      reminder.refresh();
    };
    try {
      const { said, quote } = await interruption.orInterrupted(run(scene, progress));
      output.succeeded(elapsed(), said);
      if (quote !== undefined) output.quote(quote);
    } catch (error) {
      output.failed(elapsed(), `${doing}: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    } finally {
      clearInterval(reminder);
    }
  }
}
