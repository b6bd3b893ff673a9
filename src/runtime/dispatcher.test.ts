import { DependencyIndex } from './dependency-index.ts';
import { Dispatcher } from './dispatcher.ts';
import { OperatorError } from './errors.ts';
import { formatKey, type ObjectKey } from './object.ts';
import type { SourceStore } from './store.ts';
import { FakeWorld } from './testing/fake-world.ts';
import { Workqueue } from './workqueue.ts';

/** A dispatcher over the fake world whose queue does nothing: what would be looked at stands in `queued`. */
function dispatching(): { world: FakeWorld; queued: () => readonly string[]; sourceChanged: (owner: ObjectKey) => void } {
  const world = new FakeWorld();
  let seen: string[] = [];
  let tell: (owner: ObjectKey) => void = () => undefined;
  const queue = new Workqueue({ baseDelayMs: 1, maxDelayMs: 1 });
  queue.add = (id) => void seen.push(id);
  const sources: SourceStore = {
    read: () => Promise.resolve(undefined),
    track: () => undefined,
    subscribe: (listener) => void (tell = (owner) => listener(owner, { kind: 'Secret', namespace: 'market', name: 's' })),
  };
  new Dispatcher({
    controllers: [world.controller],
    reconciler: world.reconciler,
    store: world.store,
    sources,
    index: world.index,
    queue,
    extraTopics: () => [],
    log: { debug: () => undefined },
  });
  const queued = (): readonly string[] => {
    const names = [...new Set(seen)].map((id) => id.split('/')[2] ?? '').sort();
    seen = [];
    return names;
  };
  return { world, queued, sourceChanged: (owner) => tell(owner) };
}

describe('who is looked at when something changes', () => {
  it('the object itself, when a human writes it, and not when we do', async () => {
    const { world, queued } = dispatching();
    world.store.apply('Thing', 'a', { value: 'x' });
    expect(queued()).toEqual(['a']);
    await world.pass('a');
    expect(queued()).toEqual([]);
    world.store.apply('Thing', 'a', { value: 'y' });
    expect(queued()).toEqual(['a']);
    world.store.apply('Thing', 'a', { value: 'y' }, { annotations: { 'test/paused': 'true' } });
    expect(queued()).toEqual(['a']);
    world.store.delete(world.key('a'));
    expect(queued()).toEqual(['a']);
  });

  it('those who refer to it, when it becomes Ready, and when it stops to be', async () => {
    const { world, queued } = dispatching();
    world.store.apply('Thing', 'a', { value: 'x' });
    world.store.apply('Thing', 'user', { value: 'u', needs: 'a' });
    queued();
    await world.pass('a');
    expect(queued()).toEqual(['user']);
    await world.pass('a');
    expect(queued()).toEqual([]);
    world.connectError = new OperatorError('Unauthorized', 'no');
    await world.pass('a');
    expect(queued()).toEqual(['user']);
  });

  it('those who refer to something that appears', () => {
    const { world, queued } = dispatching();
    world.store.apply('Thing', 'user', { value: 'u', needs: 'a' });
    queued();
    world.store.apply('Thing', 'a', { value: 'x' });
    expect(queued()).toEqual(['a', 'user']);
  });

  it('what waits to be deleted, once nobody refers to it', async () => {
    const { world, queued } = dispatching();
    world.store.apply('Thing', 'a', { value: 'x' });
    await world.pass('a');
    world.store.apply('Thing', 'user', { value: 'u', needs: 'a' });
    world.store.delete(world.key('a'));
    await world.pass('a');
    expect(world.store.get(world.key('a'))).toBeDefined();
    queued();
    world.store.apply('Thing', 'user', { value: 'u' });
    // It lets go only once the new spec is carried out.
    expect(queued()).toEqual(['user']);
    await world.pass('user');
    expect(queued()).toContain('a');
    await world.pass('a');
    expect(world.store.get(world.key('a'))).toBeUndefined();
  });

  it('a rival, once the claim is free', async () => {
    const { world, queued } = dispatching();
    world.store.apply('Thing', 'a', { value: 'x' });
    await world.pass('a');
    world.store.apply('Thing', 'a-rival', { value: 'y' });
    await world.pass('a-rival');
    expect(world.conditions('a-rival')['Ready']).toBe('False/Conflict');
    queued();
    world.store.delete(world.key('a'));
    await world.pass('a');
    expect(queued()).toContain('a-rival');
    await world.pass('a-rival');
    expect(world.conditions('a-rival')['Ready']).toBe('True/Reconciled');
  });

  it('the owner of a Secret that changes', () => {
    const { world, queued, sourceChanged } = dispatching();
    world.store.apply('Thing', 'a', { value: 'x' });
    queued();
    sourceChanged(world.key('a'));
    expect(queued()).toEqual(['a']);
  });
});

describe('DependencyIndex', () => {
  it('forgets topics that are replaced', () => {
    const index = new DependencyIndex();
    const key = { kind: 'Thing', namespace: 'n', name: 'a' };
    index.set(key, ['one', 'two']);
    index.set(key, ['two', 'three']);
    expect(['one', 'two', 'three'].map((topic) => index.owners(topic).map(formatKey))).toEqual([[], ['Thing/n/a'], ['Thing/n/a']]);
    index.set(key, []);
    expect(index.owners('two')).toEqual([]);
  });
});
