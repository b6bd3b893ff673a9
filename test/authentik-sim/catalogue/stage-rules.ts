/** Rules of stage types across fields, judged by what a request sends. Source: the recorded transcript `stage-validation`. */
import type { Json } from '../json.ts';
import { type Errors, ServerCrash, type ValidationContext } from '../model.ts';

const EMAIL_TEMPLATES = [
  'email/password_reset.html',
  'email/account_confirmation.html',
  'email/email_otp.html',
  'email/event_notification.html',
];
const refuse = (message: string, field = 'non_field_errors'): Errors => ({ [field]: [message] });
const isEmpty = (value: Json | undefined): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

export function validateIdentification(sent: Record<string, Json>, { instance }: ValidationContext): Errors | null {
  if (!isEmpty(sent.user_fields)) return null;
  if (isEmpty(sent.sources)) return refuse('When no user fields are selected, at least one source must be selected');
  // The column has no default: leaving the list out of a creation ends in a database error.
  if (instance === null && sent.user_fields === undefined) throw new ServerCrash('user_fields is null');
  return null;
}

export function validateRedirect(sent: Record<string, Json>): Errors | null {
  if (sent.mode === 'static' && isEmpty(sent.target_static)) return refuse('Target URL should be present when mode is Static.');
  if (sent.mode === 'flow' && isEmpty(sent.target_flow)) return refuse('Target Flow should be present when mode is Flow.');
  return null;
}

export function validateMfa(sent: Record<string, Json>): Errors | null {
  if (sent.not_configured_action !== 'configure' || !isEmpty(sent.configuration_stages)) return null;
  return refuse('When "Not configured action" is set to "Configure", you must set a configuration stage.', 'not_configured_action');
}

export function validateEmail(sent: Record<string, Json>, { store }: ValidationContext): Errors | null {
  const { template } = sent;
  return typeof template !== 'string' || EMAIL_TEMPLATES.includes(template) || store.mailTemplates.has(template)
    ? null
    : refuse(`Invalid template '${template}' specified.`, 'template');
}

export function validateSource(sent: Record<string, Json>, { store }: ValidationContext): Errors | null {
  const isBuiltIn = store.get('authentik_core.source', sent.source)?.model.className === 'Source';
  return isBuiltIn ? refuse('Invalid source selected, only web-based sources are supported.', 'source') : null;
}
