/** How the text of a Secret becomes a value of the API. */
export type SmtpParser = 'text' | 'credential' | 'address' | 'port' | 'seconds' | 'boolean';

interface SmtpKey {
  /** The key that we document. */
  readonly key: string;
  /** The same setting as Authentik's own Helm chart writes it, so that its Secret can be used as it is. */
  readonly env: string;
  /** The field of the email stage. */
  readonly field: string;
  readonly parse: SmtpParser;
}

/** What `smtpSecretRef` may hold. `host` is the only key that must be there. */
export const SMTP_KEYS: readonly SmtpKey[] = [
  { key: 'host', env: 'AUTHENTIK_EMAIL__HOST', field: 'host', parse: 'text' },
  { key: 'port', env: 'AUTHENTIK_EMAIL__PORT', field: 'port', parse: 'port' },
  { key: 'username', env: 'AUTHENTIK_EMAIL__USERNAME', field: 'username', parse: 'credential' },
  { key: 'password', env: 'AUTHENTIK_EMAIL__PASSWORD', field: 'password', parse: 'credential' },
  { key: 'useTls', env: 'AUTHENTIK_EMAIL__USE_TLS', field: 'use_tls', parse: 'boolean' },
  { key: 'useSsl', env: 'AUTHENTIK_EMAIL__USE_SSL', field: 'use_ssl', parse: 'boolean' },
  { key: 'timeout', env: 'AUTHENTIK_EMAIL__TIMEOUT', field: 'timeout', parse: 'seconds' },
  { key: 'from', env: 'AUTHENTIK_EMAIL__FROM', field: 'from_address', parse: 'address' },
];
