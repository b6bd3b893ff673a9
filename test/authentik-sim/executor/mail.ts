/** Sends the mail of an email stage over SMTP, with the stage's own settings or the server's. */
import { randomBytes } from 'node:crypto';
import { createTransport, type TransportOptions } from 'nodemailer';
import { durationMs } from '../duration.ts';
import { type JsonObject, text } from '../json.ts';
import type { GlobalSmtp, World } from '../world.ts';
import type { FlowToken, Plan } from './plan.ts';

/** A mail that couldn't be handed over. The request that caused it isn't told, as the real server's worker sends later. */
export interface MailFailure {
  to: string;
  stage: string;
  message: string;
  at: Date;
}

interface Settings {
  host: string;
  port: number;
  username: string;
  password: string;
  from: string;
  tls: boolean;
  ssl: boolean;
  timeout: number;
}

function settingsOf(stage: JsonObject, smtp: GlobalSmtp): Settings {
  if (stage.use_global_settings === true) {
    return {
      host: smtp.globalHost,
      port: smtp.globalPort,
      username: smtp.globalUsername ?? '',
      password: smtp.globalPassword ?? '',
      from: smtp.globalFrom ?? 'authentik@localhost',
      tls: false,
      ssl: false,
      timeout: 10,
    };
  }
  return {
    host: text(stage.host),
    port: Number(stage.port),
    username: text(stage.username),
    password: text(stage.password),
    from: text(stage.from_address),
    tls: stage.use_tls === true,
    ssl: stage.use_ssl === true,
    timeout: Number(stage.timeout),
  };
}

function transportOf(settings: Settings): TransportOptions & Record<string, unknown> {
  const timeout = settings.timeout * 1000;
  // As the real server: it logs in only when both a username and a password are set.
  const auth = settings.username !== '' && settings.password !== '' ? { auth: { user: settings.username, pass: settings.password } } : {};
  return {
    host: settings.host,
    port: settings.port,
    secure: settings.ssl,
    requireTLS: settings.tls,
    ignoreTLS: !settings.tls,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    ...auth,
  };
}

/** Remembers `plan` behind a new token, and gives the token. */
export function createFlowToken(flow: string, plan: Plan, to: string, lifetime: string, world: World): FlowToken {
  const token: FlowToken = {
    key: randomBytes(30).toString('hex'),
    flow,
    plan: structuredClone(plan),
    to,
    expires: Date.now() + durationMs(lifetime) + 60_000,
  };
  world.flowTokens.set(token.key, token);
  return token;
}

/** Hands the mail over in the background; what goes wrong is kept in `world.mailFailures`. */
export function sendMail(stage: { name: string; values: JsonObject }, to: string, link: string, world: World): void {
  const settings = settingsOf(stage.values, world.smtp);
  const message = {
    from: settings.from,
    to,
    subject: text(stage.values.subject),
    text: `${text(stage.values.subject)}\n\nOpen this link to go on:\n${link}\n`,
    html: `<p>${text(stage.values.subject)}</p><p><a href="${link.replaceAll('&', '&amp;')}">Open this link to go on</a></p>`,
  };
  const transport = createTransport(transportOf(settings) as TransportOptions);
  const sending = transport
    .sendMail(message)
    .then(
      () => undefined,
      (error: unknown) => {
        world.mailFailures.push({ to, stage: stage.name, message: error instanceof Error ? error.message : String(error), at: new Date() });
      },
    )
    .finally(() => {
      transport.close();
      world.mailsUnderWay.delete(sending);
    });
  world.mailsUnderWay.add(sending);
}
