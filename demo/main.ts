/**
 * The guide, shown from the first command to the last: `make demo`. The environment says with what: see `make help`.
 */
import { explain } from './explain.ts';
import { Interruption } from './interruption.ts';
import { Output } from './output.ts';
import { runSteps, type Step } from './runner.ts';
import { Scene } from './scene.ts';
import { administratorSteps } from './steps/administrator.ts';
import { installSteps } from './steps/install.ts';
import { keepStep } from './steps/keep.ts';
import { removalSteps } from './steps/remove.ts';
import { rotationSteps } from './steps/rotate.ts';
import { signUpSteps } from './steps/sign-up.ts';
import { startSteps } from './steps/start.ts';

const CLOSING = `
Shown: a sign-up as the guide describes it, declared by two charts, made by an operator with no more rights than it needs, used by two
people to get into a market, refused to somebody signed in, changed while it ran, and removed without a trace.

Where to look next:
  README.md                        how to install it, and what to do when something is not Ready
  helm/market-enrollment           the guide as values; helm/authentik-flow-operator the operator
  deploy/market-enrollment.yaml    the same as plain manifests
  make demo KEEP=1                 the same, left running for your own kubectl
`;

const keep = !['', '0', 'false'].includes(process.env['KEEP'] ?? '');
const steps: readonly Step[] = [
  ...startSteps,
  ...installSteps,
  ...signUpSteps,
  ...rotationSteps,
  ...administratorSteps,
  ...(keep ? [keepStep] : []),
  ...removalSteps,
];

async function main(): Promise<number> {
  const output = new Output();
  const interruption = new Interruption();
  const scene = new Scene(output, interruption);
  const started = performance.now();
  let code = 0;
  try {
    await runSteps(steps, scene);
    output.line(CLOSING);
  } catch {
    // The runner has told what went wrong, in the line of the step.
    code = interruption.happened ? 130 : 1;
    if (!interruption.happened) await explain(scene);
    output.heading('Cleaning up');
  }
  const clean = await scene.undoAll();
  output.line(`${code === 0 && clean ? 'Done' : 'Ended'} after ${Math.round((performance.now() - started) / 1000)} s.`);
  return code === 0 && !clean ? 1 : code;
}

process.exit(await main());
