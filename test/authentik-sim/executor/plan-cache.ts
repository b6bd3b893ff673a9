import type { PlannedStage } from './plan.ts';

const LIFETIME = 300_000;

/**
 * Plans of flows per user, kept for 300 seconds as the real server keeps them: a policy that is judged while planning keeps its old result
 * until the plan expires, the flow changes, or somebody clears the cache.
 */
export class PlanCache {
  private readonly plans = new Map<string, { until: number; stages: PlannedStage[] }>();

  private static key(flow: string | number, user: string | number | null): string {
    return `${flow}-${user ?? ''}`;
  }

  get(flow: string | number, user: string | number | null): PlannedStage[] | null {
    const cached = this.plans.get(PlanCache.key(flow, user));
    return cached === undefined || cached.until < Date.now() ? null : structuredClone(cached.stages);
  }

  set(flow: string | number, user: string | number | null, stages: PlannedStage[]): void {
    this.plans.set(PlanCache.key(flow, user), { until: Date.now() + LIFETIME, stages: structuredClone(stages) });
  }

  count(flow?: string | number): number {
    return [...this.plans.keys()].filter((key) => flow === undefined || key.startsWith(`${flow}-`)).length;
  }

  clear(): void {
    this.plans.clear();
  }
}
