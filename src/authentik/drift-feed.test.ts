import { DriftFeed } from './drift-feed.ts';
import { AuthentikError } from './errors.ts';

const START = Date.UTC(2026, 0, 1);
const HEX = '0f0e0d0c0b0a49088706050403020100';

interface LoggedEvent {
  readonly pk: string;
  readonly created: string;
}

/** An audit log that answers as the recorded servers do, newest event first. */
class Log {
  readonly events: LoggedEvent[] = [];
  readonly queries: unknown[] = [];
  readonly base = 'http://authentik';

  /** `at` in seconds. */
  add(at: number, model: object = { app: 'authentik_flows', model_name: 'flow', pk: HEX, name: 'x' }, action = 'model_updated'): void {
    const event = {
      pk: `event-${this.events.length}`,
      action,
      user: { pk: 3, email: '', username: 'akadmin' },
      app: 'authentik.events.middleware',
      context: { model, http_request: { method: 'PATCH', request_id: 'request' } },
      // Authentik writes microseconds.
      created: new Date(START + at * 1000).toISOString().replace('Z', '123Z'),
    };
    this.events.unshift(event);
    this.events.sort((a, b) => b.created.localeCompare(a.created));
  }

  async get(_path: string, query?: { page_size?: unknown; page?: unknown }): Promise<unknown> {
    this.queries.push(query);
    const [size, page] = [Number(query?.page_size), Number(query?.page ?? 1)];
    const results = this.events.slice((page - 1) * size, page * size);
    const next = this.events.length > page * size ? page + 1 : 0;
    return Promise.resolve({ pagination: { next, count: this.events.length }, results });
  }
}

describe('DriftFeed', () => {
  it('only notes where the log ends at first, and then reports each change once', async () => {
    const log = new Log();
    log.add(0);
    log.add(10);
    const feed = new DriftFeed(log);
    await expect(feed.poll()).resolves.toEqual({ changes: [], complete: true });
    await expect(feed.poll()).resolves.toEqual({ changes: [], complete: true });

    log.add(20, { app: 'authentik_stages_email', model_name: 'emailstage', pk: HEX, name: 'x' }, 'model_deleted');
    log.add(21, { app: 'authentik_core', model_name: 'user', pk: 10, name: 'x' }, 'model_created');
    await expect(feed.poll()).resolves.toEqual({
      complete: true,
      changes: [
        { model: 'authentik_core.user', pk: '10', action: 'model_created', requestID: 'request' },
        {
          model: 'authentik_stages_email.emailstage',
          pk: '0f0e0d0c-0b0a-4908-8706-050403020100',
          action: 'model_deleted',
          requestID: 'request',
        },
      ],
    });
    await expect(feed.poll()).resolves.toEqual({ changes: [], complete: true });
  });

  it('asks once per poll as long as a page is enough', async () => {
    const log = new Log();
    const feed = new DriftFeed(log);
    await feed.poll();
    await feed.poll();
    const query = { actions: ['model_updated', 'model_created', 'model_deleted'], ordering: '-created', page_size: 100 };
    expect(log.queries).toEqual([query, query]);
  });

  it.each([
    { reason: 'a page that just reaches what was known', before: 1, news: 99, requests: 1 },
    { reason: 'a page whose last event is news, with known ones beyond', before: 1, news: 100, requests: 2 },
    { reason: 'a page full of news that ends there', before: 0, news: 100, requests: 1 },
    { reason: 'many pages of news', before: 1, news: 950, requests: 10 },
  ])('goes on until it meets what it knew: $reason', async ({ before, news, requests }) => {
    const log = new Log();
    const feed = new DriftFeed(log);
    for (let at = 0; at < before; at += 1) log.add(at);
    await feed.poll();
    for (let at = 0; at < news; at += 1) log.add(1000 + at);
    log.queries.length = 0;
    const report = await feed.poll();
    expect(report.complete).toBe(true);
    expect(report.changes).toHaveLength(news);
    expect(log.queries).toHaveLength(requests);
  });

  it('says so when more has happened than it is willing to read', async () => {
    const log = new Log();
    const feed = new DriftFeed(log);
    log.add(0);
    await feed.poll();
    for (let at = 0; at < 1001; at += 1) log.add(1000 + at);
    expect((await feed.poll()).complete).toBe(false);
    expect((await feed.poll()).changes).toEqual([]);
  });

  it('reads on where the log is long by our own doing', async () => {
    const log = new Log();
    const feed = new DriftFeed(log);
    log.add(0);
    await feed.poll();
    for (let at = 0; at < 1500; at += 1) log.add(1000 + at);
    const report = await feed.poll(1500);
    expect(report.complete).toBe(true);
    expect(report.changes).toHaveLength(1500);
  });

  it('reports what was made a moment before the first poll and became visible after it', async () => {
    const log = new Log();
    log.add(30);
    const feed = new DriftFeed(log);
    await feed.poll();
    log.add(10);
    expect((await feed.poll()).changes).toHaveLength(1);
  });

  it('reports an event that became visible after a newer one, since its transaction took longer', async () => {
    const log = new Log();
    log.add(0);
    const feed = new DriftFeed(log);
    await feed.poll();
    log.add(30);
    await feed.poll();
    log.add(25);
    expect((await feed.poll()).changes).toHaveLength(1);
    expect((await feed.poll()).changes).toHaveLength(0);
  });

  it('copes with events that it does not understand', async () => {
    const log = new Log();
    log.add(0);
    const feed = new DriftFeed(log);
    await feed.poll();
    log.add(10, { unexpected: true });
    log.add(11);
    await expect(feed.poll()).resolves.toMatchObject({ complete: true, changes: [{ model: 'authentik_flows.flow' }] });
  });

  it('goes on where it was after a failure', async () => {
    const log = new Log();
    const denied = new AuthentikError('PermissionDenied', 'no');
    let failing = false;
    const feed = new DriftFeed({ base: log.base, get: async (path, query) => (failing ? Promise.reject(denied) : log.get(path, query)) });
    await feed.poll();
    log.add(1);
    failing = true;
    await expect(feed.poll()).rejects.toBe(denied);
    failing = false;
    expect((await feed.poll()).changes).toHaveLength(1);
  });
});
