import { Scenario } from './support/scenario.ts';
it('x', async () => {
  console.error('before', process.getActiveResourcesInfo().join());
  const s = await Scenario.open();
  await s.close();
  await new Promise((r) => setTimeout(r, 600));
  console.error('after', process.getActiveResourcesInfo().join());
}, 60000);
