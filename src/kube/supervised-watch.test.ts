import * as k8s from '@kubernetes/client-node';
import { FakeClock } from '../runtime/fake-clock.ts';
import { PooledKubeConfig } from './kubeconfig.ts';
import { SupervisedWatch } from './supervised-watch.ts';

/** How a watch behaves is tested with its informer; here is what it does to client-node's class. */
describe('SupervisedWatch', () => {
  const hooks = { changed: () => undefined, alive: () => undefined, ended: () => true };
  const config = new PooledKubeConfig();
  const watchOf = () => new SupervisedWatch(config, hooks, new FakeClock(), Math.random);

  it('waits for bookmarks: 90 s of silence, where client-node allows 30', () => {
    // When this fails, client-node has renamed the field: look for the new one, or for an option.
    expect(new k8s.Watch(config)).toHaveProperty('requestTimeoutMs', 30_000);
    expect(watchOf()).toHaveProperty('requestTimeoutMs', 90_000);
  });

  it('reports what client-node throws before it asks, instead of rejecting', async () => {
    const errors: unknown[] = [];
    const request = await watchOf().watch(
      '/api/v1/secrets',
      {},
      () => undefined,
      (error) => errors.push(error),
    );
    expect(errors).toEqual([new Error('No currently active cluster')]);
    expect(request.signal.aborted).toBe(true);
  });

  it('opens nothing once closed', async () => {
    const watch = watchOf();
    watch.close();
    const errors: unknown[] = [];
    const request = await watch.watch(
      '/api/v1/secrets',
      {},
      () => undefined,
      (error) => errors.push(error),
    );
    expect(errors).toEqual([]);
    expect(request.signal.aborted).toBe(true);
  });
});
