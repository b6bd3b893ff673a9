/** The end of a visit to an application. Seen on a live 2025.12.4. */
import { FLOW } from '../catalogue/stages.ts';
import type { Session } from '../executor/plan.ts';
import { SESSION_END } from '../executor/plan.ts';
import { NotApplicable, plan as makePlan } from '../executor/planner.ts';
import { type Answer, htmlPage, redirect } from '../http.ts';
import { text } from '../json.ts';
import { represent } from '../represent.ts';
import type { World } from '../world.ts';
import { brandOf } from './authorize.ts';
import type { Client } from './clients.ts';

/**
 * Leads through the provider's invalidation flow to a page that says so. Unless that flow logs people out, they stay signed in at Authentik;
 * the page links to the brand's flow, which does.
 */
export function endSession(client: Client, query: URLSearchParams, host: string, session: Session, world: World): Answer {
  const { application, provider } = client;
  if (session.user === null)
    return {
      status: 200,
      body: '<html><body>Logout successful</body></html>',
      contentType: 'text/html',
      headers: {},
      allow: false,
      rest: false,
    };
  const brand = brandOf(host, world);
  const flow = world.store.get(FLOW, provider.values.invalidation_flow ?? brand?.values.flow_invalidation);
  const plan = flow === null ? null : makePlan(flow, session, world);
  if (flow === null || plan === null || plan instanceof NotApplicable) return htmlPage(404);
  const ownFlow = world.store.get(FLOW, brand?.values.flow_invalidation);
  plan.stages.push({
    model: SESSION_END,
    name: 'session end',
    values: {
      application_name: application.values.name ?? '',
      application_launch_url: represent(application, world).launch_url ?? null,
      ...(ownFlow === null ? {} : { invalidation_flow_url: `/if/flow/${text(ownFlow.values.slug)}/` }),
      brand_name: brand?.values.branding_title ?? '',
    },
    binding: null,
  });
  session.plan = plan;
  return redirect(`/if/flow/${text(flow.values.slug)}/${query.size > 0 ? `?${query.toString()}` : ''}`);
}
