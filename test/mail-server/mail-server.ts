/** A real SMTP server for tests: it demands the credentials it was told, and keeps what it's handed. */
import { appendFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { type AddressObject, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerAuthentication, type SMTPServerAuthenticationResponse, type SMTPServerDataStream } from 'smtp-server';

export interface Mail {
  from: string;
  to: string;
  subject: string;
  text: string;
  html: string;
}

export interface Login {
  username: string;
  accepted: boolean;
  at: Date;
}

export interface MailServerOptions {
  username: string;
  password: string;
  /** 0 or absent for any free one. Always on 127.0.0.1. */
  port?: number;
  /** Gets one JSON object a line, with `to` and `text`, per mail. */
  dropFile?: string;
  /** Whether STARTTLS is offered, with a self-signed certificate; by default it isn't. Login without TLS is always allowed. */
  offerStartTls?: boolean;
}

export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** Every mail so far, oldest first. */
  readonly mails: readonly Mail[];
  /** Every attempt to log in, oldest first. */
  readonly logins: readonly Login[];
  /** From now on only these are accepted. */
  setCredentials(username: string, password: string): void;
  /** The first mail to that address that nobody has waited for yet; rejects when none comes in time. */
  waitForMail(to: string, timeoutMs: number): Promise<Mail>;
  stop(): Promise<void>;
}

interface Waiting {
  to: string;
  give: (mail: Mail) => void;
}

class Mailbox {
  readonly mails: Mail[] = [];
  private readonly taken = new Set<Mail>();
  private waiting: Waiting[] = [];

  add(mail: Mail): void {
    this.mails.push(mail);
    const first = this.waiting.find(({ to }) => to === mail.to);
    if (first === undefined) return;
    this.waiting = this.waiting.filter((other) => other !== first);
    this.taken.add(mail);
    first.give(mail);
  }

  async waitFor(to: string, timeoutMs: number): Promise<Mail> {
    const there = this.mails.find((mail) => mail.to === to && !this.taken.has(mail));
    if (there !== undefined) {
      this.taken.add(there);
      return there;
    }
    return new Promise<Mail>((resolve, reject) => {
      const entry: Waiting = {
        to,
        give: (mail) => {
          clearTimeout(timer);
          resolve(mail);
        },
      };
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((other) => other !== entry);
        reject(
          new Error(
            `no mail to ${to} within ${timeoutMs} ms; there were mails to: ${this.mails.map((mail) => mail.to).join(', ') || 'nobody'}`,
          ),
        );
      }, timeoutMs);
      this.waiting.push(entry);
    });
  }
}

function addresses(value: AddressObject | AddressObject[] | undefined): string {
  return [value ?? []]
    .flat()
    .flatMap((object) => object.value.map(({ address }) => address ?? ''))
    .join(', ');
}

async function readMail(stream: SMTPServerDataStream): Promise<Mail> {
  const parsed = await simpleParser(stream);
  return {
    from: addresses(parsed.from),
    to: addresses(parsed.to),
    subject: parsed.subject ?? '',
    text: parsed.text ?? '',
    html: parsed.html === false ? '' : (parsed.html ?? ''),
  };
}

/** Starts an SMTP server on 127.0.0.1 that takes mail only from who logs in with exactly these credentials. */
export async function startMailServer(options: MailServerOptions): Promise<MailServer> {
  let credentials = { username: options.username, password: options.password };
  const mailbox = new Mailbox();
  const logins: Login[] = [];

  const onAuth = (
    { username = '', password = '' }: SMTPServerAuthentication,
    _session: unknown,
    done: (error: Error | null | undefined, response?: SMTPServerAuthenticationResponse) => void,
  ): void => {
    const accepted = username === credentials.username && password === credentials.password;
    logins.push({ username, accepted, at: new Date() });
    if (accepted) done(null, { user: username });
    else done(Object.assign(new Error('Authentication failed: wrong username or password'), { responseCode: 535 }));
  };
  const onData = (stream: SMTPServerDataStream, _session: unknown, done: (error?: Error | null) => void): void => {
    readMail(stream)
      .then(async (mail) => {
        if (options.dropFile !== undefined) await appendFile(options.dropFile, `${JSON.stringify({ to: mail.to, text: mail.text })}\n`);
        mailbox.add(mail);
        done();
      })
      .catch((error: unknown) => done(error instanceof Error ? error : new Error(String(error))));
  };
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    authMethods: ['PLAIN', 'LOGIN'],
    disabledCommands: options.offerStartTls === true ? [] : ['STARTTLS'],
    logger: false,
    onAuth,
    onData,
  });
  // A client that hangs up is no failure of the server.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));

  return {
    host: '127.0.0.1',
    port: (server.server.address() as AddressInfo).port,
    mails: mailbox.mails,
    logins,
    setCredentials: (username, password) => {
      credentials = { username, password };
    },
    waitForMail: (to, timeoutMs) => mailbox.waitFor(to, timeoutMs),
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
