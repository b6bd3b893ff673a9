import { oneATurn } from './one-a-turn.ts';

it('lets one through a turn of the event loop, in order', async () => {
  const turn = oneATurn();
  const seen: string[] = [];
  const passes = ['a', 'b', 'c'].map(async (name) => {
    await turn();
    seen.push(name);
    // What others want of the event loop comes in between.
    setImmediate(() => seen.push(`after ${name}`));
  });
  await Promise.all(passes);
  await turn();
  expect(seen.filter((entry) => !entry.startsWith('after'))).toEqual(['a', 'b', 'c']);
  expect(seen.indexOf('after a')).toBeLessThan(seen.indexOf('c'));
});
