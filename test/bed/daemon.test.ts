import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startDaemon, startDeathWatch, type DeathWatch } from './daemon.ts';
import { eventually } from './eventually.ts';

describe('a daemon', () => {
  let logs = '';
  let watch: DeathWatch;

  beforeEach(async () => {
    logs = await mkdtemp(path.join(tmpdir(), 'daemon-test-'));
    watch = startDeathWatch();
  });

  afterEach(async () => {
    watch.dismiss();
    await rm(logs, { recursive: true });
  });

  it('that ends by itself is reported with the tail of its log', async () => {
    const daemon = startDaemon('/bin/sh', ['-c', 'echo port taken; exit 3'], logs, watch);
    await expect(daemon.died).rejects.toThrow('sh ended by itself (exit 3); its log ends with:\nport taken');
  });

  it('that does not exist is reported as such', async () => {
    const daemon = startDaemon('/nowhere/etcd', [], logs, watch);
    await expect(daemon.died).rejects.toThrow('etcd could not be started');
  });

  it('is stopped without being reported, more than once if need be', async () => {
    const daemon = startDaemon('/bin/sleep', ['60'], logs, watch);
    let reported = false;
    daemon.died.catch(() => (reported = true));
    await daemon.stop();
    await daemon.stop();
    expect(reported).toBe(false);
  });

  it('dies with its parent, even when that is killed, and its folder goes too', async () => {
    const folder = mkdtempSync(path.join(logs, 'data-'));
    // The child's process id, written by itself, tells whether it lives.
    const parent = `
      import { startDaemon, startDeathWatch } from ${JSON.stringify(path.join(import.meta.dirname, 'daemon.ts'))};
      const [folder, logs] = process.argv.slice(-2);
      startDaemon('/bin/sh', ['-c', 'echo $$; exec sleep 60'], logs, startDeathWatch(folder));
      setInterval(() => {}, 1000);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', parent, folder, logs], { stdio: 'inherit' });
    const pid = await eventually(async () => {
      const written = Number(await readFile(path.join(logs, 'sh.log'), 'utf8'));
      expect(written).toBeGreaterThan(0);
      return written;
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await eventually(() => {
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      expect(existsSync(folder)).toBe(false);
    });
  });
});
