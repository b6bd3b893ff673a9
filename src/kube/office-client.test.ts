import * as k8s from '@kubernetes/client-node';
import { FakeClock } from '../runtime/fake-clock.ts';
import { TermOfOffice } from '../runtime/office.ts';
import { officeClient } from './office-client.ts';
import { ApiServerDouble } from './testing/api-server-double.ts';

describe('officeClient', () => {
  let server: ApiServerDouble;
  let clock: FakeClock;
  let office: TermOfOffice;
  let configMaps: k8s.CoreV1Api;
  const remove = async (): Promise<unknown> => configMaps.deleteNamespacedConfigMap({ namespace: 'market', name: 'a' });
  const writes = (): number => server.requests.filter(({ method }) => method !== 'GET').length;

  beforeEach(async () => {
    server = await ApiServerDouble.listen();
    clock = new FakeClock();
    office = new TermOfOffice(clock);
    configMaps = officeClient(server.kubeConfig(), k8s.CoreV1Api, office);
  });

  afterEach(async () => server.close());

  it('reads whenever asked, and writes only while the office is held', async () => {
    await configMaps.listNamespacedConfigMap({ namespace: 'market' });
    await expect(remove()).rejects.toThrow('does not hold the Lease');
    office.extend(clock.now() + 1_000);
    await remove().catch(() => undefined);
    await clock.advance(1_000);
    await expect(remove()).rejects.toThrow('does not hold the Lease');
    expect(writes()).toBe(1);
  });

  it('calls off a write that is under way when the office ends', async () => {
    office.extend(Infinity);
    const sent = new Promise((resolve) => {
      server.interfere = ({ method }) => {
        if (method !== 'DELETE') return undefined;
        resolve(undefined);
        return 'hang';
      };
    });
    const writing = remove();
    await sent;
    office.end();
    await expect(writing).rejects.toThrow();
    await expect(remove()).rejects.toThrow('does not hold the Lease');
    expect(writes()).toBe(1);
  });
});
