import { startMailServer, type MailServerOptions } from '../../mail-server/mail-server.ts';
import { MailDropFile } from './mail-drop-file.ts';

/** As much of a mail as every target knows. */
export interface ReceivedMail {
  readonly to: string;
  readonly text: string;
  readonly from?: string | undefined;
  readonly subject?: string | undefined;
}

/** Where Authentik's mails go, and where they're read. */
export interface MailTarget {
  readonly kind: 'own' | 'external';
  readonly host: string;
  readonly port: number;
  /** Demanded of whoever sends; none for a server that lets everybody in. */
  readonly username?: string;
  readonly password?: string;
  /** The first mail to that address that nobody has waited for yet. @throws when none comes in time. */
  waitForMail(to: string, timeoutMs?: number): Promise<ReceivedMail>;
  /** Only of our own server: from now on only these are accepted. */
  setCredentials?(username: string, password: string): void;
  stop(): Promise<void>;
}

/** A real server hands mails to a worker, which may have other work to do (milliseconds). */
const MAIL_TIMEOUT = 120_000;

/**
 * The mail server of `E2E_SMTP_HOST` and `E2E_SMTP_PORT` (and `E2E_SMTP_USERNAME`, `E2E_SMTP_PASSWORD` if it asks), which appends what it
 * receives to `E2E_MAILS_FILE`, one JSON object a line with `to` and `text`; else a server of our own, on 127.0.0.1.
 *
 * @throws when only a part of the three variables is set.
 */
export async function resolveMailTarget(options: Partial<MailServerOptions> = {}): Promise<MailTarget> {
  const [host, port, file] = ['E2E_SMTP_HOST', 'E2E_SMTP_PORT', 'E2E_MAILS_FILE'].map((name) => process.env[name] ?? '');
  if (!host && !port && !file) return startOwn(options);
  if (!host || !port || !file) throw new Error('E2E_SMTP_HOST, E2E_SMTP_PORT and E2E_MAILS_FILE go together: set all or none');
  if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65_535) throw new Error(`E2E_SMTP_PORT must be a port, not ${port}`);
  const drop = await MailDropFile.open(file);
  return {
    kind: 'external',
    host,
    port: Number(port),
    ...credentialsOfEnvironment(),
    waitForMail: async (to, timeoutMs = MAIL_TIMEOUT) => drop.waitForMail(to, timeoutMs),
    stop: async () => Promise.resolve(),
  };
}

function credentialsOfEnvironment(): { username: string; password: string } | Record<string, never> {
  const [username, password] = [process.env['E2E_SMTP_USERNAME'] ?? '', process.env['E2E_SMTP_PASSWORD'] ?? ''];
  return username === '' ? {} : { username, password };
}

async function startOwn(options: Partial<MailServerOptions>): Promise<MailTarget> {
  const { username = 'mailer', password = 'first-password' } = options;
  const server = await startMailServer({ ...options, username, password });
  return {
    kind: 'own',
    host: server.host,
    port: server.port,
    username,
    password,
    waitForMail: async (to, timeoutMs = MAIL_TIMEOUT) => server.waitForMail(to, timeoutMs),
    setCredentials: (name, secret) => server.setCredentials(name, secret),
    stop: async () => server.stop(),
  };
}
