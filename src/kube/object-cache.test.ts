import { ObjectCache, type CachedObject } from './object-cache.ts';

const object = (name: string, resourceVersion: string, uid = `uid-${name}`): CachedObject => ({
  metadata: { namespace: 'shop', name, uid, resourceVersion },
});

describe('ObjectCache', () => {
  type Cache = ObjectCache<CachedObject>;
  const a1 = object('a', '1');

  it.each<{ reason: string; act: (cache: Cache) => void; says: string[]; holds: string[] }>([
    { reason: 'a new object', act: (cache) => cache.put(object('b', '2')), says: ['new b@2'], holds: ['a@1', 'b@2'] },
    { reason: 'another state', act: (cache) => cache.put(object('a', '2')), says: ['a@1 is now a@2'], holds: ['a@2'] },
    { reason: 'the same state', act: (cache) => cache.put(object('a', '1')), says: [], holds: ['a@1'] },
    {
      reason: 'recreated under its name',
      act: (cache) => cache.put(object('a', '2', 'other')),
      says: ['gone a@1', 'new a@2'],
      holds: ['a@2'],
    },
    { reason: 'deleted', act: (cache) => cache.remove(object('a', '2')), says: ['gone a@1'], holds: [] },
    {
      reason: 'the end of one that was recreated since',
      act: (cache) => cache.remove(object('a', '0', 'older')),
      says: [],
      holds: ['a@1'],
    },
    { reason: 'deleted what was never there', act: (cache) => cache.remove(object('b', '2')), says: [], holds: ['a@1'] },
    { reason: 'a list like before', act: (cache) => cache.replace([a1]), says: [], holds: ['a@1'] },
    { reason: 'a list without it', act: (cache) => cache.replace([object('b', '2')]), says: ['gone a@1', 'new b@2'], holds: ['b@2'] },
  ])('$reason', ({ act, says, holds }) => {
    const label = (each: CachedObject | undefined) => (each === undefined ? '' : `${each.metadata.name}@${each.metadata.resourceVersion}`);
    const said: string[] = [];
    const cache: Cache = new ObjectCache(({ previous, object: now }) => {
      if (previous === undefined) said.push(`new ${label(now)}`);
      else said.push(now === undefined ? `gone ${label(previous)}` : `${label(previous)} is now ${label(now)}`);
    });
    cache.put(a1);
    said.length = 0;
    act(cache);
    expect(said).toEqual(says);
    expect([...cache.values()].map(label)).toEqual(holds);
  });
});
