import { inspect } from 'node:util';
import type { Reason } from '../runtime/reasons.ts';
import { AuthentikClient } from './client.ts';
import { AuthentikError } from './errors.ts';
import { CUT, ScriptedServer, type ScriptedAnswer } from './scripted-server.ts';
import { silentLogger } from './silent-logger.ts';

const TOKEN = 'the-token-that-nobody-must-see';
const PASSWORD = 'hunter2-of-the-mail-server';
const HTML = '<!DOCTYPE html><html><body><h1>Server Error</h1></body></html>';
const ID = { 'X-authentik-id': 'f00d' };

interface Row {
  readonly reason: string;
  readonly method?: 'GET' | 'POST' | 'PATCH';
  readonly answer: ScriptedAnswer | typeof CUT;
  readonly expect: Partial<Pick<AuthentikError, 'status' | 'fields' | 'requestID' | 'notFound' | 'ambiguous' | 'retryAfterMs'>> & {
    readonly reason: Reason;
    readonly message: RegExp;
  };
}

const rows: readonly Row[] = [
  {
    reason: 'A wrong token is 403 and told by its detail',
    answer: { status: 403, body: { detail: 'Token invalid/expired' } },
    expect: { reason: 'Unauthorized', status: 403, message: /refused the token: Token invalid\/expired/ },
  },
  {
    reason: 'So is a missing one',
    answer: { status: 403, body: { detail: 'Authentication credentials were not provided.' } },
    expect: { reason: 'Unauthorized', message: /credentials were not provided/ },
  },
  {
    reason: 'A missing permission is 403, too, and names the call so that one can tell which permission',
    method: 'POST',
    answer: { status: 403, body: { detail: 'You do not have permission to perform this action.' } },
    expect: { reason: 'PermissionDenied', ambiguous: false, message: /lacks a permission for POST \/stages\/email\// },
  },
  {
    reason: 'A 403 in HTML comes from a firewall, and says nothing about the token',
    answer: { status: 403, body: HTML },
    expect: { reason: 'Unreachable', message: /not as Authentik's API does/ },
  },
  {
    reason: 'A refused field is quoted with its name, and all of them are kept for callers',
    method: 'POST',
    answer: { status: 400, headers: ID, body: { template: ["Invalid template 'x' specified."], port: ['A valid integer is required.'] } },
    expect: {
      reason: 'InvalidSpec',
      message: /refused POST \/stages\/email\/: template: Invalid template 'x' specified\. \(and 1 more\)$/,
      fields: { template: ["Invalid template 'x' specified."], port: ['A valid integer is required.'] },
      requestID: 'f00d',
      ambiguous: false,
    },
  },
  {
    reason: 'An error of no field is quoted without a name',
    method: 'PATCH',
    answer: { status: 400, body: { non_field_errors: ['The fields target, stage, order must make a unique set.'] } },
    expect: { reason: 'InvalidSpec', message: /PATCH \/stages\/email\/: The fields target, stage, order must make a unique set\.$/ },
  },
  {
    reason: 'Errors of list members are flattened, whether they come by key or by position',
    method: 'POST',
    answer: {
      status: 400,
      body: { backends: { 0: ['"x" is not a valid choice.'] }, stages: [{}, { order: ['This field is required.'] }] },
    },
    expect: {
      reason: 'InvalidSpec',
      message: /backends\.0: "x" is not a valid choice\./,
      fields: { 'backends.0': ['"x" is not a valid choice.'], 'stages.1.order': ['This field is required.'] },
    },
  },
  {
    reason: 'A body that could not be parsed has a detail only',
    method: 'POST',
    answer: { status: 400, body: { detail: 'JSON parse error - unexpected end' } },
    expect: { reason: 'InvalidSpec', message: /JSON parse error/, fields: { non_field_errors: ['JSON parse error - unexpected end'] } },
  },
  {
    reason: "nginx answers plain HTTP on its TLS port with an HTML 400; that is no fault of the spec's",
    answer: { status: 400, body: HTML },
    expect: { reason: 'Unreachable', message: /check url/ },
  },
  {
    reason: 'Secrets of the body and the token are not quoted even if the server does',
    method: 'POST',
    answer: { status: 400, body: { password: [`"${PASSWORD}" is too weak for ${TOKEN}`] } },
    expect: { reason: 'InvalidSpec', message: /password: "\[hidden\]" is too weak for \[hidden\]/ },
  },
  {
    reason: 'Long and marked-up messages are cut and stripped',
    method: 'POST',
    answer: { status: 400, body: { expression: [`<b>Expression</b>\nSyntax Error: ${'x'.repeat(1000)}`] } },
    expect: { reason: 'InvalidSpec', message: /expression: Expression Syntax Error: x{200,}…$/ },
  },
  {
    reason: 'A 404 of Authentik says that the object is gone',
    answer: { status: 404, body: { detail: 'No EmailStage matches the given query.' } },
    expect: { reason: 'ServerError', status: 404, notFound: true, message: /nothing for GET .*No EmailStage matches/ },
  },
  {
    reason: 'A 404 in HTML comes from an unknown path or from another site: nothing must be taken for gone',
    answer: { status: 404, body: HTML },
    expect: { reason: 'Unreachable', notFound: false, message: /404/ },
  },
  {
    reason: 'An empty 405 is how Authentik reports an internal error on a write; the create may have happened',
    method: 'POST',
    answer: { status: 405, headers: { ...ID, 'content-type': 'text/html; charset=utf-8', allow: 'GET, HEAD, OPTIONS' } },
    expect: { reason: 'ServerError', ambiguous: true, requestID: 'f00d', message: /empty 405/ },
  },
  {
    reason: 'A PATCH can be sent again whatever became of it',
    method: 'PATCH',
    answer: { status: 405, headers: { 'content-type': 'text/html' } },
    expect: { reason: 'ServerError', ambiguous: false, message: /PATCH/ },
  },
  {
    reason: 'A real 405 is a mistake of ours',
    method: 'POST',
    answer: { status: 405, body: { detail: 'Method "POST" not allowed.' } },
    expect: { reason: 'InternalError', ambiguous: false, message: /Method "POST" not allowed/ },
  },
  {
    reason: 'So is a 415',
    method: 'POST',
    answer: { status: 415, body: { detail: 'Unsupported media type "text/plain" in request.' } },
    expect: { reason: 'InternalError', message: /415/ },
  },
  {
    reason: 'A throttled answer says how long to wait in its header',
    method: 'POST',
    answer: { status: 429, headers: { 'retry-after': '7' }, body: { detail: 'Request was throttled.' } },
    expect: { reason: 'RateLimited', retryAfterMs: 7000, ambiguous: false, message: /slow down/ },
  },
  {
    reason: 'Or only in its text',
    method: 'POST',
    answer: { status: 429, body: { detail: 'Request was throttled. Expected available in 3 seconds.' } },
    expect: { reason: 'RateLimited', retryAfterMs: 3000, message: /slow down/ },
  },
  {
    reason: 'An HTML 500 has nothing to quote',
    method: 'POST',
    answer: { status: 500, body: HTML },
    expect: { reason: 'ServerError', ambiguous: true, message: /failed on POST \/stages\/email\/ with 500/ },
  },
  {
    reason: "The router's own words say that Authentik is still starting",
    method: 'POST',
    answer: { status: 503, headers: { 'retry-after': '5' }, body: { error: 'authentik starting' } },
    expect: { reason: 'Unreachable', retryAfterMs: 5000, ambiguous: true, message: /503: authentik starting/ },
  },
  {
    reason: "A proxy's HTML 502 is not quoted",
    method: 'POST',
    answer: { status: 502, body: '<html><h1>502 Bad Gateway</h1></html>' },
    expect: { reason: 'Unreachable', ambiguous: true, message: /with 502; Authentik is down/ },
  },
  {
    reason: 'A redirect is not followed, lest the token go elsewhere; its query is not quoted',
    answer: { status: 302, headers: { location: 'https://sso.example.com/login?state=s3cr3t' }, body: '' },
    expect: { reason: 'Unreachable', message: /redirected GET \/stages\/email\/ to https:\/\/sso\.example\.com\/login: set url/ },
  },
  {
    reason: 'Success in HTML is a login page of something in between',
    method: 'POST',
    answer: { status: 200, body: HTML },
    expect: { reason: 'Unreachable', ambiguous: true, message: /not in JSON/ },
  },
  {
    reason: 'Success in broken JSON is no success',
    method: 'POST',
    answer: { status: 201, headers: { 'content-type': 'application/json' }, body: '{"pk": "1' },
    expect: { reason: 'Unreachable', ambiguous: true, message: /not in JSON/ },
  },
  {
    reason: 'A cut connection leaves a create in doubt',
    method: 'POST',
    answer: CUT,
    expect: { reason: 'Unreachable', ambiguous: true, message: /cut the connection before it answered POST \/stages\/email\// },
  },
  {
    reason: 'But not an update',
    method: 'PATCH',
    answer: CUT,
    expect: { reason: 'Unreachable', ambiguous: false, message: /cut the connection/ },
  },
];

describe('what an answer means', () => {
  let server: ScriptedServer;
  let client: AuthentikClient;
  let answer: ScriptedAnswer | typeof CUT;

  beforeAll(async () => {
    server = await ScriptedServer.start(() => answer);
    client = new AuthentikClient({ url: server.url, token: TOKEN, userAgent: 'test', log: silentLogger });
  });
  afterAll(async () => {
    client.close();
    await server.stop();
  });

  it.each(rows)('$reason', async (row) => {
    answer = row.answer;
    const body = { host: 'mail', password: PASSWORD };
    const calls = {
      GET: async () => client.get('/stages/email/'),
      POST: async () => client.post('/stages/email/', body),
      PATCH: async () => client.patch('/stages/email/', body),
    };
    const error: unknown = await calls[row.method ?? 'GET']().catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(AuthentikError);
    expect(error).toMatchObject({ ...row.expect, message: expect.stringMatching(row.expect.message) as string });
    expect((error as AuthentikError).message.length).toBeLessThan(450);
    // Whatever a logger might print of it, causes included.
    expect(inspect(error, { depth: 20 })).not.toMatch(new RegExp(`${TOKEN}|${PASSWORD}|<html|<h1`));
  });
});

describe('what it means when no answer comes', () => {
  it.each([
    { reason: 'Nobody listens', url: 'http://127.0.0.1:1', message: /127\.0\.0\.1:1 accepts no connections: check host and port/ },
    {
      reason: 'The name is unknown',
      url: 'http://authentik.invalid',
      message: /authentik\.invalid does not resolve: check the host in url, and DNS/,
    },
  ])('$reason: nothing was sent, so no create is in doubt', async ({ url, message }) => {
    const client = new AuthentikClient({ url, token: TOKEN, userAgent: 'test', log: silentLogger });
    const expected = { reason: 'Unreachable', ambiguous: false, status: undefined, message: expect.stringMatching(message) as string };
    await expect(client.post('/stages/email/', {})).rejects.toMatchObject(expected);
    client.close();
  });

  it('A server that is too slow is given up', async () => {
    const server = await ScriptedServer.start(async () => new Promise(() => undefined));
    const client = new AuthentikClient({ url: server.url, token: TOKEN, requestTimeoutMs: 60, userAgent: 'test', log: silentLogger });
    const message = expect.stringContaining('did not answer POST /stages/email/ within 0.06 s') as string;
    await expect(client.post('/stages/email/', {})).rejects.toMatchObject({ reason: 'Unreachable', ambiguous: true, message });
    client.close();
    await server.stop();
  });

  it('A TLS url to a plain port says to check http or https', async () => {
    const server = await ScriptedServer.start(() => ({}));
    const client = new AuthentikClient({ url: `https://127.0.0.1:${server.port}`, token: TOKEN, userAgent: 'test', log: silentLogger });
    const message = expect.stringContaining('check http or https in url') as string;
    await expect(client.get('/stages/email/')).rejects.toMatchObject({ reason: 'Unreachable', message });
    client.close();
    await server.stop();
  });
});
