import { SMTP_KEYS } from '../../catalogue/smtp.ts';
import { OperatorError } from '../../runtime/errors.ts';
import type { SourceData } from '../../runtime/store.ts';

/** SMTP settings as an email stage of today takes them. */
export interface SmtpSettings {
  /** Fields that can be read back and compared. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Fields that can't. */
  readonly writeOnly: Readonly<Record<string, string>>;
}

/** The field that Authentik never shows. */
const WRITE_ONLY = 'password';

/** Whether what a Secret holds under `key` is secret; the rest is shown in Authentik's own pages. */
export function isSmtpSecret(key: string): boolean {
  return SMTP_KEYS.some((entry) => entry.field === WRITE_ONLY && (entry.key === key || entry.env === key));
}

/**
 * Reads SMTP settings out of a Secret, under our keys or under those of Authentik's own chart. This is the adapter between Secrets
 * and stages: 2026.11 plans to keep SMTP credentials in objects of their own, which will be another function of this form.
 * Throws `SecretKeyMissing` or `SecretInvalid`, naming the key and never the value.
 */
export function smtpSettings(name: string, secret: SourceData): SmtpSettings {
  const body: Record<string, unknown> = { use_global_settings: false };
  const writeOnly: Record<string, string> = {};
  for (const { key, env, field, parse } of SMTP_KEYS) {
    const used = secret.data[key] === undefined ? env : key;
    const text = secret.data[used];
    if (text === undefined) continue;
    const value = PARSERS[parse](text);
    if (value === undefined) throw new OperatorError('SecretInvalid', `key "${used}" of Secret "${name}" ${EXPECTED[parse]}`);
    if (field === WRITE_ONLY) writeOnly[field] = text;
    else body[field] = value;
  }
  check(name, body);
  return { body, writeOnly };
}

function check(name: string, body: Readonly<Record<string, unknown>>): void {
  if (body['host'] === undefined || body['host'] === '')
    throw new OperatorError('SecretKeyMissing', `Secret "${name}" has no key "host" (or AUTHENTIK_EMAIL__HOST), or nothing in it`);
  // Authentik accepts both and fails when it sends.
  if (body['use_tls'] === true && body['use_ssl'] === true) {
    throw new OperatorError(
      'SecretInvalid',
      `Secret "${name}" turns on both useTls and useSsl: keep useTls for STARTTLS (587) or useSsl for TLS from the start (465)`,
    );
  }
  if (typeof body['from_address'] === 'string' && !/^[^@\s<>]+@[^@\s<>]+$/.test(body['from_address'])) {
    throw new OperatorError('SecretInvalid', `key "from" of Secret "${name}" must be a bare address such as market@example.com`);
  }
}

const PARSERS = {
  text: (text: string): string => text,
  port: (text: string): number | undefined => wholeNumber(text, 1, 65535),
  seconds: (text: string): number | undefined => wholeNumber(text, 1, 600),
  boolean: (text: string): boolean | undefined =>
    ({ true: true, '1': true, yes: true, false: false, '0': false, no: false, '': false })[text.trim().toLowerCase()],
} as const;

const EXPECTED = {
  text: 'must be text',
  port: 'must be a port, 1 to 65535',
  seconds: 'must be a number of seconds, 1 to 600',
  boolean: 'must be true or false',
} as const;

function wholeNumber(text: string, least: number, most: number): number | undefined {
  const value = Number(text);
  return /^\s*\d+\s*$/.test(text) && value >= least && value <= most ? value : undefined;
}
