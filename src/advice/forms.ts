import type { FlowModel, PromptModel, StagePlace } from './flow-model.ts';
import { placesOf } from './stage-types.ts';

/** The key under which a user-write stage looks for the password (Authentik's `UserWriteStageView`). */
const PASSWORD_KEY = 'password';
/** Prompts that nobody fills in. */
const NOT_ASKED = new Set(['hidden', 'static', 'separator', 'alert_info', 'alert_warning', 'alert_danger']);

/** The forms that certainly ask for a password that would be written. */
export function passwordForms(flow: FlowModel): readonly StagePlace[] {
  return placesOf(flow, 'Prompt').filter(({ stage }) => stage.prompts?.some(asksForPassword) === true);
}

/** Whether a password may have been typed on this form: one that isn't known may ask for it. */
export function mayAskForPassword({ stage }: StagePlace): boolean {
  return stage.prompts === undefined || stage.prompts.some((prompt) => asksForPassword(prompt) || prompt.type === 'password');
}

function asksForPassword({ fieldKey, type }: PromptModel): boolean {
  return fieldKey === PASSWORD_KEY && !NOT_ASKED.has(type);
}
