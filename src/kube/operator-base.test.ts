import { jest } from '@jest/globals';
import type { ResourceEvent, ResourceMeta } from '@dot-i/k8s-operator';
import { OperatorBase } from './operator-base.ts';
import { ApiServerDouble } from './testing/api-server-double.ts';
import { GROUP, VERSION } from './testing/custom-resources.ts';
import { MemoryLogger } from './testing/memory-logger.ts';

const META: ResourceMeta = {
  id: `flows.${GROUP}/${VERSION}`,
  name: 'sign-up',
  namespace: 'shop',
  resourceVersion: '1',
  apiVersion: 'v1',
  kind: 'Flow',
};

/** Calls what a subclass may call. */
class TestOperator extends OperatorBase {
  readonly begun: string[] = [];

  protected override init(): Promise<void> {
    this.begun.push('init');
    return Promise.resolve();
  }

  readonly calls: Readonly<Record<string, () => unknown>> = {
    watchResource: () => this.watchResource(),
    setResourceStatus: () => this.setResourceStatus(),
    patchResourceStatus: () => this.patchResourceStatus(),
    setResourceFinalizers: () => this.setResourceFinalizers(),
    handleResourceFinalizer: () =>
      this.handleResourceFinalizer({ meta: META, type: 'ADDED', object: { metadata: {} } } as unknown as ResourceEvent, 'f', () =>
        Promise.resolve(),
      ),
    getCustomResourceApiUri: () => this.getCustomResourceApiUri(),
    registerCustomResourceDefinition: () => this.registerCustomResourceDefinition(),
  };
}

/** What is left as it is: the life cycle, and what only the refused methods call. */
const LEFT = [
  'constructor',
  'start',
  'stop',
  'applyAxiosKubeConfigAuth',
  'applyGaxiosKubeConfigAuth',
  'resourceStatusRequest',
  'errorToJson',
];

describe('OperatorBase', () => {
  let server: ApiServerDouble;
  let logger: MemoryLogger;
  let operator: TestOperator;
  const exit = jest.spyOn(process, 'exit');

  beforeEach(async () => {
    exit.mockImplementation((code) => {
      throw new Error(`the process would have ended with ${code ?? 0}`);
    });
    server = await ApiServerDouble.listen();
    logger = new MemoryLogger();
    operator = new TestOperator(server.kubeConfig(), logger);
  });

  afterEach(async () => {
    operator.stop();
    await server.close();
    exit.mockReset();
  });

  it('begins with init, and its end does not end the process', async () => {
    await operator.start();
    expect(operator.begun).toEqual(['init']);
    operator.stop();
    expect(exit).not.toHaveBeenCalled();
  });

  const methods = ['watchResource', 'setResourceStatus', 'patchResourceStatus', 'setResourceFinalizers', 'handleResourceFinalizer'];
  it.each([...methods, 'getCustomResourceApiUri', 'registerCustomResourceDefinition'])('refuses %s, and sends nothing', async (method) => {
    await expect(Promise.resolve().then(() => operator.calls[method]?.())).rejects.toThrow(/use /);
    expect(server.seen('GET').concat(server.seen('PATCH'), server.seen('PUT'), server.seen('POST'))).toEqual([]);
  });

  it('knows every method of the base class, also of its next version', () => {
    const base = Object.getPrototypeOf(OperatorBase.prototype) as object;
    expect(Object.getOwnPropertyNames(base).sort()).toEqual([...LEFT, ...Object.keys(operator.calls)].sort());
  });
});
