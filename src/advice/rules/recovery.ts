import type { FlowModel, StagePlace } from '../flow-model.ts';
import { mayBeSkipped, mayTellPeopleApart } from '../policy-types.ts';
import { found, NOTHING, type Finding } from '../rule.ts';
import { isA, provesNothing } from '../stage-types.ts';

/**
 * Whoever types a name is taken for that person until a stage says otherwise. Without an identification stage there is nobody to be
 * taken for, and who comes by a link that an administrator made has proved it by that.
 */
export function recoveryWithoutProof(flow: FlowModel): readonly Finding[] {
  const { designation, authentication } = flow.fields;
  const isOpen = authentication === 'none' || authentication === 'require_unauthenticated';
  if (designation !== 'recovery' || !isOpen || mayTellPeopleApart(flow.policies)) return NOTHING;
  let identified = false;
  for (const place of flow.stages ?? []) {
    if (isA(place, 'Identification')) identified = true;
    if (mayProve(place)) return NOTHING;
    if (identified && isA(place, 'UserLogin', 'UserWrite') && !mayBeSkipped(place))
      return found(
        `who types somebody's name is taken for them at "${place.stage.name}" (order ${place.order}), without any proof: put an Email stage before it`,
      );
  }
  return NOTHING;
}

function mayProve(place: StagePlace): boolean {
  const { fields, validationPolicies } = place.stage;
  // With a password or a passkey on the same page.
  if (isA(place, 'Identification')) return [fields['password_stage'], fields['webauthn_stage'] ?? null].some((stage) => stage !== null);
  // An expression may ask for what only that person knows.
  if (isA(place, 'Prompt')) return validationPolicies === undefined || validationPolicies.length > 0;
  return !provesNothing(place);
}
