/** Runs a recorded scenario against a server, real or stand-in, and tells where the answers differ. */
import { randomUUID } from 'node:crypto';
import { CookieJar } from 'tough-cookie';
import { eventually } from '../bed/eventually.ts';
import { type Answered, compareAnswers, type Learned } from './compare.ts';
import { NUMERIC_KEYS } from './rules.ts';
import type { Json, Step, Transcript } from './transcript.ts';

export interface ReplayTarget {
  /** Without `/api/v3`. */
  url: string;
  token: string;
  /** The token in the link of the mail that was sent last; called when a step needs the link of a mail that nobody has opened yet. */
  flowToken: () => Promise<string>;
}

export interface StepDifference {
  step: number;
  call: string;
  note: string;
  differences: string[];
}

const HOST = '{{host}}';
const CSRF_HEADER = 'X-authentik-CSRF';
/** A slug of the length that the recorder sent. */
const SECRET = `replayed-${'x'.repeat(51)}`;

const member = (body: Json, name: string): Json | undefined =>
  typeof body === 'object' && body !== null && !Array.isArray(body) ? body[name] : undefined;

/** What an id token says. Who signed it is none of a replay's business. */
function claimsOf(body: Json): Json | undefined {
  const token = member(body, 'id_token');
  if (typeof token !== 'string') return undefined;
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Json;
}

async function readAnswer(response: Response): Promise<Answered> {
  const contentType = response.headers.get('content-type');
  const text = await response.text();
  const isJson = (contentType ?? '').startsWith('application/json');
  const body = text === '' ? null : isJson ? (JSON.parse(text) as Json) : { contentType, text };
  return { status: response.status, headers: Object.fromEntries(response.headers), body, claims: claimsOf(body) };
}

class Replay {
  private readonly target: ReplayTarget;
  private readonly learned: Learned = new Map();
  private readonly jars = new Map<string, CookieJar>();
  /** Of the mail that was announced last. */
  private flowToken: string | null = null;
  /** The code of the last redirect that carried one. */
  private code = 'none';
  private madeTokenIdentifier = 'none';

  constructor(target: ReplayTarget) {
    this.target = target;
  }

  private fillText(text: string, secret: string): string {
    return text
      .replaceAll(/\{\{(uuid:\d+)\}\}/g, (_whole, placeholder: string) => String(this.learned.get(placeholder) ?? randomUUID()))
      .replaceAll('{{secret}}', secret)
      .replaceAll('{{hex}}', this.code)
      .replaceAll('{{time}}', new Date(Date.now() + 3_600_000).toISOString());
  }

  private fill(value: Json, field = ''): Json {
    if (typeof value === 'string') return this.fillText(value, SECRET);
    if (typeof value === 'number' && NUMERIC_KEYS.has(field)) return this.learned.get(`number:${value}`) ?? value;
    if (Array.isArray(value)) return value.map((item) => this.fill(item, field));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.fill(member, key)]));
  }

  /** Where the step goes. A number between slashes is a key. */
  private async url({ request: { path } }: Step): Promise<string> {
    const opensLink = path.includes('{{secret}}') && path.startsWith('/flows/executor/');
    const filled = this.fillText(path, opensLink ? (this.flowToken ??= await this.target.flowToken()) : SECRET).replaceAll(
      /\/(\d+)(?=\/)/g,
      (whole, key: string) => (this.learned.has(`number:${key}`) ? `/${this.learned.get(`number:${key}`) ?? ''}` : whole),
    );
    return filled.startsWith(HOST) ? filled.replace(HOST, this.target.url) : `${this.target.url}/api/v3${filled}`;
  }

  /** The token that the scenario made last: any administrator may look at its key. */
  private async madeToken(): Promise<string> {
    const response = await fetch(`${this.target.url}/api/v3/core/tokens/${this.madeTokenIdentifier}/view_key/`, {
      headers: { Authorization: `Bearer ${this.target.token}` },
    });
    return ((await response.json()) as { key: string }).key;
  }

  private jar(auth: string): CookieJar {
    const jar = this.jars.get(auth) ?? new CookieJar();
    this.jars.set(auth, jar);
    return jar;
  }

  /** Cookies, and the one against forgery as a header too where the step names it: a page that forgets it is recorded as well. */
  private async browserHeaders(auth: string, headers: Record<string, string>, url: string): Promise<Record<string, string>> {
    const cookies = await this.jar(auth).getCookies(url);
    const csrf = cookies.find(({ key }) => key === 'authentik_csrf')?.value ?? '';
    return {
      ...(cookies.length === 0 ? {} : { Cookie: cookies.map((cookie) => cookie.cookieString()).join('; ') }),
      ...(CSRF_HEADER in headers ? { [CSRF_HEADER]: csrf } : {}),
    };
  }

  private async authorization(auth: string, headers: Record<string, string>, url: string): Promise<Record<string, string>> {
    if (auth === 'none') return {};
    if (auth.startsWith('browser')) return this.browserHeaders(auth, headers, url);
    const token = auth === 'invalid' ? 'not-a-token' : auth === 'least-privilege' ? await this.madeToken() : this.target.token;
    return { Authorization: `Bearer ${token}` };
  }

  /** The body with its type; nothing for a step that sends none. */
  private payload({ request: { body, form } }: Step): { type?: string; text?: string } {
    if (form !== undefined) {
      const filled = Object.entries(form).map(([name, value]): [string, string] => [name, this.fillText(value, SECRET)]);
      return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(filled).toString() };
    }
    return body === undefined ? {} : { type: 'application/json', text: JSON.stringify(this.fill(body)) };
  }

  private async send(step: Step): Promise<Answered> {
    const { method, auth = 'administrator', headers = {} } = step.request;
    const url = await this.url(step);
    const { type, text: payload } = this.payload(step);
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        'Accept-Language': 'en',
        Accept: 'application/json',
        'User-Agent': 'recorder',
        ...(type === undefined ? {} : { 'Content-Type': type }),
        ...headers,
        ...(await this.authorization(auth, headers, url)),
      },
      ...(payload === undefined ? {} : { body: payload }),
    });
    if (auth.startsWith('browser')) for (const cookie of response.headers.getSetCookie()) await this.jar(auth).setCookie(cookie, url);
    const identifier = member(step.request.body ?? null, 'identifier');
    if (step.request.path === '/core/tokens/' && typeof identifier === 'string') this.madeTokenIdentifier = identifier;
    this.code = /[?&]code=([^&]+)/.exec(response.headers.get('location') ?? '')?.[1] ?? this.code;
    return readAnswer(response);
  }

  /** A blueprint is applied by a worker, a little later than the answer says. */
  private async untilApplied(step: Step, answered: Answered): Promise<void> {
    const before = member(answered.body, 'last_applied');
    if (!step.request.path.endsWith('/apply/') || before === undefined) return;
    const url = (await this.url(step)).replace(/apply\/$/, '');
    const check = async (): Promise<void> => {
      const response = await fetch(url, { headers: { Authorization: `Bearer ${this.target.token}` } });
      if (member((await response.json()) as Json, 'last_applied') === before) throw new Error(`last_applied has not moved`);
    };
    await eventually(check, { message: 'the blueprint is applied' });
  }

  async run(transcript: Transcript): Promise<StepDifference[]> {
    const found: StepDifference[] = [];
    for (const [index, step] of transcript.steps.entries()) {
      const { method, path } = step.request;
      const answered = await this.send(step);
      if (member(answered.body, 'component') === 'ak-stage-email') this.flowToken = null;
      await this.untilApplied(step, answered);
      const differences = compareAnswers(step.response, answered, { method, path }, this.learned);
      if (differences.length > 0) found.push({ step: index, call: `${method} ${path}`, note: step.note ?? '', differences });
    }
    return found;
  }
}

/** Every step whose answer differs from the recorded one. The server has to be in its stock state. */
export async function replay(transcript: Transcript, target: ReplayTarget): Promise<StepDifference[]> {
  return new Replay(target).run(transcript);
}
