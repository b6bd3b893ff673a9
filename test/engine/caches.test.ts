/** When Authentik is told to forget what its policies decided: each time costs two writes, and once too few lets somebody pass. */
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';
import { EngineBed } from './engine-bed.ts';

const BOTH = ['/api/v3/flows/instances/cache_clear/', '/api/v3/policies/all/cache_clear/'];
const WHEN_PLANNED = { evaluateOnPlan: true, reEvaluatePolicies: true };
const WHEN_RUN = { evaluateOnPlan: false, reEvaluatePolicies: true };

let sim: AuthentikSim;
let bed: EngineBed;

beforeEach(async () => {
  sim = await startAuthentikSim({ version: '2026.2' });
  bed = new EngineBed();
  bed.engine.work();
  bed.connect(sim);
  bed.apply('AuthentikStage', 'form', { type: 'Dummy', dummy: {} });
  for (const name of ['open', 'shut']) {
    bed.apply('AuthentikPolicy', name, { type: 'Expression', expression: { expression: `return ${name === 'open' ? 'True' : 'False'}` } });
    await bed.until('AuthentikPolicy', name, 'True/Reconciled');
  }
});

afterEach(async () => {
  await bed.stop();
  await sim.stop();
});

interface FlowPolicies {
  readonly stage?: object;
  readonly flow?: object;
}
const on = (policy: string): object => ({ policies: [{ order: 0, policyRef: { name: policy } }] });

async function apply({ stage = {}, flow = {} }: FlowPolicies): Promise<readonly string[]> {
  sim.resetRequests();
  bed.apply('AuthentikFlow', 'sign-up', {
    slug: 'sign-up',
    name: 'Sign-up',
    title: 'Sign-up',
    designation: 'enrollment',
    stages: [{ order: 10, stageRef: { name: 'form' }, ...stage }],
    ...flow,
  });
  await bed.until('AuthentikFlow', 'sign-up', 'True/Reconciled');
  return sim.requests
    .map(({ path }) => path)
    .filter((path) => path.endsWith('/cache_clear/'))
    .sort();
}

const cases: readonly {
  readonly reason: string;
  readonly before?: FlowPolicies;
  readonly flow: FlowPolicies;
  readonly forgets: boolean;
}[] = [
  { reason: 'a new stage without policies', flow: {}, forgets: false },
  { reason: 'a new stage whose policies are asked when it is its turn', flow: { stage: { ...WHEN_RUN, ...on('open') } }, forgets: false },
  { reason: "the same by Authentik's own default", flow: { stage: on('open') }, forgets: false },
  {
    reason: 'a new stage whose policies are asked when planning: it is never there without them, so no plan holds it',
    flow: { stage: { ...WHEN_PLANNED, ...on('open') } },
    forgets: false,
  },
  { reason: 'a policy on the flow', flow: { flow: on('open') }, forgets: true },
  { reason: 'a policy on a stage that was there without', before: {}, flow: { stage: { ...WHEN_RUN, ...on('open') } }, forgets: true },
  { reason: 'another policy on a stage', before: { stage: on('open') }, flow: { stage: on('shut') }, forgets: true },
];

it.each(cases)('$reason: forgets $forgets', async ({ before, flow, forgets }) => {
  if (before !== undefined) await apply(before);
  await expect(apply(flow)).resolves.toEqual(forgets ? BOTH : []);
});
