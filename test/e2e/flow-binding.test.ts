import { conditionOf } from './support/conditions.ts';
import { flow, flowBinding, stage } from './support/manifests.ts';
import { useScenario } from './support/scenario.ts';

const BRANDS = '/core/brands/';
const DEFAULT = 'authentik-default';

const scenario = useScenario();

it('the default brand has our recovery flow for as long as the binding is there, and the flow stays that long', async () => {
  const [slug, who, name] = ['recovery', 'who', 'default-recovery'].map((part) => scenario().name(part)) as [string, string, string];
  const { authentik, api, namespace } = scenario();
  const before = await authentik.get(BRANDS, DEFAULT);
  await scenario().apply(
    flowBinding(name, { flowRef: { name: slug }, at: { brand: { domain: DEFAULT } }, as: 'flowRecovery' }),
    flow(slug, [who], { designation: 'recovery' }),
    stage(who, 'Identification', { userFields: ['email'] }),
  );
  const bound = await scenario().ready('FlowBinding', name);
  expect(conditionOf(bound, 'Verified')).toMatchObject({ status: 'True' });
  const recovery = await authentik.get('/flows/instances/', slug);
  expect(await authentik.get(BRANDS, DEFAULT)).toEqual({ ...before, flow_recovery: recovery.pk });
  await api.remove('AuthentikFlow', namespace, slug);
  await scenario().judged('AuthentikFlow', slug, 'Ready=False/WaitingForDependents');
  await scenario().remove(['FlowBinding', name], ['AuthentikFlow', slug], ['AuthentikStage', who]);
  expect(await authentik.get(BRANDS, DEFAULT)).toEqual(before);
});
