import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cacheFolder, cached } from './cache.ts';

const silent = (): void => undefined;

async function fillWithFile(folder: string): Promise<void> {
  await writeFile(path.join(folder, 'content'), 'complete');
}

describe('the cache folder', () => {
  const before = process.env['XDG_CACHE_HOME'];
  let base = '';

  beforeEach(async () => {
    base = await mkdtemp(path.join(tmpdir(), 'cache-test-'));
    process.env['XDG_CACHE_HOME'] = base;
    await mkdir(cacheFolder(), { recursive: true });
  });

  afterEach(async () => {
    if (before === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = before;
    await rm(base, { recursive: true });
  });

  it('is filled once, and whoever comes meanwhile gets the complete folder', async () => {
    let fills = 0;
    let finish: () => void = silent;
    const slow = new Promise<void>((resolve) => (finish = resolve));
    let begin: () => void = silent;
    const began = new Promise<void>((resolve) => (begin = resolve));
    const first = cached(
      'thing',
      async (folder) => {
        fills += 1;
        begin();
        await slow;
        await fillWithFile(folder);
      },
      silent,
    );
    // Either may come to the lock first.
    await began;
    const second = cached('thing', async () => Promise.reject(new Error('filled twice')), finish);
    const folders = await Promise.all([first, second]);
    expect(new Set(folders)).toEqual(new Set([path.join(cacheFolder(), 'thing')]));
    await expect(readFile(path.join(folders[0], 'content'), 'utf8')).resolves.toBe('complete');
    expect(fills).toBe(1);
  });

  it('keeps nothing of an attempt that failed', async () => {
    await expect(cached('thing', async () => Promise.reject(new Error('no compiler')), silent)).rejects.toThrow('no compiler');
    await expect(readdir(cacheFolder())).resolves.toEqual([]);
  });

  it.each([
    { reason: 'its builder is dead', pid: 2 ** 22 + 1, age: 0 },
    { reason: 'nobody has touched it for a minute', pid: process.pid, age: 61_000 },
  ])('takes over a lock when $reason, and sweeps up', async ({ pid, age }) => {
    const lock = path.join(cacheFolder(), 'thing.lock');
    await writeFile(lock, String(pid));
    await utimes(lock, new Date(), new Date(Date.now() - age));
    await mkdir(path.join(cacheFolder(), 'thing.tmp-left'));
    await cached('thing', fillWithFile, silent);
    await expect(readdir(cacheFolder())).resolves.toEqual(['thing']);
  });
});
