import { FakeClock } from '../runtime/fake-clock.ts';
import type { ManagedObject } from '../runtime/object.ts';
import { Informer, type InformerOptions, type RestartReason } from './informer.ts';
import { parseManagedObject } from './managed-object.ts';
import type { CacheChange } from './object-cache.ts';
import { ApiServerDouble } from './testing/api-server-double.ts';
import { collection, manifest } from './testing/custom-resources.ts';
import { MemoryLogger } from './testing/memory-logger.ts';
import { until } from './testing/until.ts';

const FLOWS = collection('flows');
const inNamespace = (namespace: string) => collection('flows', namespace);
const HOUR = 3_600_000;

describe('Informer', () => {
  let server: ApiServerDouble;
  let clock: FakeClock;
  let logger: MemoryLogger;
  let informer: Informer<ManagedObject>;
  let changes: string[];
  let restarts: RestartReason[];

  const line = ({ previous, object }: CacheChange<ManagedObject>) => {
    const name = (object ?? previous)?.metadata.name ?? '?';
    return `${object === undefined ? 'gone' : previous === undefined ? 'new' : 'changed'} ${name}`;
  };
  const informerOf = (options: Partial<InformerOptions<ManagedObject>> = {}) => {
    informer = new Informer<ManagedObject>({
      kubeConfig: server.kubeConfig(),
      path: FLOWS,
      parse: parseManagedObject,
      onChange: (change) => changes.push(line(change)),
      onRestart: (reason) => restarts.push(reason),
      logger,
      clock,
      random: () => 0.5,
      relistMs: HOUR,
      ...options,
    });
    informer.start();
    return informer;
  };
  const watching = () => until('a watch is open', () => server.watches(FLOWS).length === 1, { meanwhile: () => clock.advance(500) });
  const lists = () => server.seen('GET', FLOWS).filter(({ query }) => query.get('watch') === null);
  const watches = () => server.seen('GET', FLOWS).filter(({ query }) => query.get('watch') === 'true');

  beforeEach(async () => {
    server = await ApiServerDouble.listen();
    clock = new FakeClock();
    logger = new MemoryLogger();
    changes = [];
    restarts = [];
  });

  afterEach(async () => {
    informer.stop();
    await server.close();
  });

  it('reads what is there, then follows what happens', async () => {
    server.table.create(inNamespace('a'), manifest('first'));
    informerOf();
    await informer.synced;
    expect(changes).toEqual(['new first']);
    expect(informer.hasSynced).toBe(true);

    await watching();
    server.table.create(inNamespace('b'), manifest('second'));
    server.table.update(`${inNamespace('a')}/first`, (current) => ({ ...current, spec: { title: 'other' } }));
    server.table.delete(`${inNamespace('b')}/second`);
    await until('all is seen', () => changes.length === 4);
    expect(changes).toEqual(['new first', 'new second', 'changed first', 'gone second']);
    expect([...informer.list()].map(({ spec }) => spec)).toEqual([{ title: 'other' }]);
  });

  it('keeps no managedFields', async () => {
    server.table.create(inNamespace('a'), manifest('first', { managedFields: [{ manager: 'kubectl' }] }));
    informerOf();
    await informer.synced;
    expect(informer.get('a', 'first')?.metadata).not.toHaveProperty('managedFields');
  });

  it('reads in pages of 500 and watches from the version of the list, with bookmarks and an end', async () => {
    for (let i = 0; i < 501; i += 1) server.table.create(inNamespace('a'), manifest(`flow-${i}`));
    informerOf();
    await informer.synced;
    await watching();
    expect([...informer.list()]).toHaveLength(501);
    expect(lists().map(({ query }) => [query.get('limit'), query.get('continue')])).toEqual([
      ['500', null],
      ['500', '500'],
    ]);
    const { query } = watches()[0] ?? { query: new URLSearchParams() };
    expect(query.get('resourceVersion')).toBe(String(server.table.version));
    expect(query.get('allowWatchBookmarks')).toBe('true');
    expect(query.get('timeoutSeconds')).toBe('440');
  });

  it('makes something of a page before it asks for the next, and keeps nothing else of it', async () => {
    for (let i = 0; i < 501; i += 1) server.table.create(inNamespace('a'), manifest(`flow-${i}`));
    let parsed = 0;
    const parsedBefore: number[] = [];
    server.interfere = ({ query }) => {
      if (query.has('limit')) parsedBefore.push(parsed);
      return undefined;
    };
    informerOf({ parse: (raw) => ((parsed += 1), parseManagedObject(raw)) });
    await informer.synced;
    expect(parsedBefore).toEqual([0, 500]);
  });

  it('takes a kind that is not installed for empty, after a few tries, and reads it once it is', async () => {
    server.interfere = () => ({ status: 404 });
    informerOf({ mayBeUnknown: true });
    await until('it is believed', () => informer.hasSynced, { meanwhile: () => clock.advance(500) });
    expect(lists()).toHaveLength(3);
    server.table.create(inNamespace('a'), manifest('first'));
    server.interfere = () => undefined;
    await until('it is read', () => changes.length === 1, { meanwhile: () => clock.advance(500) });
    server.interfere = () => ({ status: 404 });
    await clock.advance(HOUR * 2);
    expect([...informer.list()]).toHaveLength(1);
  });

  it('asks for metadata only, in lists and watches', async () => {
    informerOf({ as: 'metadata' });
    await watching();
    expect(server.seen('GET', FLOWS).map(({ accept }) => accept)).toEqual([
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    ]);
  });

  it('reads all at once when the server forgets where a page ended', async () => {
    for (let i = 0; i < 501; i += 1) server.table.create(inNamespace('a'), manifest(`flow-${i}`));
    server.interfere = ({ query }) => (query.has('continue') ? { status: 410 } : undefined);
    informerOf();
    await informer.synced;
    expect([...informer.list()]).toHaveLength(501);
    expect(changes).toHaveLength(501);
  });

  it('is not synced until a list has worked, however often that fails', async () => {
    const answers = [500, 429, 401, 403];
    server.interfere = () => {
      const status = answers.shift();
      return status === undefined ? undefined : { status };
    };
    informerOf();
    await until('the first try has failed', () => restarts.length === 1);
    expect(informer.hasSynced).toBe(false);
    expect(informer.lastError).toBeDefined();
    await until('synced', () => informer.hasSynced, { meanwhile: () => clock.advance(1_000) });
    expect(restarts).toEqual(['list', 'list', 'list', 'list']);
    expect(informer.lastError).toBeUndefined();
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(4);
  });

  describe.each([
    {
      reason: 'a cut connection resumes where it was',
      act: (double: ApiServerDouble) => double.watches(FLOWS)[0]?.reset(),
      restart: 'error',
      relists: 0,
    },
    {
      reason: 'a watch that the server ends resumes where it was',
      act: (double: ApiServerDouble) => double.watches(FLOWS)[0]?.end(),
      restart: 'closed',
      relists: 0,
    },
    {
      reason: '410 in the stream reads everything anew',
      act: (double: ApiServerDouble) => {
        const watch = double.watches(FLOWS)[0];
        watch?.send('ERROR', { kind: 'Status', code: 410, message: 'too old resource version' });
        watch?.end();
      },
      restart: 'expired',
      relists: 1,
    },
    {
      reason: 'another error in the stream backs off and resumes',
      act: (double: ApiServerDouble) => {
        const watch = double.watches(FLOWS)[0];
        watch?.send('ERROR', { kind: 'Status', code: 500, message: 'etcd is away' });
        watch?.end();
      },
      restart: 'error',
      relists: 0,
    },
  ] as const)('$reason', ({ act, restart, relists }) => {
    it('and loses nothing', async () => {
      server.table.create(inNamespace('a'), manifest('doomed'));
      informerOf();
      await watching();
      act(server);
      await until('the watch is over', () => restarts.length > 0);
      expect(restarts[0]).toBe(restart);
      server.table.delete(`${inNamespace('a')}/doomed`);
      server.table.create(inNamespace('a'), manifest('born'));
      await until('both are seen', () => changes.length === 3, { meanwhile: () => clock.advance(1_000) });
      expect(changes).toEqual(['new doomed', 'gone doomed', 'new born']);
      expect(lists()).toHaveLength(1 + relists);
    });
  });

  it.each([
    { status: 410, restart: 'expired', lists: 2, reason: 'the version is too old before the stream begins' },
    { status: 429, restart: 'error', lists: 1, reason: 'too many requests' },
    { status: 500, restart: 'error', lists: 1, reason: 'the server fails' },
    { status: 401, restart: 'error', lists: 1, reason: 'the token has just expired' },
  ])('survives HTTP $status on the watch: $reason', async ({ status, restart, lists: expected }) => {
    let times = 1;
    server.interfere = ({ query }) => (query.get('watch') === 'true' && times-- > 0 ? { status } : undefined);
    informerOf();
    await watching();
    expect(restarts).toEqual([restart]);
    expect(lists()).toHaveLength(expected);
  });

  it('resumes from the version of the last bookmark', async () => {
    informerOf();
    await watching();
    server.watches(FLOWS)[0]?.send('BOOKMARK', { kind: 'Flow', metadata: { resourceVersion: '777' } });
    server.watches(FLOWS)[0]?.end();
    await until('another watch', () => watches().length === 2, { meanwhile: () => clock.advance(1_000) });
    expect(watches()[1]?.query.get('resourceVersion')).toBe('777');
  });

  it('reads everything anew from time to time and so finds what no watch told', async () => {
    server.table.create(inNamespace('a'), manifest('lost'));
    informerOf({ relistMs: 600_000 });
    await watching();
    server.table.silently(() => server.table.delete(`${inNamespace('a')}/lost`));
    await clock.advance(600_000);
    await until('it is gone', () => changes.length === 2);
    expect(changes).toEqual(['new lost', 'gone lost']);
    expect(restarts).toContain('relist');
    await until('one watch is open', () => server.watches(FLOWS).length === 1);
    expect(logger.lines).toEqual([]);
  });

  describe('its pulse', () => {
    const refusedWatches = (status: number) => {
      server.interfere = ({ query }) => (query.get('watch') === 'true' ? { status } : undefined);
    };
    const troubled = () => until('it is trouble', () => informer.pulse.trouble !== undefined, { meanwhile: () => clock.advance(5_000) });

    it('tells of a watch that is refused, though lists work, and of its return', async () => {
      refusedWatches(403);
      informerOf({ relistMs: 30_000 });
      await troubled();
      expect(informer.pulse.trouble).toMatch(/^the watch has been failing for \d+ s: HTTP 403: /);
      expect(lists().length).toBeGreaterThan(2);
      server.interfere = () => undefined;
      await watching();
      server.watches(FLOWS)[0]?.send('BOOKMARK', { kind: 'Flow', metadata: { resourceVersion: '777' } });
      await until('it is none any more', () => informer.pulse.trouble === undefined);
    });

    it('tells of a watch whose bookmarks stay away', async () => {
      informerOf();
      await watching();
      server.watches(FLOWS)[0]?.send('BOOKMARK', { kind: 'Flow', metadata: { resourceVersion: '777' } });
      server.table.create(inNamespace('a'), manifest('first'));
      await until('they are seen', () => changes.length === 1);
      clock.skip(299_000);
      expect(informer.pulse.trouble).toBeUndefined();
      clock.skip(1_000);
      expect(informer.pulse.trouble).toContain('the watch has been silent for 300 s');
    });

    it('takes a kind that is not installed for no trouble', async () => {
      server.interfere = () => ({ status: 404 });
      informerOf({ mayBeUnknown: true });
      for (let minute = 0; minute < 10; minute += 1) {
        const before = lists().length;
        await until('it is asked for again', () => lists().length > before, { meanwhile: () => clock.advance(1_000) });
        await clock.advance(60_000);
      }
      expect(informer.pulse.trouble).toBeUndefined();
    });

    it('stands still when the server takes a list and never answers', async () => {
      server.interfere = () => 'hang';
      informerOf({ relistMs: 600_000 });
      await until('it is asked', () => lists().length === 1);
      await clock.advance(20 * 60_000);
      expect(informer.pulse.stillMs).toBe(20 * 60_000);
    });
  });

  it('throws the version away when the server keeps ending the watch at once', async () => {
    informerOf();
    await until('the list is read again', () => lists().length === 2, {
      meanwhile: async () => {
        server.watches(FLOWS)[0]?.end();
        await clock.advance(300);
      },
    });
    expect(restarts.filter((reason) => reason === 'closed').length).toBeGreaterThanOrEqual(3);
    expect(restarts).toContain('stale');
  });

  it('backs off up to 30 s while the server is away, and starts over once it is back', async () => {
    let away = true;
    server.interfere = () => (away ? 'reset' : undefined);
    informerOf({ random: () => 0.999 });
    const waits: unknown[] = [];
    for (let tries = 1; tries <= 7; tries += 1) {
      await until('the next try has failed', () => logger.lines.length === tries, { meanwhile: () => clock.advance(1_000) });
      waits.push((logger.lines[tries - 1]?.fields as { retryInMs: number }).retryInMs);
    }
    expect(waits).toEqual([999, 1_998, 3_996, 7_992, 15_984, 29_970, 29_970]);
    away = false;
    await watching();
    server.table.create(inNamespace('a'), manifest('proof'));
    await until('something has come', () => changes.length === 1);
    server.watches(FLOWS)[0]?.reset();
    await until('it has failed again', () => logger.lines.length === 8);
    expect(logger.lines[7]?.fields).toMatchObject({ failures: 1 });
  });

  it('leaves out what cannot be read and goes on', async () => {
    server.table.create(inNamespace('a'), { ...manifest('bad'), kind: 7 });
    server.table.create(inNamespace('a'), manifest('good'));
    informerOf();
    await informer.synced;
    expect(changes).toEqual(['new good']);
    expect(logger.lines.map(({ level }) => level)).toEqual(['error']);
  });

  it('goes on when a listener throws', async () => {
    informerOf({
      onChange: (change) => {
        changes.push(line(change));
        throw new Error('bad listener');
      },
    });
    await watching();
    server.table.create(inNamespace('a'), manifest('first'));
    server.table.create(inNamespace('a'), manifest('second'));
    await until('both are seen', () => changes.length === 2);
    expect(server.watches(FLOWS)).toHaveLength(1);
  });

  describe('stop()', () => {
    it('ends the watch without an error and stays quiet', async () => {
      informerOf();
      await watching();
      informer.stop();
      await until('the watch is closed', () => server.watches(FLOWS).length === 0);
      server.table.create(inNamespace('a'), manifest('late'));
      await clock.advance(HOUR * 2);
      expect(changes).toEqual([]);
      expect(restarts).toEqual([]);
      expect(logger.lines).toEqual([]);
      expect(watches()).toHaveLength(1);
      expect(clock.pending).toBe(0);
    });

    it('while the list is under way opens no watch', async () => {
      server.interfere = () => 'hang';
      informerOf();
      await until('the list was asked for', () => lists().length === 1);
      informer.stop();
      await expect(informer.synced).rejects.toThrow('stopped before');
      await clock.advance(HOUR);
      expect(server.requests).toHaveLength(1);
      expect(logger.lines).toEqual([]);
    });

    it('while it waits to try again tries no more', async () => {
      server.interfere = () => ({ status: 500 });
      informerOf();
      await until('it has failed', () => logger.lines.length === 1);
      informer.stop();
      await clock.advance(HOUR);
      expect(server.requests).toHaveLength(1);
      expect(clock.pending).toBe(0);
    });
  });
});
