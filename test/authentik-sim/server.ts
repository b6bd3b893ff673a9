/** The HTTP side: reads requests, lets trouble happen, writes answers, keeps the log. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { dispatch, type Dispatched, type Incoming } from './dispatch.ts';
import type { Faults } from './faults.ts';
import { crashed, htmlPage, type Answer } from './http.ts';
import type { Json } from './json.ts';
import type { RequestLog } from './request-log.ts';
import type { SchemaCheck } from './schema-check.ts';
import type { World } from './world.ts';

export interface ServerParts {
  world: World;
  faults: Faults;
  schemaCheck: SchemaCheck;
  log: RequestLog[];
  isDown: () => boolean;
  afterWrite: ((request: { readonly method: string; readonly path: string }) => Promise<void>) | undefined;
}

async function readAll(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function read(message: IncomingMessage): Promise<Incoming> {
  const url = new URL(message.url ?? '/', 'http://authentik');
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
  const id = randomUUID().replaceAll('-', '');
  return { id, method: message.method ?? 'GET', path: url.pathname, query: url.searchParams, headers, rawBody: await readAll(message) };
}

function write(response: ServerResponse, answer: Answer, incoming: Incoming, world: World): void {
  const charset = world.version === '2025.12' && answer.contentType === 'application/json' && answer.rest ? '; charset=utf-8' : '';
  const headers: Answer['headers'] = {
    vary: 'Accept-Language, Cookie',
    'content-language': languageOf(incoming.headers),
    'x-powered-by': 'authentik',
    'x-authentik-id': incoming.id,
    ...answer.headers,
  };
  if (answer.contentType !== null) headers['content-type'] = `${answer.contentType}${charset}`;
  const text = answer.body === null ? '' : typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  if (answer.status !== 204) headers['content-length'] = String(Buffer.byteLength(text));
  response.writeHead(answer.status, headers);
  response.end(text);
}

function languageOf(headers: Record<string, string>): string {
  return /^\s*de\b/.test(headers['accept-language'] ?? '') ? 'de' : 'en';
}

function body(incoming: Incoming): Json | undefined {
  try {
    return incoming.rawBody === '' ? undefined : (JSON.parse(incoming.rawBody) as Json);
  } catch {
    return incoming.rawBody;
  }
}

class Exchange {
  private readonly parts: ServerParts;
  private readonly response: ServerResponse;
  private readonly incoming: Incoming;
  private readonly entry: RequestLog;

  constructor(parts: ServerParts, response: ServerResponse, incoming: Incoming) {
    this.parts = parts;
    this.response = response;
    this.incoming = incoming;
    const { method, path, query } = incoming;
    const template = parts.world.api.match(path.replace('/api/v3', ''))?.route.template ?? null;
    this.entry = { method, path, query: query.toString(), template, status: null, body: body(incoming), at: new Date() };
    parts.log.push(this.entry);
  }

  /** Applies the request and checks both sides against the schema. */
  private async apply(): Promise<Dispatched> {
    const { world, schemaCheck } = this.parts;
    const dispatched = await dispatch(this.incoming, world);
    const { answer, template } = dispatched;
    if (template !== null && answer.contentType === 'application/json')
      schemaCheck.exchange(
        this.incoming.method,
        template,
        answer.status,
        this.incoming.method === 'GET' ? undefined : dispatched.body,
        answer.body,
      );
    const { method, path } = this.incoming;
    if (method !== 'GET' && !path.includes('/flows/executor/')) await this.parts.afterWrite?.({ method, path });
    return dispatched;
  }

  private send(answer: Answer): void {
    this.entry.status = answer.status;
    write(this.response, answer, this.incoming, this.parts.world);
  }

  async run(): Promise<void> {
    const { method, path } = this.incoming;
    const fault = this.parts.isDown()
      ? ({ kind: 'cut', when: 'before' } as const)
      : this.parts.faults.next({ method, path, body: this.entry.body });
    switch (fault?.kind) {
      case 'hang':
        return;
      case 'cut':
        if (fault.when === 'after') await this.apply();
        this.response.destroy();
        return;
      case 'status':
        this.send({
          status: fault.status,
          body: fault.body ?? null,
          contentType: fault.contentType ?? (typeof fault.body === 'string' ? 'text/html; charset=utf-8' : 'application/json'),
          headers: fault.headers ?? {},
          allow: false,
          rest: false,
        });
        return;
      case 'empty405':
        this.send(crashed('POST'));
        return;
      case 'html502':
        this.send(htmlPage(502));
        return;
      case 'delay':
        await sleep(fault.ms);
        this.send((await this.apply()).answer);
        return;
      case 'pace': {
        const began = performance.now();
        const { answer } = await this.apply();
        await sleep(Math.max(0, fault.ms - (performance.now() - began)));
        this.send(answer);
        return;
      }
      case undefined:
        this.send((await this.apply()).answer);
    }
  }
}

/** A server that isn't listening yet. An error of the stand-in itself answers 500 with its stack, so that a test shows it. */
export function createSimServer(parts: ServerParts): Server {
  return createServer((message, response) => {
    read(message)
      .then((incoming) => new Exchange(parts, response, incoming).run())
      .catch((error: unknown) => {
        if (response.headersSent || response.destroyed) return;
        response.writeHead(500, { 'content-type': 'text/plain' }).end(error instanceof Error ? error.stack : String(error));
      });
  });
}
