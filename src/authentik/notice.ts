import { z } from 'zod';
import type { Challenge } from './challenge.ts';

const Prompt = z.looseObject({
  fields: z.array(z.looseObject({ field_key: z.string(), type: z.string(), required: z.boolean(), initial_value: z.unknown() })),
});
const Consent = z.looseObject({ token: z.string() });

/**
 * How a visitor goes on from a page that wants nothing from its reader: a notice, a consent, a dummy, a form that may stay empty. Undefined
 * for every other page. Seen on 2025.12: a form of shown fields is answered by its component alone, a consent by the token it came with.
 */
export function answerToNotice(challenge: Challenge): Readonly<Record<string, unknown>> | undefined {
  const { component, raw } = challenge;
  switch (component) {
    case 'ak-stage-dummy':
      return { component };
    case 'ak-stage-consent': {
      const consent = Consent.safeParse(raw);
      return consent.success ? { component, token: consent.data.token } : undefined;
    }
    case 'ak-stage-prompt': {
      const answers = emptyForm(raw);
      return answers === undefined ? undefined : { component, ...answers };
    }
    default:
      return undefined;
  }
}

/** Field types that show something, and take nothing (`PromptTypes` of Authentik's API). */
const SHOWN_ONLY: ReadonlySet<string> = new Set(['static', 'separator', 'alert_info', 'alert_warning', 'alert_danger']);

/** A form sent off as it came; undefined when it asks for something. A hidden field goes back as a browser sends it. */
function emptyForm(raw: Challenge['raw']): Readonly<Record<string, unknown>> | undefined {
  const form = Prompt.safeParse(raw);
  if (!form.success) return undefined;
  const asked = form.data.fields.filter(({ type }) => !SHOWN_ONLY.has(type));
  if (asked.some(({ type, required }) => required && type !== 'hidden')) return undefined;
  return Object.fromEntries(asked.filter(({ type }) => type === 'hidden').map((field) => [field.field_key, field.initial_value]));
}
