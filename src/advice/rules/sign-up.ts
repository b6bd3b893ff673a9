import type { FlowModel, StagePlace } from '../flow-model.ts';
import { passwordForms } from '../forms.ts';
import { active, judgesPassword, mayJudgePassword, mayTellPeopleApart } from '../policy-types.ts';
import { found, NOTHING, quoted, type Finding } from '../rule.ts';
import { isFullyTyped, placesOf } from '../stage-types.ts';
import { creatingWrites } from '../user-writes.ts';

/**
 * Whoever is signed in becomes the pending user, and a user-write stage that need not create writes to that account (seen live:
 * transcript `signed-in-sign-up`). Only the flow's `authentication`, or a policy that looks at people, keeps them out.
 */
export function signedInMaySignUp(flow: FlowModel): readonly Finding[] {
  const { designation, authentication } = flow.fields;
  const writes = placesOf(flow, 'UserWrite').filter(({ policies }) => !mayTellPeopleApart(policies));
  if (designation !== 'enrollment' || authentication !== 'none' || writes.length === 0 || mayTellPeopleApart(flow.policies)) return NOTHING;
  const harmless = writes.every(({ stage }) => stage.fields['user_creation_mode'] === 'always_create');
  const consequence = harmless ? 'and makes them a second account' : 'and overwrites their account with what they type';
  return found(`the flow admits people who are signed in, ${consequence}: set authentication to require_unauthenticated`);
}

/** A password policy elsewhere than on the form counts too, where there is a password to judge: on a place between form and write. */
export function noPasswordPolicy(flow: FlowModel): readonly Finding[] {
  const writes = creatingWrites(flow);
  const unchecked = passwordForms(flow).filter(
    (form) => isUnchecked(form) && writes.some((write) => write.order > form.order && !judgedBetween(flow, form, write)),
  );
  const names = unchecked.map(({ stage }) => stage.name);
  if (names.length === 0) return NOTHING;
  const forms = names.length === 1 ? `form ${quoted(names)} takes` : `forms ${quoted(names)} take`;
  return found(`${forms} any password for new users, of one letter too: add a policy of type Password to validationPolicies`, ...names);
}

function isUnchecked({ stage }: StagePlace): boolean {
  return stage.validationPolicies !== undefined && !stage.validationPolicies.some(mayJudgePassword);
}

function judgedBetween(flow: FlowModel, form: StagePlace, write: StagePlace): boolean {
  const between = (flow.stages ?? []).filter(({ order }) => order > form.order && order <= write.order);
  return between.some(
    ({ policies }) =>
      policies === undefined ||
      active(policies).some(({ policy }) => policy !== undefined && (policy.model === undefined || judgesPassword(policy))),
  );
}

/** An e-mail stage anywhere may activate, and so may another flow that a redirect leads to with what was collected. */
export function nobodyActivates(flow: FlowModel): readonly Finding[] {
  if (flow.fields['designation'] !== 'enrollment' || !isFullyTyped(flow.stages)) return NOTHING;
  const inactive = creatingWrites(flow).filter(({ stage }) => stage.fields['create_users_as_inactive'] === true);
  const mayActivate = placesOf(flow, 'Email').some(({ stage }) => stage.fields['activate_user_on_success'] !== false);
  const mayGoOn = placesOf(flow, 'Redirect').some(({ stage }) => stage.fields['mode'] !== 'static');
  if (inactive.length === 0 || mayActivate || mayGoOn) return NOTHING;
  const names = inactive.map(({ stage }) => stage.name);
  return found(
    `${quoted(names)} creates users who can't log in, and nothing here activates them: add an Email stage with activateUserOnSuccess, or set createUsersAsInactive to false`,
    ...names,
  );
}

/** A mail that comes before the user is written confirms the address in time. */
export function activeBeforeConfirmation(flow: FlowModel): readonly Finding[] {
  if (flow.fields['designation'] !== 'enrollment') return NOTHING;
  const writes = placesOf(flow, 'UserWrite');
  const allActive = writes.every(
    ({ stage }) => stage.fields['create_users_as_inactive'] === false || stage.fields['user_creation_mode'] === 'never_create',
  );
  if (!allActive) return NOTHING;
  const names = placesOf(flow, 'Email')
    .filter(({ stage, order }) => {
      const before = creatingWrites(flow).some((write) => write.order < order);
      return stage.fields['activate_user_on_success'] === true && before;
    })
    .map(({ stage }) => stage.name);
  if (names.length === 0) return NOTHING;
  return found(
    `${quoted(names)} shall activate new users, but they are created active, so nobody needs to confirm the address: set createUsersAsInactive to true on the UserWrite stage`,
    ...names,
  );
}
