import type { FlowModel } from '../flow-model.ts';
import { mayBeSkipped } from '../policy-types.ts';
import { found, NOTHING, quoted, type Finding } from '../rule.ts';
import { isA, isFullyTyped, placesOf, provesNothing, setsUpFactor } from '../stage-types.ts';

/** Who has a session need not answer what comes after it. A UserLogin stage behind a policy may be for those who have proved enough. */
export function loginBeforeProof(flow: FlowModel): readonly Finding[] {
  if (flow.fields['designation'] !== 'authentication') return NOTHING;
  const login = placesOf(flow, 'UserLogin').find((place) => !mayBeSkipped(place));
  if (login === undefined) return NOTHING;
  const late = placesOf(flow, 'Password', 'AuthenticatorValidate').filter(({ order }) => order > login.order);
  if (late.length === 0) return NOTHING;
  const names = quoted(late.map(({ stage }) => stage.name));
  return found(
    `"${login.stage.name}" at order ${login.order} logs people in before they answer ${names}, which can be left unanswered then: give it a higher order than these`,
  );
}

/** Whatever may lead elsewhere, or be the end on purpose, is given the benefit of the doubt. */
export function loginWithoutUserLogin(flow: FlowModel): readonly Finding[] {
  const { stages } = flow;
  if (flow.fields['designation'] !== 'authentication' || !isFullyTyped(stages)) return NOTHING;
  const ordinary = stages.every((place) => provesNothing(place) || isA(place, 'Password', 'AuthenticatorValidate', 'Email'));
  if (!ordinary || placesOf(flow, 'UserLogin').length > 0) return NOTHING;
  return found('nobody gets a session by this login flow: add a stage of type UserLogin as the last one');
}

/** The stage that lets pass who has no second factor; a flow that lets them set one up has thought of them. */
export function secondFactorOptional(flow: FlowModel): readonly Finding[] {
  if (!isFullyTyped(flow.stages) || flow.stages.some(setsUpFactor)) return NOTHING;
  const names = placesOf(flow, 'AuthenticatorValidate')
    .filter(({ stage }) => stage.fields['not_configured_action'] === 'skip')
    .map(({ stage }) => stage.name);
  if (names.length === 0) return NOTHING;
  return found(
    `${quoted(names)} asks no second factor of people who have none: if all shall have one, set notConfiguredAction to configure or deny`,
    ...names,
  );
}
