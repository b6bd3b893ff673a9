/**
 * The stand-in as a process of its own:
 *
 *   node test/authentik-sim/main.ts --version 2026.2 --port 0 --token t [--smtp host:port]
 *
 * Prints `{"url": …, "token": …, "version": …}` as one JSON line when it's ready; ends on SIGTERM and SIGINT.
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startAuthentikSim } from './sim.ts';

const { values } = parseArgs({
  options: {
    version: { type: 'string', default: '2026.2' },
    port: { type: 'string', default: '0' },
    token: { type: 'string' },
    smtp: { type: 'string' },
    'admin-password': { type: 'string' },
  },
});
const version = z.enum(['2025.12', '2026.2']).parse(values.version);
const smtp = values.smtp === undefined ? undefined : new URL(`smtp://${values.smtp}`);

const sim = await startAuthentikSim({
  version,
  port: z.coerce.number().int().min(0).max(65_535).parse(values.port),
  ...(values.token === undefined ? {} : { token: values.token }),
  ...(values['admin-password'] === undefined ? {} : { adminPassword: values['admin-password'] }),
  ...(smtp === undefined ? {} : { smtp: { globalHost: smtp.hostname, globalPort: Number(smtp.port) } }),
});
console.log(JSON.stringify({ url: sim.url, token: sim.token, version }));

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sim.stop());
