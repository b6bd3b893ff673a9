/** Runs a recorded scenario against a server, real or stand-in, and tells where the answers differ. */
import { randomUUID } from 'node:crypto';
import { type Answered, compareAnswers, type Learned } from './compare.ts';
import type { Json, Step, Transcript } from './transcript.ts';

export interface ReplayTarget {
  /** Without `/api/v3`. */
  url: string;
  token: string;
  /** The token in the link of the mail that went to this address last; called when a step needs it. */
  flowToken: () => Promise<string>;
}

export interface StepDifference {
  step: number;
  call: string;
  note: string;
  differences: string[];
}

/** A slug of the length that the recorder sent. */
const SECRET = `replayed-${'x'.repeat(51)}`;

class Replay {
  private readonly target: ReplayTarget;
  private readonly learned: Learned = new Map();
  private readonly jars = new Map<string, string>();
  private flowToken: string | null = null;
  private madeToken: string | null = null;

  constructor(target: ReplayTarget) {
    this.target = target;
  }

  private fillText(text: string, secret: string): string {
    return text
      .replaceAll(/\{\{(uuid:\d+)\}\}/g, (_whole, placeholder: string) => String(this.learned.get(placeholder) ?? randomUUID()))
      .replaceAll('{{secret}}', secret)
      .replaceAll('{{time}}', new Date(Date.now() + 3_600_000).toISOString());
  }

  private fill(value: Json, field = ''): Json {
    if (typeof value === 'string') return this.fillText(value, SECRET);
    if (typeof value === 'number' && (field === 'pk' || field === 'user')) return this.learned.get(`number:${value}`) ?? value;
    if (Array.isArray(value)) return value.map((item) => this.fill(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.fill(member, key)]));
  }

  private async path(step: Step): Promise<string> {
    const { path } = step.request;
    if (!path.includes('{{secret}}') || !path.startsWith('/flows/executor/')) return this.fillText(path, SECRET);
    return this.fillText(path, (this.flowToken ??= await this.target.flowToken()));
  }

  /** The token that the scenario made for itself: any administrator may look at its key. */
  private async leastPrivilegeToken(): Promise<string> {
    if (this.madeToken === null) {
      const response = await fetch(`${this.target.url}/api/v3/core/tokens/lp-operator-api/view_key/`, {
        headers: { Authorization: `Bearer ${this.target.token}` },
      });
      this.madeToken = ((await response.json()) as { key: string }).key;
    }
    return this.madeToken;
  }

  private async authorization(auth: string): Promise<Record<string, string>> {
    if (auth === 'none') return {};
    if (auth.startsWith('browser')) return this.jars.has(auth) ? { Cookie: this.jars.get(auth) ?? '' } : {};
    const token = auth === 'invalid' ? 'not-a-token' : auth === 'least-privilege' ? await this.leastPrivilegeToken() : this.target.token;
    return { Authorization: `Bearer ${token}` };
  }

  private async send(step: Step): Promise<Answered> {
    const { method, auth = 'administrator', headers = {}, body } = step.request;
    const init: RequestInit = {
      method,
      redirect: 'manual',
      headers: {
        'Accept-Language': 'en',
        Accept: 'application/json',
        'User-Agent': 'recorder',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
        ...(await this.authorization(auth)),
      },
    };
    if (body !== undefined) init.body = JSON.stringify(this.fill(body));
    const response = await fetch(`${this.target.url}/api/v3${await this.path(step)}`, init);
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
    if (auth.startsWith('browser') && cookies.length > 0) this.jars.set(auth, cookies.join('; '));
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json');
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: text === '' ? null : isJson ? (JSON.parse(text) as Json) : { contentType: response.headers.get('content-type'), text },
    };
  }

  async run(transcript: Transcript): Promise<StepDifference[]> {
    const found: StepDifference[] = [];
    for (const [index, step] of transcript.steps.entries()) {
      const { method, path } = step.request;
      const differences = compareAnswers(step.response, await this.send(step), { method, path }, this.learned);
      if (differences.length > 0) found.push({ step: index, call: `${method} ${path}`, note: step.note ?? '', differences });
    }
    return found;
  }
}

/** Every step whose answer differs from the recorded one. The server has to be in its stock state. */
export async function replay(transcript: Transcript, target: ReplayTarget): Promise<StepDifference[]> {
  return new Replay(target).run(transcript);
}
