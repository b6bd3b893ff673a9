import { KINDS } from './api/v1alpha1/kinds.ts';
import { Metrics } from './metrics.ts';

it('counts from zero, so that the first time is an increase', async () => {
  const metrics = new Metrics();
  const text = await metrics.registry.metrics();
  metrics.registry.clear();
  for (const { kind } of KINDS) {
    expect(text).toContain(`afo_reconcile_total{kind="${kind}",outcome="terminal"} 0`);
    expect(text).toContain(`afo_drift_corrected_total{kind="${kind}"} 0`);
  }
});
