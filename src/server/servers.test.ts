import { silentLogger } from '../authentik/silent-logger.ts';
import type { AuthentikConnectionSpec } from '../api/v1alpha1/authentik-connection.ts';
import type { Session } from '../authentik/session.ts';
import { FakeClock } from '../runtime/fake-clock.ts';
import type { ManagedObject, ObjectKey } from '../runtime/object.ts';
import type { Server, ServerSettings } from './server.ts';
import { Servers } from './servers.ts';
import { Sessions } from './sessions.ts';

const USUAL: ServerSettings = { requestTimeoutMs: undefined, maxConcurrentRequests: undefined, pollMs: 60_000, resyncMs: 3_600_000 };
const IDENTITY = { address: 'http://authentik', token: 'token', caPem: undefined };
const CONNECTION: ObjectKey = { kind: 'AuthentikConnection', namespace: 'market', name: 'default' };

function setUp() {
  const clock = new FakeClock();
  const listener = {
    wake: () => undefined,
    resync: () => undefined,
    lookAgain: () => undefined,
    recovered: () => undefined,
    shown: () => undefined,
  };
  const servers = new Servers({ clock, clientOptions: { log: silentLogger, userAgent: 'test' }, listener });
  return { clock, servers, sessions: new Sessions(servers) };
}

describe('servers', () => {
  it.each([
    { reason: 'another address', other: { address: 'http://elsewhere' }, shares: false, locks: false },
    { reason: 'another token, which sees other rows', other: { token: 'other' }, shares: false, locks: true },
    { reason: 'the same', other: {}, shares: true, locks: true },
  ])(
    'are shared by those that mean the same with the same eyes, and locks by all that write to it: $reason',
    ({ other, shares, locks }) => {
      const { servers } = setUp();
      const [one, two] = [servers.find(IDENTITY, USUAL), servers.find({ ...IDENTITY, ...other }, USUAL)];
      expect(one === two).toBe(shares);
      expect(one.locks === two.locks).toBe(locks);
      servers.close();
    },
  );

  it('are treated as gently as any of their connections asks for', () => {
    const { servers } = setUp();
    const server = servers.find(IDENTITY, USUAL);
    expect(server.client.maxConcurrentRequests).toBe(4);
    servers.claim(server, 'a', { ...USUAL, maxConcurrentRequests: 2, requestTimeoutMs: 10_000 });
    servers.claim(server, 'b', { ...USUAL, maxConcurrentRequests: 8, requestTimeoutMs: 60_000 });
    expect(server.client).toMatchObject({ maxConcurrentRequests: 2, requestTimeoutMs: 60_000 });
    servers.release(server, 'a');
    expect(server.client.maxConcurrentRequests).toBe(8);
    servers.close();
  });

  it('are forgotten, with their token, some time after nobody uses them any more', async () => {
    const { clock, servers } = setUp();
    const server = servers.find(IDENTITY, USUAL);
    servers.claim(server, 'a', USUAL);
    await clock.advance(3_600_000);
    expect(servers.find(IDENTITY, USUAL)).toBe(server);
    servers.release(server, 'a');
    await clock.advance(299_000);
    servers.claim(server, 'b', USUAL);
    await clock.advance(3_600_000);
    expect(servers.find(IDENTITY, USUAL)).toBe(server);
    servers.release(server, 'b');
    await clock.advance(300_000);
    expect(servers.find(IDENTITY, USUAL)).not.toBe(server);
    servers.close();
  });
});

describe('sessions', () => {
  const user = (uid: string): ManagedObject => ({ metadata: { uid } }) as ManagedObject;
  const entry = (server: Server) => ({
    session: {} as Session,
    server,
    connection: { metadata: { namespace: 'market', name: 'default' } } as ManagedObject<AuthentikConnectionSpec>,
  });

  it('outlive their connection only as long as somebody is there who used it', () => {
    const { servers, sessions } = setUp();
    const server = servers.find(IDENTITY, USUAL);
    sessions.set(CONNECTION, entry(server), USUAL);
    sessions.use(CONNECTION, user('one'));
    sessions.use(CONNECTION, user('two'));
    sessions.objectGone(CONNECTION, 'connection');
    expect(sessions.get(CONNECTION)?.users).toEqual(new Set(['one', 'two']));
    for (const uid of ['one', 'two']) {
      expect(sessions.get(CONNECTION)).toBeDefined();
      sessions.objectGone({ kind: 'AuthentikStage', namespace: 'market', name: uid }, uid);
    }
    expect(sessions.get(CONNECTION)).toBeUndefined();
    expect(servers.holders(server)).toEqual([]);
    servers.close();
  });

  it('go to another server with their connection, and keep who uses it', () => {
    const { servers, sessions } = setUp();
    const [first, second] = [servers.find(IDENTITY, USUAL), servers.find({ ...IDENTITY, token: 'rotated' }, USUAL)];
    sessions.set(CONNECTION, entry(first), USUAL);
    sessions.use(CONNECTION, user('one'));
    sessions.set(CONNECTION, entry(second), USUAL);
    expect(servers.holders(first)).toEqual([]);
    expect(servers.holders(second)).toHaveLength(1);
    expect(sessions.get(CONNECTION)?.users.has('one')).toBe(true);
    servers.close();
  });
});
