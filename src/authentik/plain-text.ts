import { displayable } from '../runtime/displayable.ts';

const MAX_LENGTH = 300;
const HIDDEN = '[hidden]';
const SECRET_NAME = /password|secret|private_key|^auth$|credential|token$|^key$/i;

/**
 * Makes foreign text fit for a status message: one line, no markup, at most 300 characters, and none of `secrets` in it.
 * Secrets of one or two characters are left alone, since they would match everywhere.
 */
export function plainText(text: string, secrets: readonly string[]): string {
  let plain = text;
  for (const secret of secrets) if (secret.length > 2) plain = plain.replaceAll(secret, HIDDEN);
  plain = displayable(plain)
    .replace(/<\/?[a-z][^>]*>/gi, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return plain.length > MAX_LENGTH ? `${plain.slice(0, MAX_LENGTH - 1)}…` : plain;
}

/** The values of a request body that must not be quoted back, told by the names of Authentik's secret fields. */
export function secretValues(body: unknown): readonly string[] {
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([key, value]: [string, unknown]) => {
    if (typeof value === 'string') return SECRET_NAME.test(key) ? [value] : [];
    return SECRET_NAME.test(key) ? strings(value) : secretValues(value);
  });
}

function strings(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}
