/** The form of a prompt stage: what it asks for and how it judges what comes back. */
import { PROMPT, USER } from '../catalogue/core.ts';
import { POLICY } from '../catalogue/policies.ts';
import { asText, ids, type Json, type JsonObject, text } from '../json.ts';
import type { Row } from '../model.ts';
import type { PlannedStage } from './plan.ts';
import { policyContext } from './planner.ts';
import { judgePolicy } from './policy-engine.ts';
import { promptValue } from './expressions.ts';
import { type FieldErrors, fieldError, NEXT, type Outcome, pendingUser, type Step, type Visit } from './visit.ts';

const SHOWN_ONLY = new Set([
  'static',
  'separator',
  'hidden',
  'text_read_only',
  'text_area_read_only',
  'alert_info',
  'alert_warning',
  'alert_danger',
]);
const CHOOSING = new Set(['radio-button-group', 'dropdown']);
const EMAIL = /^[^\s@<>"]+@[^\s@]+\.[^\s@.]+$/;

function promptsOf(stage: PlannedStage, { world }: Visit): Row[] {
  return ids(stage.values.fields)
    .flatMap((pk) => world.store.get(PROMPT, pk) ?? [])
    .sort((a, b) => Number(a.values.order) - Number(b.values.order) || a.seq - b.seq);
}

function shown(prompt: Row, visit: Visit): JsonObject {
  const { field_key, label, type, required, order, sub_text } = prompt.values;
  const user = policyContext(visit.plan.context, visit.session, visit.world).user;
  const value = (field: string): Json =>
    prompt.values[`${field}_expression`] === true ? promptValue(text(prompt.values[field]), user) : (prompt.values[field] ?? '');
  const placeholder = value('placeholder');
  const choosing = CHOOSING.has(text(type));
  const options = Array.isArray(placeholder) ? placeholder : [placeholder];
  return {
    field_key: field_key ?? '',
    label: label ?? '',
    type: type ?? '',
    required: required ?? true,
    order: order ?? 0,
    sub_text: sub_text ?? '',
    placeholder: choosing ? '' : placeholder,
    initial_value: visit.plan.context.promptData?.[text(field_key)] ?? value('initial_value'),
    choices: choosing ? options.map((option) => ({ value: option, label: option })) : null,
  };
}

function form(stage: PlannedStage, visit: Visit, errors?: FieldErrors): Outcome {
  const body = { fields: promptsOf(stage, visit).map((prompt) => shown(prompt, visit)) };
  return { kind: 'challenge', component: 'ak-stage-prompt', body, ...(errors === undefined ? {} : { errors }) };
}

function isTaken(username: Json, visit: Visit): boolean {
  const found = visit.world.store.find(USER, 'username', username);
  return found !== null && found !== pendingUser(visit);
}

function judgeField(prompt: Row, value: Json | undefined, visit: Visit): FieldErrors {
  const key = text(prompt.values.field_key);
  const type = text(prompt.values.type);
  if (SHOWN_ONLY.has(type) || type === 'checkbox') return {};
  if (value === undefined) return prompt.values.required === true ? fieldError(key, 'This field is required.', 'required') : {};
  if (value === null) return fieldError(key, 'This field may not be null.', 'null');
  if (value === '') return prompt.values.required === true ? fieldError(key, 'This field may not be blank.', 'blank') : {};
  if (type === 'email' && !EMAIL.test(asText(value))) return fieldError(key, 'Enter a valid email address.');
  if (type === 'number' && !/^-?\d+$/.test(asText(value))) return fieldError(key, 'A valid integer is required.');
  if (type === 'username' && isTaken(value, visit)) return fieldError(key, 'Username is already taken.');
  if (CHOOSING.has(type)) {
    const choices = shown(prompt, visit).choices as JsonObject[];
    if (!choices.some((choice) => choice.value === value))
      return fieldError(key, `"${asText(value)}" is not a valid choice.`, 'invalid_choice');
  }
  return {};
}

/** Exactly two password fields have to agree; then the validation policies judge, all of them. */
function judgeForm(stage: PlannedStage, prompts: Row[], data: JsonObject, visit: Visit): FieldErrors | null {
  const passwords = prompts.filter((prompt) => prompt.values.type === 'password').map((prompt) => data[text(prompt.values.field_key)]);
  if (passwords.length === 2 && passwords[0] !== passwords[1]) return fieldError('non_field_errors', "Passwords don't match.");
  const context = { ...policyContext(visit.plan.context, visit.session, visit.world), promptData: data };
  const judged = ids(stage.values.validation_policies)
    .flatMap((pk) => visit.world.store.get(POLICY, pk) ?? [])
    .map((policy) => judgePolicy(policy, context));
  if (judged.every(({ passes }) => passes)) return null;
  const messages = judged.flatMap((one) => one.messages);
  // Policies that refuse without a word bring the form back without one.
  return messages.length === 0 ? {} : { non_field_errors: messages.map((message) => ({ string: message, code: 'invalid' })) };
}

/** A form; its answers go to the plan's prompt data. */
export const promptStep: Step = {
  get: (stage, visit) => form(stage, visit),
  post: (stage, visit, answer) => {
    const prompts = promptsOf(stage, visit);
    const errors = Object.assign(
      {},
      ...prompts.map((prompt) => judgeField(prompt, answer[text(prompt.values.field_key)], visit)),
    ) as FieldErrors;
    const data = Object.fromEntries(prompts.map((prompt) => [text(prompt.values.field_key), answer[text(prompt.values.field_key)] ?? '']));
    const found = Object.keys(errors).length > 0 ? errors : judgeForm(stage, prompts, data, visit);
    if (found !== null) return form(stage, visit, found);
    visit.plan.context.promptData = { ...visit.plan.context.promptData, ...data };
    return NEXT;
  },
};
