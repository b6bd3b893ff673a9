import * as k8s from '@kubernetes/client-node';
import { FakeClock } from '../runtime/fake-clock.ts';
import type { NamespaceLabels } from '../runtime/store.ts';
import { namespaceLabels } from './namespace-labels.ts';
import { ApiServerDouble } from './testing/api-server-double.ts';

describe('namespaceLabels', () => {
  let server: ApiServerDouble;
  let clock: FakeClock;
  let labelsOf: NamespaceLabels;

  beforeEach(async () => {
    server = await ApiServerDouble.listen();
    clock = new FakeClock();
    labelsOf = namespaceLabels({ core: server.kubeConfig().makeApiClient(k8s.CoreV1Api), ttlMs: 30_000, clock });
    server.table.create('/api/v1/namespaces', { metadata: { name: 'shop', labels: { team: 'a' } } });
    server.table.create('/api/v1/namespaces', { metadata: { name: 'bare' } });
  });

  afterEach(() => server.close());

  it.each([
    { namespace: 'shop', labels: { team: 'a' }, reason: 'its labels' },
    { namespace: 'bare', labels: {}, reason: 'a namespace without labels' },
    { namespace: 'missing', labels: undefined, reason: 'no such namespace' },
  ])('$reason', async ({ namespace, labels }) => {
    expect(await labelsOf(namespace)).toEqual(labels);
  });

  it('asks once within 30 s, however many want to know', async () => {
    await Promise.all([labelsOf('shop'), labelsOf('shop')]);
    await clock.advance(29_999);
    await labelsOf('shop');
    expect(server.requests).toHaveLength(1);
    server.table.update('/api/v1/namespaces/shop', ({ metadata }) => ({ metadata: { ...metadata, labels: { team: 'b' } } }));
    await clock.advance(1);
    expect(await labelsOf('shop')).toEqual({ team: 'b' });
  });

  it('says what went wrong, and asks again next time', async () => {
    server.interfere = () => ({ status: 403, body: { message: 'namespaces is forbidden' } });
    await expect(labelsOf('shop')).rejects.toMatchObject({
      reason: 'StoreUnavailable',
      message: 'could not read the labels of namespace shop: HTTP 403: namespaces is forbidden',
    });
    server.interfere = () => undefined;
    expect(await labelsOf('shop')).toEqual({ team: 'a' });
  });
});
