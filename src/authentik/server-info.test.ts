import { AuthentikClient } from './client.ts';
import { ScriptedServer, type ScriptedAnswer } from './scripted-server.ts';
import { missingPermissions, probe } from './server-info.ts';
import { silentLogger } from './silent-logger.ts';

const ROLE = '11111111-1111-4111-8111-111111111111';
const OTHER = '22222222-2222-4222-8222-222222222222';
const VIEW_FLOW = 'authentik_flows.view_flow';
const ADD_FLOW = 'authentik_flows.add_flow';

const me = (user: object): ScriptedAnswer => ({
  body: { user: { pk: 10, username: 'operator', is_superuser: false, groups: [], ...user } },
});
const permissions = (...names: string[]): ScriptedAnswer => ({
  body: {
    pagination: { next: 0, count: names.length },
    results: names.map((name, id) => ({ id, app_label: name.split('.')[0], codename: name.split('.')[1] })),
  },
});

describe('probe', () => {
  let server: ScriptedServer;
  let client: AuthentikClient;
  let answers: Record<string, ScriptedAnswer>;

  beforeEach(async () => {
    answers = { '/api/v3/admin/version/': { body: { version_current: '2026.2.2', version_latest: '0.0.0' } } };
    server = await ScriptedServer.start(({ url }) => answers[url] ?? { status: 403, body: { detail: 'You do not have permission.' } });
    client = new AuthentikClient({ url: server.url, token: 't', userAgent: 'test', log: silentLogger });
  });
  afterEach(async () => {
    client.close();
    await server.stop();
  });

  it('reads the permissions of every role', async () => {
    answers['/api/v3/core/users/me/'] = me({
      roles: [
        { name: 'a', pk: ROLE },
        { name: 'b', pk: OTHER },
      ],
    });
    answers[`/api/v3/rbac/permissions/?role=${ROLE}&page_size=100`] = permissions(VIEW_FLOW);
    answers[`/api/v3/rbac/permissions/?role=${OTHER}&page_size=100`] = permissions(ADD_FLOW, VIEW_FLOW);
    const info = await probe(client);
    expect(info).toEqual({ version: '2026.2.2', username: 'operator', isSuperuser: false, permissions: new Set([VIEW_FLOW, ADD_FLOW]) });
    expect(missingPermissions(info, [VIEW_FLOW, 'authentik_flows.delete_flow'])).toEqual(['authentik_flows.delete_flow']);
    expect(server.requests).toHaveLength(4);
  });

  it('knows that a user without a role has no permission', async () => {
    answers['/api/v3/core/users/me/'] = me({ roles: [] });
    expect(missingPermissions(await probe(client), [VIEW_FLOW])).toEqual([VIEW_FLOW]);
  });

  it.each([
    { reason: 'a superuser, who lacks nothing', user: { is_superuser: true, roles: [{ pk: ROLE }] }, requests: 2 },
    { reason: '2025.10, which does not tell a user its roles', user: {}, requests: 2 },
    { reason: 'a server that refuses to tell', user: { roles: [{ pk: ROLE }] }, requests: 3 },
  ])('reports nothing as missing for $reason', async ({ user, requests }) => {
    answers['/api/v3/core/users/me/'] = me(user);
    const info = await probe(client);
    expect(info.permissions).toBeUndefined();
    expect(missingPermissions(info, [VIEW_FLOW])).toEqual([]);
    expect(server.requests).toHaveLength(requests);
  });

  it('fails as Unauthorized on a bad token', async () => {
    answers['/api/v3/core/users/me/'] = { status: 403, body: { detail: 'Token invalid/expired' } };
    await expect(probe(client)).rejects.toMatchObject({ reason: 'Unauthorized' });
  });

  it('tells another web service from an Authentik', async () => {
    answers['/api/v3/core/users/me/'] = { body: { hello: 'world' } };
    await expect(probe(client)).rejects.toMatchObject({ reason: 'Unreachable', message: expect.stringContaining('check url') as string });
  });
});
