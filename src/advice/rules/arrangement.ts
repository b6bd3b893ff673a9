import type { FlowModel, StagePlace } from '../flow-model.ts';
import { mayAskForPassword } from '../forms.ts';
import { active, isPolicy } from '../policy-types.ts';
import { found, NOTHING, quoted, type Finding } from '../rule.ts';
import { isFullyTyped, isInvitation, placesOf } from '../stage-types.ts';

/** Authentik sorts by order alone; what comes first among equals is left to its database. */
export function sharedOrder(flow: FlowModel): readonly Finding[] {
  const byOrder = new Map<number, string[]>();
  for (const { order, stage } of flow.stages ?? []) byOrder.set(order, [...(byOrder.get(order) ?? []), stage.name]);
  const shared = [...byOrder].filter(([, names]) => names.length > 1);
  if (shared.length === 0) return NOTHING;
  const places = shared.map(([order, names]) => `${quoted([...names].sort())} at order ${order}`).join('; ');
  return found(`which comes first is left to chance: ${places}; give each an order of its own`);
}

/** A password policy refuses where nobody has typed a password yet: on the flow, on a plan, or on a place before the form. */
export function passwordPolicyTooEarly(flow: FlowModel): readonly Finding[] {
  const onFlow = passwordPolicies(flow.policies).map((name) => `"${name}" on the flow`);
  const onStages = (flow.stages ?? []).flatMap((place) =>
    hasNoPasswordYet(flow, place) ? passwordPolicies(place.policies).map((name) => `"${name}" on "${place.stage.name}"`) : [],
  );
  const places = [...onFlow, ...onStages];
  if (places.length === 0) return NOTHING;
  return found(
    `a Password policy can't pass where there is no password yet: ${places.join(', ')}; put it into validationPolicies of the form that asks for the password`,
  );
}

function passwordPolicies(policies: FlowModel['policies']): readonly string[] {
  return active(policies ?? []).flatMap(({ policy, negate }) =>
    policy !== undefined && !negate && isPolicy(policy, 'Password') ? [policy.name] : [],
  );
}

function hasNoPasswordYet(flow: FlowModel, place: StagePlace): boolean {
  if (place.fields['evaluate_on_plan'] === true) return true;
  const before = (flow.stages ?? []).filter(({ order }) => order < place.order);
  if (place.fields['evaluate_on_plan'] !== false || !isFullyTyped(before)) return false;
  return !placesOf({ ...flow, stages: before }, 'Prompt').some(mayAskForPassword);
}

/** Flows that people come to by a link. Without one, Authentik takes the first login or log-out flow that fits, so these need none. */
const NEED_A_LINK = new Set<unknown>(['enrollment', 'recovery', 'unenrollment']);
/** Those of another flow, of an outpost, or with a token of their own. */
const COME_OTHERWISE = new Set<unknown>(['require_redirect', 'require_outpost', 'require_token']);

export function nothingLinks(flow: FlowModel): readonly Finding[] {
  const { designation, authentication } = flow.fields;
  if (!NEED_A_LINK.has(designation) || COME_OTHERWISE.has(authentication) || flow.linkedBy?.length !== 0) return NOTHING;
  if (flow.stages?.some(isInvitation) === true) return NOTHING;
  const remedy = designation === 'enrollment' ? ': publish it with an EnrollmentBinding' : '';
  return found(`nothing in Authentik leads to the flow, so only who knows its address gets there${remedy}`);
}
