import * as k8s from '@kubernetes/client-node';
import { FakeClock } from '../runtime/fake-clock.ts';
import { KubeEventRecorder, type EventCalls } from './event-recorder.ts';
import { ApiServerDouble } from './testing/api-server-double.ts';
import { managedObject } from './testing/custom-resources.ts';
import { MemoryLogger } from './testing/memory-logger.ts';

const EVENTS = '/apis/events.k8s.io/v1/namespaces/shop/events';
const MINUTE = 60_000;
const object = managedObject('sign-up');

describe('KubeEventRecorder', () => {
  let server: ApiServerDouble;
  let clock: FakeClock;
  let logger: MemoryLogger;
  let recorder: KubeEventRecorder;
  const events = () =>
    server.table.list(EVENTS).map(({ note, series }) => ({ note, count: (series as { count: number } | undefined)?.count ?? 1 }));

  beforeEach(async () => {
    server = await ApiServerDouble.listen();
    clock = new FakeClock();
    logger = new MemoryLogger();
    recorder = new KubeEventRecorder({ events: server.kubeConfig().makeApiClient(k8s.EventsV1Api), logger, instance: 'pod-1', clock });
  });

  afterEach(() => server.close());

  it('writes an Event about the object', async () => {
    recorder.record(object, 'Warning', 'SecretNotFound', 'Secret smtp does not exist');
    await recorder.flush();
    const [event] = server.table.list(EVENTS);
    expect(event).toMatchObject({
      metadata: { name: expect.stringMatching(/^sign-up\.[0-9a-f]{32}$/) as string, namespace: 'shop' },
      type: 'Warning',
      reason: 'SecretNotFound',
      action: 'Reconcile',
      note: 'Secret smtp does not exist',
      eventTime: '2026-01-01T00:00:00.000000Z',
      regarding: { apiVersion: object.apiVersion, kind: 'Flow', namespace: 'shop', name: 'sign-up', uid: object.metadata.uid },
      reportingController: 'authentik-flow-operator',
      reportingInstance: 'pod-1',
    });
    expect(event).not.toHaveProperty('series');
  });

  it('counts up what is said again within ten minutes', async () => {
    recorder.record(object, 'Normal', 'Created', 'made');
    await recorder.flush();
    await clock.advance(9 * MINUTE);
    recorder.record(object, 'Normal', 'Created', 'made');
    await recorder.flush();
    await clock.advance(9 * MINUTE);
    recorder.record(object, 'Normal', 'Created', 'made');
    await recorder.flush();
    expect(events()).toEqual([{ note: 'made', count: 3 }]);
    expect(server.table.list(EVENTS)[0]?.['series']).toEqual({ count: 3, lastObservedTime: '2026-01-01T00:18:00.000000Z' });
    await clock.advance(10 * MINUTE);
    recorder.record(object, 'Normal', 'Created', 'made');
    await recorder.flush();
    expect(events()).toEqual([
      { note: 'made', count: 3 },
      { note: 'made', count: 1 },
    ]);
  });

  it('writes what is said many times at once in one go', async () => {
    for (let i = 0; i < 5; i += 1) recorder.record(object, 'Normal', 'Created', 'made');
    await recorder.flush();
    expect(events()).toEqual([{ note: 'made', count: 5 }]);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    { reason: 'another object', other: { about: managedObject('login') } },
    { reason: 'another type', other: { type: 'Warning' as const } },
    { reason: 'another reason', other: { why: 'Updated' as const } },
    { reason: 'another message', other: { message: 'made anew' } },
  ])('writes another Event for $reason', async ({ other }) => {
    const same = { about: object, type: 'Normal' as const, why: 'Created' as const, message: 'made' };
    for (const { about, type, why, message } of [same, { ...same, ...other }]) recorder.record(about, type, why, message);
    await recorder.flush();
    expect(events().map(({ count }) => count)).toEqual([1, 1]);
  });

  it('writes it anew when the Event has expired meanwhile', async () => {
    recorder.record(object, 'Normal', 'Created', 'made');
    await recorder.flush();
    for (const { metadata } of server.table.list(EVENTS)) server.table.delete(`${EVENTS}/${metadata.name}`);
    recorder.record(object, 'Normal', 'Created', 'made');
    await recorder.flush();
    expect(events()).toEqual([{ note: 'made', count: 2 }]);
  });

  it('hears an object 25 times at once, and then once in five minutes', async () => {
    for (let i = 0; i < 30; i += 1) recorder.record(object, 'Normal', 'Created', `number ${i}`);
    recorder.record(managedObject('login'), 'Normal', 'Created', 'made');
    await recorder.flush();
    expect(events()).toHaveLength(26);
    await clock.advance(5 * MINUTE);
    recorder.record(object, 'Normal', 'Created', 'number 31');
    recorder.record(object, 'Normal', 'Created', 'number 32');
    await recorder.flush();
    expect(events().map(({ note }) => note)).toContain('number 31');
    expect(events()).toHaveLength(27);
  });

  it.each([
    { reason: 'one of 1,000 bytes stays', message: 'x'.repeat(1_000), bytes: 1_000 },
    { reason: 'a longer one is cut', message: 'x'.repeat(2_000), bytes: 1_003 },
    { reason: 'not within a character', message: `x${'µ'.repeat(1_000)}`, bytes: 1_002 },
  ])('keeps messages within what the API server takes: $reason', async ({ message, bytes }) => {
    recorder.record(object, 'Normal', 'Created', message);
    await recorder.flush();
    const note = String(events()[0]?.note);
    expect(Buffer.byteLength(note)).toBe(bytes);
    expect(note).not.toContain('\uFFFD');
  });

  it.each([{ status: 403 }, { status: 500 }])('never fails: $status is logged', async ({ status }) => {
    server.interfere = () => ({ status, body: { message: 'no events today' } });
    recorder.record(object, 'Normal', 'Created', 'made');
    await recorder.flush();
    expect(logger.lines).toMatchObject([
      { level: 'warn', fields: { name: 'sign-up', reason: 'Created', error: `HTTP ${status}: no events today` } },
    ]);
    server.interfere = () => undefined;
    recorder.record(object, 'Normal', 'Created', 'made');
    await recorder.flush();
    expect(events()).toEqual([{ note: 'made', count: 2 }]);
  });

  describe('when the API server takes nothing', () => {
    const never: EventCalls = {
      createNamespacedEvent: () => new Promise(() => undefined),
      patchNamespacedEvent: () => new Promise(() => undefined),
    };

    beforeEach(() => {
      recorder = new KubeEventRecorder({ events: never, logger, instance: 'pod-1', clock });
    });

    it('keeps a thousand and leaves out the rest', () => {
      for (let i = 0; i < 1_010; i += 1) recorder.record(managedObject(`flow-${i}`), 'Normal', 'Created', 'made');
      expect(logger.lines).toHaveLength(10);
    });

    it('gives up flushing after a while', async () => {
      recorder.record(object, 'Normal', 'Created', 'made');
      const flushed = recorder.flush(1_000);
      await clock.advance(1_000);
      await expect(flushed).resolves.toBeUndefined();
    });
  });
});
