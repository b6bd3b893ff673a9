import { STAGES, type StageType } from '../catalogue/stages.ts';
import type { FlowModel, StagePlace } from './flow-model.ts';

const MODELS = new Map(STAGES.map(({ type, model }) => [type, model]));

/** Stages that show or ask something, and prove nothing of who the visitor is. */
const PROVE_NOTHING = new Set([
  ...(['Identification', 'Prompt', 'UserWrite', 'UserLogin', 'Dummy'] as const).map((type) => MODELS.get(type)),
  'authentik_stages_consent.consentstage',
  'authentik_stages_captcha.captchastage',
]);

const INVITATION = 'authentik_stages_invitation.invitationstage';
/** `authentik_stages_authenticator_totp.authenticatortotpstage` and its like; the one that validates is no set-up. */
const AUTHENTICATOR = 'authentik_stages_authenticator_';

export function isA({ stage }: StagePlace, ...types: readonly StageType[]): boolean {
  return types.some((type) => MODELS.get(type) === stage.model);
}

/** The flow's stages of these types, in order; none when the stages aren't known. */
export function placesOf(flow: FlowModel, ...types: readonly StageType[]): readonly StagePlace[] {
  return (flow.stages ?? []).filter((place) => isA(place, ...types));
}

/** Whether the stage is of a type that certainly proves nothing of who the visitor is; one of a type that isn't known may. */
export function provesNothing({ stage }: StagePlace): boolean {
  return stage.model !== undefined && PROVE_NOTHING.has(stage.model);
}

/** Whether every stage is known by type. */
export function isFullyTyped(stages: readonly StagePlace[] | undefined): stages is readonly StagePlace[] {
  return stages?.every(({ stage }) => stage.model !== undefined) === true;
}

export function isInvitation({ stage }: StagePlace): boolean {
  return stage.model === INVITATION;
}

/** Whether the stage lets people set up a second factor. */
export function setsUpFactor(place: StagePlace): boolean {
  return place.stage.model?.startsWith(AUTHENTICATOR) === true && !isA(place, 'AuthenticatorValidate');
}
