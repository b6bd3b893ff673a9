import { z } from 'zod';
import type { Challenge } from '../../src/authentik/challenge.ts';

/** What somebody fills in, by `field_key`. A second password field is filled with `password` unless it has a value of its own. */
export type Person = Readonly<Record<string, string>> & { readonly password: string };

export type Answers = Readonly<Record<string, unknown>>;

/** Fields that show something and ask nothing. */
const SHOWN_ONLY = new Set(['static', 'separator', 'alert_info', 'alert_warning', 'alert_danger']);

const Prompt = z.looseObject({
  fields: z.array(z.looseObject({ field_key: z.string(), type: z.string(), required: z.boolean(), initial_value: z.unknown() })),
});
const Consent = z.looseObject({ token: z.string() });
const Identification = z.looseObject({ password_fields: z.boolean().optional() });

/** A filled-in form. @throws when it demands what this person doesn't have. */
export function fillIn(challenge: Challenge, person: Person): Answers {
  const answers: Record<string, unknown> = {};
  for (const field of Prompt.parse(challenge.raw).fields) {
    if (SHOWN_ONLY.has(field.type)) continue;
    const value = person[field.field_key] ?? (field.type === 'password' ? person.password : (field.initial_value ?? ''));
    if (value === '' && field.required) throw new Error(`The form asks for ${field.field_key}, which this person does not have.`);
    if (value !== '') answers[field.field_key] = field.type === 'checkbox' ? value === 'true' || value === true : value;
  }
  return answers;
}

/** Consent to what the page says. */
export function consent(challenge: Challenge): Answers {
  return { token: Consent.parse(challenge.raw).token };
}

/** A name or an address, with the password where the form asks for both. */
export function identify(challenge: Challenge, uid: string, password: string): Answers {
  return Identification.parse(challenge.raw).password_fields === true ? { uid_field: uid, password } : { uid_field: uid };
}

/** What this person answers; undefined for a challenge that ends a part, or that nobody can answer. */
export function answersTo(challenge: Challenge, person: Person): Answers | undefined {
  switch (challenge.component) {
    case 'ak-stage-prompt':
      return fillIn(challenge, person);
    case 'ak-stage-consent':
      return consent(challenge);
    case 'ak-stage-identification':
      return identify(challenge, person['username'] ?? '', person.password);
    case 'ak-stage-password':
      return { password: person.password };
    case 'ak-stage-user-login':
      return { remember_me: false };
    default:
      return undefined;
  }
}
