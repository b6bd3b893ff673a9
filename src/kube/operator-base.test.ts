import { jest } from '@jest/globals';
import type { ResourceEvent, ResourceMeta } from '@dot-i/k8s-operator';
import type { PooledKubeConfig } from './kubeconfig.ts';
import { OperatorBase } from './operator-base.ts';
import { ApiServerDouble } from './testing/api-server-double.ts';
import { collection, GROUP, manifest, VERSION } from './testing/custom-resources.ts';
import { MemoryLogger } from './testing/memory-logger.ts';
import { until } from './testing/until.ts';

const FLOWS = collection('flows', 'shop');
const FINALIZER = 'authentik.oceanenterprise.io/cleanup';

class TestOperator extends OperatorBase {
  readonly events: ResourceEvent[] = [];
  onEvent: (event: ResourceEvent) => Promise<void> = () => Promise.resolve();

  protected override async init(): Promise<void> {
    await this.watchResource(GROUP, VERSION, 'flows', async (event) => {
      this.events.push(event);
      await this.onEvent(event);
    });
  }

  status = (meta: ResourceMeta, status: object) => this.setResourceStatus(meta, status);
  patch = (meta: ResourceMeta, status: object) => this.patchResourceStatus(meta, status);
  finalize = (event: ResourceEvent, act: () => Promise<void>) => this.handleResourceFinalizer(event, FINALIZER, act);
  uri = (namespace?: string) => this.getCustomResourceApiUri(GROUP, VERSION, 'flows', namespace);
  register = () => this.registerCustomResourceDefinition();
}

describe('OperatorBase', () => {
  let server: ApiServerDouble;
  let config: PooledKubeConfig;
  let logger: MemoryLogger;
  let operator: TestOperator;
  const exit = jest.spyOn(process, 'exit');
  const types = () => operator.events.map(({ type, meta }) => `${type} ${meta.name}`);
  const last = () => {
    const event = operator.events.at(-1);
    if (event === undefined) throw new Error('no event yet');
    return event;
  };

  beforeEach(async () => {
    exit.mockImplementation((code) => {
      throw new Error(`the process would have ended with ${code ?? 0}`);
    });
    server = await ApiServerDouble.listen();
    config = server.kubeConfig();
    logger = new MemoryLogger();
    operator = new TestOperator(config, logger);
    server.table.create(FLOWS, manifest('sign-up'));
  });

  afterEach(async () => {
    operator.stop();
    await server.close();
    exit.mockReset();
  });

  it('reports what is there and what happens, deletions too', async () => {
    await operator.start();
    await until('a watch is open', () => server.watches(collection('flows')).length === 1);
    server.table.update(`${FLOWS}/sign-up`, (object) => object);
    server.table.delete(`${FLOWS}/sign-up`);
    await until('all is told', () => operator.events.length === 3);
    expect(types()).toEqual(['ADDED sign-up', 'MODIFIED sign-up', 'DELETED sign-up']);
    expect(last().meta).toMatchObject({
      id: `flows.${GROUP}/${VERSION}`,
      namespace: 'shop',
      kind: 'Flow',
      apiVersion: `${GROUP}/${VERSION}`,
    });
  });

  it('lives on when the connection is cut, and does not end the process', async () => {
    await operator.start();
    await until('a watch is open', () => server.watches(collection('flows')).length === 1);
    server.watches(collection('flows'))[0]?.reset();
    server.table.create(FLOWS, manifest('second'));
    await until('it is told', () => operator.events.length === 2);
    operator.stop();
    await until('the watch is closed', () => server.watches(collection('flows')).length === 0);
    expect(exit).not.toHaveBeenCalled();
  });

  it('logs what a handler fails with and goes on', async () => {
    operator.onEvent = () => Promise.reject(new Error('bad handler'));
    server.table.create(FLOWS, manifest('second'));
    await operator.start();
    await until('both are handled', () => logger.lines.length === 2);
    expect(types()).toEqual(['ADDED sign-up', 'ADDED second']);
  });

  it('handles a finalizer as the package documents it', async () => {
    await operator.start();
    await until('a watch is open', () => server.watches(collection('flows')).length === 1);
    let cleaned = 0;
    const clean = () => {
      cleaned += 1;
      return Promise.resolve();
    };
    await operator.finalize(last(), clean);
    expect(server.table.get(`${FLOWS}/sign-up`).metadata.finalizers).toEqual([FINALIZER]);
    server.table.delete(`${FLOWS}/sign-up`);
    await until('the deletion is told', () => last().object.metadata?.deletionTimestamp !== undefined);
    await operator.finalize(last(), clean);
    await until('it is gone', () => types().at(-1) === 'DELETED sign-up');
    expect(cleaned).toBe(1);
  });

  it('writes the status, and says when that fails', async () => {
    await operator.start();
    await until('it is told', () => operator.events.length === 1);
    const { meta } = last();
    const written = await operator.status(meta, { a: 1 });
    const patched = await operator.patch(written, { b: 2 });
    expect(server.table.get(`${FLOWS}/sign-up`)['status']).toEqual({ a: 1, b: 2 });
    expect(server.seen('PATCH')[0]).toMatchObject({ path: `${FLOWS}/sign-up/status`, contentType: 'application/merge-patch+json' });
    expect(patched.resourceVersion).not.toBe(written.resourceVersion);
    await expect(operator.status(meta, { a: 3 })).rejects.toMatchObject({ reason: 'StoreUnavailable' });
  });

  it('builds absolute addresses, and installs no CRDs', async () => {
    expect(operator.uri('shop')).toBe(`${config.getCurrentCluster()?.server ?? ''}${FLOWS}`);
    expect(operator.uri()).toBe(`${config.getCurrentCluster()?.server ?? ''}${collection('flows')}`);
    await expect(operator.register()).rejects.toThrow('the chart does');
  });
});
