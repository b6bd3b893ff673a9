import fc from 'fast-check';
import { Indexer } from './indexer.ts';
import type { ManagedObject } from './object.ts';
import { MemoryStore } from './testing/memory-store.ts';

const tagsOf = (object: ManagedObject): readonly string[] => (object.spec as { tags: readonly string[] }).tags;
const namesOf = (objects: readonly ManagedObject[]): readonly string[] => objects.map(({ metadata }) => metadata.name).sort();

const TAGS = ['a', 'b', 'c'];
const change = fc.record({
  name: fc.constantFrom('one', 'two', 'three'),
  tags: fc.option(fc.uniqueArray(fc.constantFrom(...TAGS)), { nil: undefined }),
});

it('answers what a walk of the store would, whatever has happened', () => {
  fc.assert(
    fc.property(fc.array(change), fc.array(change), (before, after) => {
      const store = new MemoryStore();
      const happen = (changes: typeof before): void => {
        for (const { name, tags } of changes) {
          if (tags === undefined) store.delete({ kind: 'Thing', namespace: 'market', name });
          else store.apply('Thing', name, { tags });
        }
      };
      happen(before);
      const index = new Indexer(store, 'Thing', tagsOf);
      happen(after);
      for (const tag of TAGS) {
        const walked = store.list('Thing').filter((object) => tagsOf(object).includes(tag));
        expect(namesOf(index.with(tag))).toEqual(namesOf(walked));
      }
    }),
  );
});

it('has no values for what is stored under another schema, and goes on', () => {
  const store = new MemoryStore();
  const index = new Indexer(store, 'Thing', (object) => [...tagsOf(object)]);
  store.apply('Thing', 'strange', {});
  store.apply('Thing', 'usual', { tags: ['a'] });
  store.apply('Other', 'other', { tags: ['a'] });
  expect(namesOf(index.with('a'))).toEqual(['usual']);
});
