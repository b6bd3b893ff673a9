import type { Field, Rule } from '../field.ts';

/** What a stage that sends mail itself says of its mail server; the password is beside it. */
export const SMTP_FIELDS = [
  {
    api: 'use_global_settings',
    default: false,
    type: 'boolean',
    description: "Uses the mail settings of the Authentik server. Excludes `smtpSecretRef` and the connection's own fields.",
  },
  { api: 'host', default: 'localhost', type: 'string', minLength: 1, maxLength: 253, description: 'The SMTP server.' },
  {
    api: 'port',
    default: 25,
    type: 'integer',
    minimum: 1,
    maximum: 65535,
    description: 'The port of the SMTP server. Authentik accepts any number; we do not.',
  },
  // Authentik's SMTP client can't send others.
  {
    api: 'username',
    default: '',
    type: 'string',
    maxLength: 1024,
    pattern: '^[ -~]*$',
    description: 'The user for SMTP, in ASCII. `""` for none.',
  },
  { api: 'use_tls', default: false, type: 'boolean', description: 'STARTTLS. Excludes `useSsl`.' },
  { api: 'use_ssl', default: false, type: 'boolean', description: 'TLS from the first byte. Excludes `useTls`.' },
  { api: 'timeout', default: 10, type: 'integer', minimum: 1, maximum: 600, description: 'Seconds to wait for the SMTP server.' },
  {
    api: 'from_address',
    default: 'system@authentik.local',
    type: 'string',
    pattern: '^[^@\\s<>]+@[^@\\s<>]+$',
    maxLength: 254,
    description: 'The sender, a bare address such as `market@example.com`.',
  },
] as const satisfies readonly Field[];

/** Authentik accepts all of these combinations, and then can't send. */
export const SMTP_RULES: readonly Rule[] = [
  {
    rule: '!(has(self.useTls) && self.useTls && has(self.useSsl) && self.useSsl)',
    message: 'useTls and useSsl exclude each other: keep useTls for STARTTLS (587) or useSsl for TLS from the start (465)',
  },
  {
    rule: '!(has(self.useGlobalSettings) && self.useGlobalSettings && (has(self.smtpSecretRef) || has(self.host) || has(self.port) || has(self.username) || has(self.passwordSecretRef) || has(self.useTls) || has(self.useSsl) || has(self.timeout) || has(self.fromAddress)))',
    message:
      'useGlobalSettings: true uses the mail settings of the Authentik server: remove smtpSecretRef, host, port, username, passwordSecretRef, useTls, useSsl, timeout and fromAddress',
  },
];
