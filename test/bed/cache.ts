import { randomUUID } from 'node:crypto';
import { link, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export type Log = (line: string) => void;

/** A builder shows that it lives by touching its lock this often (milliseconds). */
const HEARTBEAT = 5_000;
/** A lock that nobody touched for this long is left over from a crash (milliseconds). */
const ABANDONED = 60_000;
const PROGRESS = 15_000;
/** Goes between a folder's name and random characters while it is being filled. */
const WORKSHOP = '.tmp-';

/** The folder of this project below `$XDG_CACHE_HOME`, or `~/.cache`: what is costly to make and the same for every clone. */
export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'];
  return path.join(base !== undefined && path.isAbsolute(base) ? base : path.join(homedir(), '.cache'), 'authentik-flow-operator');
}

/**
 * Answers the folder `name` of the cache, filled by `fill` if it isn't there yet. A folder that exists is complete: it is filled elsewhere and renamed.
 * Of several processes that need it at once one fills, the others wait. The lock only saves work; without it the rename alone keeps the result right.
 *
 * @throws what `fill` throws; nothing is left behind then, and the next caller tries again.
 */
export async function cached(name: string, fill: (folder: string) => Promise<void>, log: Log): Promise<string> {
  const target = path.join(cacheFolder(), name);
  if (await exists(target)) return target;
  await mkdir(cacheFolder(), { recursive: true });
  const lock = `${target}.lock`;
  if (!(await takeLock(lock, target, log))) return target;
  const heartbeat = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => undefined), HEARTBEAT);
  await removeLeftovers(target);
  const workshop = await mkdtemp(`${target}${WORKSHOP}`);
  try {
    await fill(workshop);
    await rename(workshop, target).catch(async (error: unknown) => {
      if (!(await exists(target))) throw error;
    });
    return target;
  } finally {
    clearInterval(heartbeat);
    await rm(workshop, { recursive: true, force: true });
    await rm(lock, { force: true });
  }
}

/** Whoever holds the lock sweeps up after those who died holding it. */
async function removeLeftovers(target: string): Promise<void> {
  const left = (await readdir(path.dirname(target))).filter((entry) => entry.startsWith(`${path.basename(target)}${WORKSHOP}`));
  for (const entry of left) await rm(path.join(path.dirname(target), entry), { recursive: true, force: true });
}

/** Waits for the lock; false when meanwhile another process has made the target. */
async function takeLock(lock: string, target: string, log: Log): Promise<boolean> {
  const started = Date.now();
  let reported = 0;
  while (!(await tryLock(lock))) {
    if (await isAbandoned(lock)) await rm(lock, { force: true });
    const waited = Date.now() - started;
    if (waited >= reported) {
      log(`another process is preparing ${target}; waiting … ${Math.round(waited / 1000)} s`);
      reported = waited + PROGRESS;
    }
    await delay(250);
    if (await exists(target)) return false;
  }
  if (!(await exists(target))) return true;
  await rm(lock, { force: true });
  return false;
}

/** A hard link makes the lock and its content appear in one step. */
async function tryLock(lock: string): Promise<boolean> {
  const draft = `${lock}.${randomUUID()}`;
  await writeFile(draft, String(process.pid));
  try {
    await link(draft, lock);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  try {
    const [{ mtimeMs }, pid] = [await stat(lock), Number(await readFile(lock, 'utf8'))];
    return Date.now() - mtimeMs > ABANDONED || !isAlive(pid);
  } catch {
    return false; // Gone meanwhile: the next attempt to take it decides.
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/** Under jest, Node's own errors come from another realm: `instanceof Error` doesn't hold for them. */
function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
