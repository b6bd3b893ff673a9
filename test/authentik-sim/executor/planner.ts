/** Decides whether a flow applies to a visitor, and which steps the visit has. */
import { STAGE } from '../catalogue/stages.ts';
import { USER } from '../catalogue/core.ts';
import { asText } from '../json.ts';
import type { Row } from '../model.ts';
import { bindingsOf } from '../represent.ts';
import type { World } from '../world.ts';
import type { Plan, PlanContext, PlannedStage, Session } from './plan.ts';
import { judgeTarget, type VisitorContext } from './policy-engine.ts';
import { signedIn } from './visitor.ts';

/** What policies may look at, for a visit. */
export function policyContext(context: PlanContext, session: Session, world: World): VisitorContext {
  const userRow = context.pendingUser === undefined ? signedIn(session, world) : world.store.get(USER, context.pendingUser);
  return {
    authenticatedBy: context.authenticatedBy ?? null,
    promptData: context.promptData ?? {},
    user: userRow?.values ?? null,
    userRow,
    page: session.page ?? null,
    leadTo: (target) => {
      context.redirectTarget = target;
    },
  };
}

/** By value of a flow's `authentication`. Outposts, redirects and tokens of other flows don't come here. */
const MEETS: Record<string, (user: Row | null, world: World) => boolean> = {
  none: () => true,
  require_authenticated: (user) => user !== null,
  require_unauthenticated: (user) => user === null,
  require_superuser: (user, world) => user !== null && world.access.isSuperuser(user),
};

function stagesOf(flow: Row, session: Session, world: World): PlannedStage[] {
  const context = policyContext({}, session, world);
  return bindingsOf(world, 'target', flow.pk).flatMap((binding) => {
    const stage = world.store.get(STAGE, binding.values.stage);
    if (stage === null) return [];
    if (
      binding.values.evaluate_on_plan === true &&
      !judgeTarget({ pk: binding.pk, mode: binding.values.policy_engine_mode }, context, world).passes
    )
      return [];
    return {
      model: stage.model.key,
      name: asText(stage.values.name),
      values: structuredClone(stage.values),
      binding: {
        pk: asText(binding.pk),
        reEvaluate: binding.values.re_evaluate_policies === true,
        engineMode: asText(binding.values.policy_engine_mode),
        invalidResponse: asText(binding.values.invalid_response_action),
      },
    };
  });
}

/** Why a flow doesn't apply to a visitor: what its policies say, if anything. */
export class NotApplicable {
  readonly message: string;

  constructor(messages: string[] = []) {
    this.message = messages.length === 0 ? 'Flow does not apply to current user.' : messages.join('\n');
  }
}

/** A plan for this visitor, unless the flow doesn't apply. */
export function plan(flow: Row, session: Session, world: World): Plan | NotApplicable {
  const user = signedIn(session, world);
  if (MEETS[asText(flow.values.authentication)]?.(user, world) !== true) return new NotApplicable();
  const context: PlanContext = user === null ? {} : { pendingUser: Number(user.pk) };
  const judged = judgeTarget({ pk: flow.pk, mode: flow.values.policy_engine_mode }, policyContext(context, session, world), world);
  if (!judged.passes) return new NotApplicable(judged.messages);
  let stages = world.plans.get(flow.pk, session.user);
  if (stages === null) {
    stages = stagesOf(flow, session, world);
    if (stages.length > 0 && flow.values.designation !== 'stage_configuration') world.plans.set(flow.pk, session.user, stages);
  }
  return { flow: String(flow.pk), stages, context };
}
