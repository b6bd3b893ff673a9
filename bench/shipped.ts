/**
 * What the operator takes when it has nothing to do: the bundle, with the flags of its image, on a real API server with the guide applied
 * and Ready. Beside a bare Node on the same machine, since only the ratio travels.
 */
import { execFile, spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startAuthentikSim } from '../test/authentik-sim/sim.ts';
import { startControlPlane } from '../test/bed/control-plane.ts';
import { eventually } from '../test/bed/eventually.ts';
import { startMailServer } from '../test/mail-server/mail-server.ts';
import { imageSettings } from '../test/product/image-settings.ts';
import type { Row } from './row.ts';

/** Resident memory that is allowed, in MB. */
const BUDGET_MB = 120;
const ROOT = path.resolve(import.meta.dirname, '..');
/** Of one core, while there is nothing to do. */
const BUDGET_CPU_PERCENT = 1;
/** For how long that is watched, in milliseconds: a whole interval of its polls, and everything that is done once a minute. */
const WATCHED_MS = 60_000;
/** `sysconf(_SC_CLK_TCK)` on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const NAMESPACE = 'market';
const run = promisify(execFile);

async function residentMB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

/** Time that the process has had of a core, in seconds: user and system. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // What comes before is the name, which may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function idleCpuPercent(pid: number): Promise<number> {
  const before = await cpuSeconds(pid);
  await delay(WATCHED_MS);
  return (((await cpuSeconds(pid)) - before) / (WATCHED_MS / 1000)) * 100;
}

/** Waits until two readings, a while apart, are the same but for a megabyte, and answers the later one. */
async function settledMB(pid: number): Promise<number> {
  let last = await residentMB(pid);
  return eventually(
    async () => {
      const now = await residentMB(pid);
      const moved = Math.abs(now - last);
      last = now;
      if (moved > 1) throw new Error(`still moving by ${moved.toFixed(1)} MB`);
      return now;
    },
    { timeout: 60_000, interval: 5_000 },
  );
}

async function bareNodeMB(): Promise<number> {
  const { stdout } = await run(process.execPath, ['-p', 'process.memoryUsage.rss() / 1048576']);
  return Number(stdout);
}

const bed = await startControlPlane({ log: (line) => console.error(line) });
const mail = await startMailServer({ username: 'market', password: 'bench-password' });
const sim = await startAuthentikSim({ version: '2026.2' });
try {
  await run(process.execPath, [path.join(ROOT, 'scripts/bundle.ts')]);
  await bed.kubectl(['apply', '-f', path.join(ROOT, 'crds')]);
  await bed.kubectl(['create', 'namespace', NAMESPACE]);
  await bed.kubectl(['create', 'secret', 'generic', 'authentik-token', `--from-literal=token=${sim.token}`], { namespace: NAMESPACE });
  await bed.kubectl(['create', 'secret', 'generic', 'smtp', `--from-literal=host=${mail.host}`, `--from-literal=port=${mail.port}`], {
    namespace: NAMESPACE,
  });
  const values = { 'market.url': 'https://market.example', 'authentik.url': sim.url, 'email.smtpSecretName': 'smtp' };
  const set = Object.entries(values).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  await bed.helm(['install', 'market', path.join(ROOT, 'helm/market-enrollment'), '--namespace', NAMESPACE, ...set]);
  const { flags, env } = await imageSettings();
  const args = [
    ...flags,
    path.join(ROOT, 'dist/main.js'),
    '--kubeconfig',
    bed.kubeconfigPath,
    '--http-port',
    '0',
    '--http-host',
    '127.0.0.1',
  ];
  const operator = spawn(process.execPath, args, { stdio: 'ignore', env: { ...process.env, ...env } });
  try {
    await bed.kubectl(['wait', '--for=condition=Ready', '--timeout=60s', 'enrollmentbinding', '--all'], { namespace: NAMESPACE });
    const [idle, bare] = [await settledMB(Number(operator.pid)), await bareNodeMB()];
    const cpu = await idleCpuPercent(Number(operator.pid));
    const rows: readonly Row[] = [
      { id: 'b', what: 'memory of the bundle, idle, the guide Ready, resident', value: idle, unit: 'MB', goal: BUDGET_MB },
      { id: 'b', what: `the same ÷ a bare Node (${bare.toFixed(0)} MB)`, value: idle / bare, unit: '' },
      { id: 'b', what: 'CPU of the bundle, idle, the guide Ready, of one core', value: cpu, unit: '%', goal: BUDGET_CPU_PERCENT },
    ];
    process.send?.(rows);
  } finally {
    operator.kill();
  }
} finally {
  await Promise.all([sim.stop(), mail.stop(), bed.stop()]);
  await rm(path.join(ROOT, 'dist'), { recursive: true, force: true });
}
process.exit();
