import * as k8s from '@kubernetes/client-node';
import { describeApiError, isWatchTimeout, statusCodeOf, storeUnavailable } from './api-error.ts';

const refused = (code: number, body: unknown, headers = {}) => new k8s.ApiException(code, 'Unknown API Status Code!', body, headers);
const socketError = (message: string, code: string) =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });

describe('describeApiError', () => {
  it.each([
    {
      error: refused(403, '{"kind":"Status","message":"no rights"}'),
      expected: 'HTTP 403: no rights',
      reason: 'a body as client-node leaves it',
    },
    {
      error: refused(422, { reason: 'Invalid', details: { secret: 'x' } }),
      expected: 'HTTP 422: Invalid',
      reason: 'a body without a message',
    },
    { error: refused(502, '<html><body>Bad gateway</body></html>'), expected: 'HTTP 502', reason: 'a proxy that answers in HTML' },
    { error: refused(401, undefined), expected: 'HTTP 401', reason: 'client-node drops the body of 401' },
    {
      error: refused(500, { message: `a\n  b ${'x'.repeat(400)}` }),
      expected: `HTTP 500: a b ${'x'.repeat(285)}…`,
      reason: 'one line, cut',
    },
    { error: Object.assign(new Error('Gone'), { statusCode: 410 }), expected: 'HTTP 410: Gone', reason: 'the error of a watch' },
    {
      error: socketError('connect ECONNREFUSED 10.0.0.1:443', 'ECONNREFUSED'),
      expected: 'connect ECONNREFUSED 10.0.0.1:443',
      reason: 'what is behind "fetch failed"',
    },
    { error: socketError('', 'ETIMEDOUT'), expected: 'ETIMEDOUT', reason: 'a cause that has only a code' },
    { error: 'text', expected: 'text', reason: 'anything may be thrown' },
  ])('$reason: $expected', ({ error, expected }) => {
    expect(describeApiError(error)).toBe(expected);
  });
});

it('statusCodeOf finds the status wherever client-node puts it', () => {
  expect([refused(409, ''), Object.assign(new Error(), { statusCode: 410 }), new Error('x'), null].map(statusCodeOf)).toEqual([
    409,
    410,
    undefined,
    undefined,
  ]);
});

it('isWatchTimeout tells silence from failure', () => {
  expect(isWatchTimeout(new DOMException('idle', 'TimeoutError'))).toBe(true);
  expect(isWatchTimeout(new DOMException('stopped', 'AbortError'))).toBe(false);
});

it('storeUnavailable keeps when to come back', () => {
  expect(storeUnavailable('write', refused(429, '', { 'retry-after': '3' }))).toMatchObject({
    reason: 'StoreUnavailable',
    message: 'could not write: HTTP 429',
    retryAfterMs: 3_000,
  });
  expect(storeUnavailable('write', refused(429, '', { 'retry-after': 'soon' })).retryAfterMs).toBeUndefined();
});

describe('a right that RBAC refuses', () => {
  const by = 'User "system:serviceaccount:ops:operator" cannot';
  it.each([
    {
      message: `secrets "smtp" is forbidden: ${by} get resource "secrets" in API group "" in the namespace "shop"`,
      rule: '{apiGroups: [""], resources: ["secrets"], resourceNames: ["smtp"], verbs: ["get"]} in namespace shop',
      reason: 'one object of a namespace',
    },
    {
      message: `configmaps is forbidden: ${by} create resource "configmaps" in API group "" in the namespace "shop"`,
      rule: '{apiGroups: [""], resources: ["configmaps"], verbs: ["create"]} in namespace shop',
      reason: 'anything new has no name yet',
    },
    {
      message: `namespaces "shop" is forbidden: ${by} get resource "namespaces" in API group ""`,
      rule: '{apiGroups: [""], resources: ["namespaces"], resourceNames: ["shop"], verbs: ["get"]}',
      reason: 'what is in no namespace',
    },
    {
      message: `authentikflows.authentik.oceanenterprise.io "join" is forbidden: ${by} update resource "authentikflows/status" in API group "authentik.oceanenterprise.io" in the namespace "shop"`,
      rule: '{apiGroups: ["authentik.oceanenterprise.io"], resources: ["authentikflows/status"], resourceNames: ["join"], verbs: ["update"]} in namespace shop',
      reason: 'a part of an object',
    },
  ])('is told as a rule to add: $reason', ({ message, rule }) => {
    const error = storeUnavailable('do it', refused(403, JSON.stringify({ message })));
    expect(error).toMatchObject({ reason: 'KubernetesPermissionDenied', refused: true });
    expect(error.message).toContain(`could not do it: give the operator's ServiceAccount the rule ${rule} (HTTP 403: `);
  });

  it('is not what a namespace says that is going', () => {
    const message = 'secrets "a" is forbidden: unable to create new content in namespace shop because it is being terminated';
    expect(storeUnavailable('do it', refused(403, JSON.stringify({ message })))).toMatchObject({ reason: 'StoreUnavailable' });
  });
});
