/** The comparer lets pass what README.md in `test/transcripts/` says, and nothing else. */
import { type Answered, compareAnswers, type Learned } from '../transcripts/compare.ts';
import { type Json, readTranscript, VERSIONS } from '../transcripts/transcript.ts';

const A = '11111111-1111-4111-8111-111111111111';
const B = '22222222-2222-4222-8222-222222222222';
const answered = (body: Json, headers: Record<string, string> = {}): Answered => ({
  status: 200,
  headers: { 'content-type': 'application/json', ...headers },
  body,
});
const compare = (expected: Json, actual: Json, path = '/stages/email/', learned: Learned = new Map()): string[] =>
  compareAnswers(answered(expected), answered(actual), { method: 'GET', path }, learned);
const list = (results: Json[], count = results.length): Json => ({
  pagination: { next: count > results.length ? 2 : 0, count, total_pages: count > results.length ? 2 : 1 },
  results,
  autocomplete: {},
});

interface Row {
  reason: string;
  expected: Json;
  actual: Json;
  path?: string;
}

const EQUAL: Row[] = [
  {
    reason: 'a UUID is learned from a field of its own',
    expected: { pk: '{{uuid:1}}', target: '{{uuid:1}}' },
    actual: { pk: A, target: A },
  },
  { reason: 'a UUID is learned inside a text', expected: { name: 'to {{uuid:1}}', pk: '{{uuid:1}}' }, actual: { name: `to ${A}`, pk: A } },
  {
    reason: 'many-to-many lists have no order',
    expected: { pk: '{{uuid:1}}', sources: ['{{uuid:2}}', '{{uuid:1}}'] },
    actual: { pk: A, sources: [A, B] },
  },
  {
    reason: 'results without ordering have none either',
    expected: list([{ name: 'a' }, { name: 'b' }]),
    actual: list([{ name: 'b' }, { name: 'a' }]),
  },
  {
    reason: 'ties of an ordering may come in any order',
    expected: list([
      { name: 'a', order: 1 },
      { name: 'b', order: 1 },
    ]),
    actual: list([
      { name: 'b', order: 1 },
      { name: 'a', order: 1 },
    ]),
    path: '/flows/bindings/?ordering=order',
  },
  { reason: 'a page of an unordered list may hold any items', expected: list([{ name: 'a' }], 9), actual: list([{ name: 'z' }], 9) },
  {
    reason: 'volatile fields may hold anything',
    expected: { uid: '{{hash}}', expires: '{{time}}', verbose_name: 'stage' },
    actual: { uid: 'x', expires: null, verbose_name: 'nonsense' },
  },
  { reason: 'numeric keys are mapped', expected: { user: 10, pk: 10 }, actual: { user: 4, pk: 4 } },
  { reason: 'a numeric key may be written as a text', expected: [{ pk: 6 }, { pk: '6' }], actual: [{ pk: 9 }, { pk: '9' }] },
  {
    reason: 'the text before "already exists" of stages changes while a server runs',
    expected: { name: ['stage with this name already exists.'] },
    actual: { name: ['some.View with this name already exists.'] },
  },
  { reason: 'the interpreter words syntax errors', expected: ['Expression Syntax Error: a'], actual: ['Expression Syntax Error: b'] },
  { reason: 'a scope is a set of words', expected: { scope: 'openid email' }, actual: { scope: 'email openid' } },
  { reason: 'a host comes with its scheme', expected: { issuer: '{{host}}/o/' }, actual: { issuer: 'http://127.0.0.1:9000/o/' } },
  {
    reason: 'of events only the form counts',
    expected: list([{ pk: '{{uuid:1}}', action: 'x' }], 858),
    actual: list([{ pk: B, action: 'y' }], 858),
    path: '/events/events/?page_size=1',
  },
];

const DIFFERENT: Row[] = [
  { reason: 'a learned UUID stays', expected: { pk: '{{uuid:1}}', target: '{{uuid:1}}' }, actual: { pk: A, target: B } },
  { reason: 'a scope has the same words', expected: { scope: 'openid email' }, actual: { scope: 'openid' } },
  { reason: 'a numeric key written as a text is the same key', expected: [{ pk: 6 }, { pk: '6' }], actual: [{ pk: 9 }, { pk: '8' }] },
  { reason: 'two placeholders are two UUIDs', expected: { pk: '{{uuid:1}}', target: '{{uuid:2}}' }, actual: { pk: A, target: A } },
  { reason: 'a UUID is a UUID', expected: { pk: '{{uuid:1}}' }, actual: { pk: 'flow' } },
  { reason: 'a field may not be missing, though its value is ignored', expected: { uid: '{{hash}}' }, actual: {} },
  { reason: 'a field too many', expected: { name: 'a' }, actual: { name: 'a', extra: 1 } },
  { reason: 'arrays keep their order', expected: { user_fields: ['email', 'username'] }, actual: { user_fields: ['username', 'email'] } },
  { reason: 'an item too many', expected: { sources: [] }, actual: { sources: [A] } },
  {
    reason: 'results that are ordered by a field',
    expected: list([{ order: 1 }, { order: 2 }]),
    actual: list([{ order: 2 }, { order: 1 }]),
    path: '/flows/bindings/?ordering=order',
  },
  { reason: 'the envelope of a page', expected: list([{ name: 'a' }], 9), actual: list([{ name: 'a' }], 8) },
  { reason: 'the form of an item of a page', expected: list([{ name: 'a' }], 9), actual: list([{ title: 'a' }], 9) },
  { reason: 'null is not absent, 0 not false', expected: { a: null, b: 0 }, actual: { a: null, b: false } },
  { reason: 'an empty body', expected: null, actual: {} },
  {
    reason: 'the fields of a form keep their order',
    expected: { fields: [{ field_key: 'a' }, { field_key: 'b' }] },
    actual: { fields: [{ field_key: 'b' }, { field_key: 'a' }] },
  },
];

it.each(EQUAL)('lets pass: $reason', ({ expected, actual, path }) => {
  expect(compare(expected, actual, path)).toEqual([]);
});

it.each(DIFFERENT)('finds: $reason', ({ expected, actual, path }) => {
  expect(compare(expected, actual, path)).not.toEqual([]);
});

it('finds another status, content type, allowed methods and location', () => {
  const question = { method: 'GET', path: '/' };
  const recorded: Answered = { status: 302, headers: { 'content-type': 'text/html', allow: 'GET', location: '/a/{{secret}}' }, body: null };
  const same: Answered = { ...recorded, headers: { ...recorded.headers, location: '/a/xyz' } };
  expect(compareAnswers(recorded, same, question, new Map())).toEqual([]);
  for (const change of [
    { status: 200 },
    { headers: { ...same.headers, 'content-type': 'application/json' } },
    { headers: { ...same.headers, allow: 'GET, POST' } },
    { headers: { ...same.headers, location: '/b/xyz' } },
  ]) {
    expect(compareAnswers(recorded, { ...same, ...change }, question, new Map())).toHaveLength(1);
  }
});

it('compares the claims of a token but for its times, and of a step with capitals only the headers it names', () => {
  const question = { method: 'POST', path: '{{host}}/application/o/token/' };
  const claims = { iss: '{{host}}/application/o/market/', exp: 0, groups: ['a'] };
  const recorded: Answered = { status: 200, headers: { 'Content-Type': 'application/json' }, body: {}, claims };
  const headers = { 'content-type': 'application/json', 'content-language': 'en' };
  const same: Answered = { ...recorded, headers, claims: { iss: 'http://a:1/application/o/market/', exp: 1_800_000_000, groups: ['a'] } };
  expect(compareAnswers(recorded, same, question, new Map())).toEqual([]);
  for (const change of [
    { headers: { ...headers, 'content-type': 'text/html' } },
    { claims: undefined },
    { claims: { ...claims, iss: 'http://a:1/application/o/market/', exp: null } },
    { claims: { ...claims, iss: 'http://a:1/application/o/other/' } },
    { claims: { ...claims, iss: 'http://a:1/application/o/market/', groups: [] } },
  ]) {
    expect(compareAnswers(recorded, { ...same, ...change }, question, new Map())).toHaveLength(1);
  }
});

/** Every copy of `value` with one plain value in it changed. `uid` and the like are left alone: they may hold anything. */
function* changed(value: Json, field = ''): Generator<Json> {
  if (
    [
      'autocomplete',
      'background_url',
      'cache_count',
      'expires',
      'uid',
      'avatar',
      'pending_user_avatar',
      'verbose_name',
      'verbose_name_plural',
      'text',
      'contentType',
    ].includes(field) ||
    field.startsWith('last_')
  )
    return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) for (const other of changed(item)) yield value.with(index, other);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) for (const other of changed(member, key)) yield { ...value, [key]: other };
  } else if (typeof value === 'string' && !value.includes('{{')) yield `${value} and more`;
  else if (typeof value === 'boolean') yield !value;
}

/** The recorded value as a server would send it. */
function concrete(value: Json): Json {
  const text = JSON.stringify(value)
    .replaceAll(/\{\{uuid:(\d+)\}\}/g, (_whole, index: string) => `00000000-0000-4000-8000-${index.padStart(12, '0')}`)
    .replaceAll('{{time}}', '2026-01-02T03:04:05.678901Z')
    .replaceAll('{{hash}}', 'a'.repeat(64))
    .replaceAll('{{hex}}', 'abc123');
  return JSON.parse(text.replaceAll(/\{\{\w+\}\}/g, 'anything')) as Json;
}

it.each(VERSIONS)('finds any one text or flag that differs from the recorded guide of %s', (version) => {
  const { steps } = readTranscript(version, 'guide');
  let tried = 0;
  for (const { request, response } of steps) {
    const headers = concrete(response.headers) as Answered['headers'];
    expect(compareAnswers(response, { ...response, headers, body: concrete(response.body) }, request, new Map())).toEqual([]);
    for (const body of changed(concrete(response.body))) {
      tried += 1;
      const found = compareAnswers(response, { ...response, headers, body }, request, new Map());
      if (found.length === 0) throw new Error(`nothing found in ${request.method} ${request.path}: ${JSON.stringify(body).slice(0, 400)}`);
    }
  }
  expect(tried).toBeGreaterThan(500);
});
