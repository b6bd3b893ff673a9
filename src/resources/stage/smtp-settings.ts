import { SMTP_KEYS, type SmtpParser } from '../../catalogue/smtp.ts';
import { OperatorError } from '../../runtime/errors.ts';
import type { SourceData } from '../../runtime/store.ts';
import { keptText } from '../kept-text.ts';
import { secretFault } from '../secret-fault.ts';

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
 * Throws `SecretKeyMissing` or `SecretInvalid`, naming every key that is wrong and never a value.
 */
export function smtpSettings(name: string, secret: Pick<SourceData, 'data'>): SmtpSettings {
  const body: Record<string, unknown> = { use_global_settings: false };
  const writeOnly: Record<string, string> = {};
  const faults: string[] = [];
  for (const { key, env, field, parse } of SMTP_KEYS) {
    const used = secret.data[key] === undefined ? env : key;
    const text = secret.data[used];
    if (text === undefined) continue;
    const parsed = PARSERS[parse](text);
    if ('fault' in parsed) faults.push(`key "${used}" of Secret "${name}" ${parsed.fault}`);
    else if (field === WRITE_ONLY) writeOnly[field] = text;
    else body[field] = parsed.value;
  }
  if (faults.length > 0) throw new OperatorError('SecretInvalid', faults.join('; '));
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
}

type Parsed = { readonly value: unknown } | { readonly fault: string };

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, '1': true, yes: true, false: false, '0': false, no: false, '': false };

const PARSERS: Readonly<Record<SmtpParser, (text: string) => Parsed>> = {
  text: (text) => ({ value: keptText(text) }),
  credential: (text) => {
    const fault = secretFault(text, { ascii: true });
    return fault === undefined ? { value: text } : { fault };
  },
  address: (text) =>
    /^[^@\s<>]+@[^@\s<>]+$/.test(keptText(text))
      ? { value: keptText(text) }
      : { fault: 'must be a bare address such as market@example.com, without a name' },
  port: (text) => wholeNumber(text, 1, 65535, 'a port, 1 to 65535'),
  seconds: (text) => wholeNumber(text, 1, 600, 'a number of seconds, 1 to 600'),
  boolean: (text) => {
    const value = BOOLEANS[keptText(text).toLowerCase()];
    return value === undefined ? { fault: 'must be true or false' } : { value };
  },
};

function wholeNumber(text: string, least: number, most: number, expected: string): Parsed {
  const value = Number(text);
  return /^\s*\d+\s*$/.test(text) && value >= least && value <= most ? { value } : { fault: `must be ${expected}` };
}
