import type { MailTarget } from '../test/e2e/environment/mail-target.ts';

/** The keys of the SMTP Secret, as `smtpSecretRef` of an email stage reads them. */
export function smtpSettings({ host, port, username, password }: MailTarget): Readonly<Record<string, string>> {
  return {
    host,
    port: String(port),
    from: 'no-reply@market.example.com',
    ...(username === undefined || password === undefined ? {} : { username, password }),
  };
}
