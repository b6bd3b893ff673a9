/** The flow executor: walks a visitor through a flow, a step per request, as a browser sees it. */
import { FLOW } from '../catalogue/stages.ts';
import { answer, type Answer, htmlPage, type Request } from '../http.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import type { Row } from '../model.ts';
import { represent } from '../represent.ts';
import type { World } from '../world.ts';
import { isOwnPath } from './own-path.ts';
import type { PlannedStage } from './plan.ts';
import { NotApplicable, plan as makePlan, policyContext } from './planner.ts';
import { judgeTarget } from './policy-engine.ts';
import { stepFor } from './steps.ts';
import { AVATAR, type Outcome, pendingName, type Visit } from './visit.ts';
import { forgeryProblem, signedIn, Visitor } from './visitor.ts';

/** Path template of the executor. */
export const EXECUTOR = '/flows/executor/{flow_slug}/';

function flowInfo(flow: Row, inner: URLSearchParams, world: World): JsonObject {
  const next = inner.get('next');
  const { title, layout } = flow.values;
  return {
    title: title ?? '',
    background: represent(flow, world).background_url ?? '',
    background_themed_urls: null,
    cancel_url: `/flows/-/cancel/${next === null ? '' : `?${new URLSearchParams({ next }).toString()}`}`,
    layout: layout ?? 'stacked',
  };
}

function accessDenied({ flow, inner, world }: Pick<Visit, 'flow' | 'inner' | 'world'>, pending: Json, message: string): Answer {
  const body = {
    flow_info: flowInfo(flow, inner, world),
    component: 'ak-stage-access-denied',
    pending_user: pending,
    pending_user_avatar: AVATAR,
    error_message: message === '' ? 'Unknown error' : message,
  };
  return answer(200, body);
}

/** An error of the flow itself, to be looked up in the server's log. */
function flowError(request: Request): Answer {
  return answer(200, { component: 'ak-stage-flow-error', request_id: request.id });
}

/** On to `next`, which has to be a path of this server: seen live, anything else is refused at the very end. */
function done(visit: Pick<Visit, 'session' | 'inner' | 'flow' | 'world'>): Answer {
  visit.session.plan = null;
  const next = visit.inner.get('next');
  if (next !== null && !isOwnPath(next)) return accessDenied({ ...visit, inner: new URLSearchParams() }, '', 'Invalid next URL');
  return answer(200, { component: 'xak-flow-redirect', to: next ?? '/' });
}

/** Back to the same address; the browser follows with a GET, which runs the next step. */
function again(request: Request): Answer {
  const query = request.query.has('query') ? `?query=${encodeURIComponent(request.query.get('query') ?? '')}` : '';
  return {
    status: 302,
    body: null,
    contentType: 'text/html; charset=utf-8',
    headers: { location: `/api/v3${request.path}${query}` },
    allow: true,
    rest: false,
  };
}

/** A link from a mail puts its plan in place of the session's, as long as nobody confirmed it. */
function restore(visitor: Visitor, flow: Row, inner: URLSearchParams, world: World): void {
  const token = world.flowTokens.get(inner.get('flow_token') ?? '');
  if (token === undefined || token.flow !== flow.pk || token.expires < Date.now()) return;
  const consentToken = visitor.session.plan?.context.restoredBy === token.key ? visitor.session.plan.context.consentToken : undefined;
  visitor.session.plan = structuredClone(token.plan);
  visitor.session.plan.context.restoredBy = token.key;
  if (consentToken !== undefined) visitor.session.plan.context.consentToken = consentToken;
}

/** The next step whose policies let it run; the others are dropped without a word. */
function currentStage(visit: Visit): PlannedStage | null {
  const { plan, session, world } = visit;
  for (let stage = plan.stages[0]; stage !== undefined; stage = plan.stages[0]) {
    const { binding } = stage;
    if (binding?.reEvaluate !== true) return stage;
    if (judgeTarget({ pk: binding.pk, mode: binding.engineMode }, policyContext(plan.context, session, world), world).passes) return stage;
    plan.stages.shift();
  }
  return null;
}

function challenge(outcome: Outcome & { kind: 'challenge' }, visit: Visit): Answer {
  const errors = outcome.errors === undefined ? {} : { response_errors: outcome.errors as JsonObject };
  // An error without a text makes the real answer invalid: it comes without its component, and a browser shows nothing.
  const empty = Object.values(outcome.errors ?? {}).some((list) => list.some(({ string }) => string === ''));
  const component = empty ? {} : { component: outcome.component };
  return answer(200, { flow_info: flowInfo(visit.flow, visit.inner, visit.world), ...component, ...errors, ...outcome.body });
}

function refused(message: string, stage: PlannedStage, visit: Visit): Answer {
  const action = stage.binding?.invalidResponse ?? 'retry';
  visit.session.plan = null;
  if (action === 'retry') return accessDenied(visit, pendingName(visit), message);
  const fresh = makePlan(visit.flow, visit.session, visit.world);
  if (fresh instanceof NotApplicable) return again(visit.request);
  if (action === 'restart_with_context') fresh.context = visit.plan.context;
  visit.session.plan = fresh;
  return again(visit.request);
}

function walk(visit: Visit): Answer {
  const stage = currentStage(visit);
  // Nothing was left before the flow was entered, so this answer doesn't come from within it.
  if (stage === null) return { ...done(visit), allow: false };
  const step = stepFor(stage);
  if (step === null) return flowError(visit.request);
  const sent = isObject(visit.request.body) ? visit.request.body : {};
  const outcome = visit.request.method === 'POST' && step.post !== undefined ? step.post(stage, visit, sent) : step.get(stage, visit);
  if (outcome.kind === 'challenge') return challenge(outcome, visit);
  if (outcome.kind === 'denied') return refused(outcome.message, stage, visit);
  visit.plan.stages.shift();
  return visit.plan.stages.length > 0 ? again(visit.request) : done(visit);
}

/** Where the flow says to go on, it looks for `next` in the executor's own query, where no browser puts it. */
function notApplicable({ flow, inner, world, request }: Omit<Visit, 'plan'>, message: string): Answer {
  const { denied_action: action } = flow.values;
  const next = request.query.get('next');
  const to = next !== null && isOwnPath(next) && action !== 'message' ? next : action === 'continue' ? '/' : null;
  const refusal =
    to === null
      ? accessDenied({ flow, inner, world }, request.user?.values.username ?? '', message)
      : answer(200, { component: 'xak-flow-redirect', to });
  return { ...refusal, allow: false };
}

/** One request to the executor of the flow with that slug. */
export function execute(sent: Omit<Request, 'user'>, slug: string, world: World): Answer {
  const flow = world.store.find(FLOW, 'slug', slug);
  if (flow === null) return htmlPage(404);
  const visitor = new Visitor(sent, world);
  const request: Request = { ...sent, user: signedIn(visitor.session, world) };
  const inner = new URLSearchParams(request.query.get('query') ?? '');
  restore(visitor, flow, inner, world);
  const { session } = visitor;
  session.page = { query: inner, host: request.headers.host ?? '' };
  const plan = session.plan?.flow === flow.pk ? session.plan : makePlan(flow, session, world);
  session.plan = plan instanceof NotApplicable ? null : plan;
  const visit = { world, request, session, flow, inner, visitor };
  const result =
    plan instanceof NotApplicable
      ? notApplicable(visit, plan.message)
      : request.user !== null && forgeryProblem(request) !== null
        ? flowError(request)
        : walk({ ...visit, plan });
  return { ...result, rest: false, headers: { ...result.headers, ...visitor.cookieHeader() } };
}
